// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The element types of ONNX's tensors: what they are called, how many bytes one takes, which are
// numbers with a fraction and which are whole.

#include <cstdint>
#include <iterator>
#include <string>

namespace shardbound::inline v0::io {

/// ONNX's numbers of element types; those named are read, the rest are only known by name.
enum class OnnxType : std::int32_t {
  none = 0,
  float32 = 1,
  uint8 = 2,
  int8 = 3,
  uint16 = 4,
  int16 = 5,
  int32 = 6,
  int64 = 7,
  boolean = 9,
  float16 = 10,
  float64 = 11,
  uint32 = 12,
  uint64 = 13,
  bfloat16 = 16
};

/// What ONNX calls an element type, for messages.
inline std::string onnx_type_name(OnnxType type) {
  static constexpr const char* names[] = {"undefined",  "float",   "uint8",  "int8",   "uint16",
                                          "int16",      "int32",   "int64",  "string", "bool",
                                          "float16",    "double",  "uint32", "uint64", "complex64",
                                          "complex128", "bfloat16"};
  const auto number = static_cast<std::int32_t>(type);
  if (number < 0 || number >= static_cast<std::int32_t>(std::size(names)))
    return "element type " + std::to_string(number);
  return names[number];
}

inline bool is_float(OnnxType type) {
  return type == OnnxType::float32 || type == OnnxType::float64 || type == OnnxType::float16 ||
         type == OnnxType::bfloat16;
}

/// Bytes of one element where it lies in a file; 0 of a type that is not read.
inline std::int64_t element_bytes(OnnxType type) {
  switch (type) {
    case OnnxType::uint8:
    case OnnxType::int8:
    case OnnxType::boolean: return 1;
    case OnnxType::uint16:
    case OnnxType::int16:
    case OnnxType::float16:
    case OnnxType::bfloat16: return 2;
    case OnnxType::float32:
    case OnnxType::int32:
    case OnnxType::uint32: return 4;
    case OnnxType::float64:
    case OnnxType::int64:
    case OnnxType::uint64: return 8;
    default: return 0;
  }
}

/// Whether its elements are whole numbers; booleans are 0 and 1.
inline bool is_whole(OnnxType type) { return element_bytes(type) > 0 && !is_float(type); }

}  // namespace shardbound::inline v0::io
