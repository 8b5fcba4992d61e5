// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A tensor of an ONNX graph while it is lowered: a constant, or features of a layer.

#include <shardbound/io/index_map.hpp>
#include <shardbound/io/onnx_numbers.hpp>
#include <shardbound/io/onnx_shape.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace shardbound::inline v0::io {

struct OnnxValue {
  OnnxShape shape{};
  const OnnxTensor* constant = nullptr;  ///< its own shape may be another; null: it varies, and is
  std::int32_t layer = -1;               ///< what this layer outputs,
  std::shared_ptr<const IndexMap> map = nullptr;  ///< or of that these features; null: all in order
  std::string tensor{};                           ///< its name in the file, for messages

  std::int64_t features() const { return extent(shape); }
};

}  // namespace shardbound::inline v0::io
