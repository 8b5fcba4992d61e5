// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/network/sharded_tensor.hpp>
#include <tests/support/checked_backend.hpp>

using namespace shardbound;

TEST_CASE_TEMPLATE("a tensor is zero until its panels are filled", B, EigenBackend,
                   shardbound_test::CheckedBackend) {
  B backend;
  constexpr index_t out = 1200, in = 1001, leading = padded(in);
  ShardedTensor<float, B> tensor(backend, out, in, WeightCut::whole);
  CHECK(backend.memory().current(Category::weights) == std::size_t{out} * leading * sizeof(float));
  REQUIRE(tensor.panels() == 2);

  const auto second = tensor.panel(1);
  CHECK(second.first == panel(out, in, 1).first);
  CHECK(second.rows.rows == panel(out, in, 1).rows);
  CHECK(second.rows.leading == leading);
  std::vector<float> host(static_cast<std::size_t>(second.rows.rows * leading), 1.0f);
  tensor.upload_panel(1, host.data());

  const auto read = [&](index_t number) {
    const auto rows = tensor.panel(number).rows;
    std::vector<float> all(static_cast<std::size_t>(rows.rows * leading));
    backend.to_host(all.data(), rows.data, static_cast<index_t>(all.size()));
    return all;
  };
  CHECK(read(1) == host);
  const auto first = read(0);
  CHECK(std::count(first.begin(), first.end(), 0.0f) == static_cast<std::ptrdiff_t>(first.size()));
}
