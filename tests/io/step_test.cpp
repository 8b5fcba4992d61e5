// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/io/step.hpp>

using namespace shardbound;

TEST_CASE("a parameter is empty until it has rows") {
  io::Step step;
  CHECK(step.weight.empty());
  CHECK(step.bias.empty());
  step.bias.rows = 3;
  CHECK(!step.bias.empty());
  CHECK(step.weight.file == nullptr);  // numbers that are made while reading lie in no file
}
