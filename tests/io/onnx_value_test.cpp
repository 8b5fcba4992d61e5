// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/io/onnx_value.hpp>

#include <doctest/doctest.h>

using namespace shardbound;

TEST_CASE("a tensor has as many features as its shape says, a scalar one") {
  io::OnnxValue value;
  CHECK(value.features() == 1);
  CHECK(value.constant == nullptr);
  value.shape = {2, 3};
  CHECK(value.features() == 6);
}
