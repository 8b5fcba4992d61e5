// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/io/onnx_value.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace shardbound;

TEST_CASE("a tensor has as many features as its shape says, a scalar one") {
  io::OnnxValue value;
  CHECK(value.features() == 1);
  CHECK(value.constant == nullptr);
  value.shape = {2, 3};
  CHECK(value.features() == 6);
}

TEST_CASE("a constant may be features of the input, none of which it looks at") {
  io::OnnxTensor tensor;
  tensor.type = io::OnnxType::float64, tensor.offset = -1;
  tensor.elements = 2, tensor.numbers = {3, 4};
  io::OnnxValue constant{{1, 2}, &tensor};
  constant.tensor = "c";
  std::string said;
  const auto fail = [&](const std::string& sentence) {
    said = sentence;
    throw FormatError(sentence);
  };
  const io::OnnxValue features = io::as_features(constant, 9, fail);
  CHECK(features.constant == nullptr);
  CHECK(features.layer == 0);
  CHECK(features.shape == io::OnnxShape{1, 2});
  CHECK(features.map->is_constant());
  CHECK(features.map->fill == std::vector<double>{3, 4});
  tensor.errors = {0, 0.5};
  CHECK_THROWS_AS(io::as_features(constant, 9, fail), FormatError);
  CHECK(said == "its tensor 'c' is computed from constants, and no double holds it exactly");
}
