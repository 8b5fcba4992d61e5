// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/sharding/policies.hpp>

using namespace shardbound;

TEST_CASE("without a word, every layer is whole on every rank") {
  const Policies policies;
  CHECK(policies.cut == WeightCut::whole);
  CHECK(policies.of == Policies::Of::every_layer);
  CHECK(policies.layers.empty());
}
