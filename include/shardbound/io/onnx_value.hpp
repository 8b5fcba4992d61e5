// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A tensor of an ONNX graph while it is lowered: a constant, or features of a layer.

#include <shardbound/io/index_map.hpp>
#include <shardbound/io/onnx_numbers.hpp>
#include <shardbound/io/onnx_shape.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace shardbound::inline v0::io {

struct OnnxValue {
  OnnxShape shape{};
  const OnnxTensor* constant = nullptr;  ///< its own shape may be another; null: it varies, and is
  std::int32_t layer = -1;               ///< what this layer outputs,
  std::shared_ptr<const IndexMap> map = nullptr;  ///< or of that these features; null: all in order
  std::string tensor{};                           ///< its name in the file, for messages

  std::int64_t features() const { return extent(shape); }
};

/// A constant as features of the network's input, none of which it looks at: what a layer reads that reads layers
/// alone. `fail` is called with a sentence if no doubles are its numbers.
template <class Fail>
OnnxValue as_features(const OnnxValue& constant, std::int64_t most, Fail fail) {
  const OnnxTensor& tensor = *constant.constant;
  const std::string who = "its tensor '" + constant.tensor + "' ";
  IndexMap map;
  if (is_whole(tensor.type)) {
    for (const std::int64_t number : read_integers(tensor, most)) {
      if (number > std::int64_t{1} << 53 || number < -(std::int64_t{1} << 53))
        fail(who + "holds " + std::to_string(number) + ", which no double holds exactly");
      map.fill.push_back(static_cast<double>(number));
    }
  } else {
    if (std::any_of(tensor.errors.begin(), tensor.errors.end(), [](double e) { return e != 0; }))
      fail(who + "is computed from constants, and no double holds it exactly");
    map.fill = read_numbers(tensor);
  }
  if (map.fill.empty()) fail(who + "has no elements");
  map.from.assign(map.fill.size(), IndexMap::constant);
  return {constant.shape, nullptr, 0, std::make_shared<const IndexMap>(std::move(map)),
          constant.tensor};
}

}  // namespace shardbound::inline v0::io
