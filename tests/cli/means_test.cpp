// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/cli/means.hpp>

using namespace shardbound;

TEST_CASE("a scalar that was not compiled is named") {
  const cli::Unit unit{"float64", nullptr, nullptr};
  CHECK(&cli::unit_for({&unit}, "float64") == &unit);
  CHECK_THROWS_WITH_AS(cli::unit_for({&unit}, "float32"), "this verifier was built without float32",
                       ArgumentError);
}

TEST_CASE("settings follow the options; three products make sense in float32 alone") {
  cli::Options o;
  o.threads = 3;
  o.policy = "fully-sharded";
  o.precision = "tf32x3";
  const auto narrow = cli::setting_of(o, {}, nullptr, "float32");
  CHECK(narrow.threads == 3);
  CHECK(narrow.policy == "fully-sharded");
  CHECK(narrow.precision == Precision::tf32x3);
  CHECK(narrow.model == nullptr);
  CHECK(narrow.parameters == cli::Parameters::zeros);
  CHECK(cli::setting_of(o, {}, nullptr, "float64").precision == Precision::native);
}
