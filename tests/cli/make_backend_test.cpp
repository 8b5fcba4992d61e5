// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/cli/make_backend.hpp>

using namespace shardbound;

TEST_CASE("a backend of so many threads, with memory or only counting it") {
  cli::Setting setting;
  setting.threads = 2;
  const auto real = cli::make_backend<EigenBackend>(setting);
  auto* const memory = static_cast<double*>(real->allocate(sizeof(double), Category::workspace));
  *memory = 1;
  CHECK(real->memory().total_peak() > 0);
  real->deallocate(memory, sizeof(double), Category::workspace);

  setting.allocation = Allocation::counted;
  const auto counting = cli::make_backend<EigenBackend>(setting);
  constexpr std::size_t too_much = std::size_t{1} << 50;
  void* const nothing = counting->allocate(too_much, Category::weights);
  CHECK(counting->memory().peak(Category::weights) >= too_much);
  counting->deallocate(nothing, too_much, Category::weights);
}
