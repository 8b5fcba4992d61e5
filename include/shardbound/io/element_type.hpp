// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Names of element types in VNN-LIB 2.0, and which constants are of which.

#include <shardbound/io/exact.hpp>

#include <array>
#include <cstdint>
#include <string_view>

namespace shardbound::inline v0::vnnlib {

struct ElementType {
  enum class Kind : std::uint8_t { real, floating, integer, other };

  std::string_view name;
  Kind kind;
  int bits = 0;          ///< of an integer
  bool has_sign = true;  ///< an integer
};

inline constexpr std::array element_types = [] {
  using enum ElementType::Kind;
  return std::array<ElementType, 25>{{{"real", real},
                                      {"Real", real},
                                      {"float16", floating},
                                      {"float32", floating},
                                      {"float64", floating},
                                      {"bfloat16", floating},
                                      {"float8e4m3fn", floating},
                                      {"float8e4m3fnuz", floating},
                                      {"float8e5m2", floating},
                                      {"float8e5m2fnuz", floating},
                                      {"float4e2m1", floating},
                                      {"int4", integer, 4},
                                      {"int8", integer, 8},
                                      {"int16", integer, 16},
                                      {"int32", integer, 32},
                                      {"int64", integer, 64},
                                      {"uint4", integer, 4, false},
                                      {"uint8", integer, 8, false},
                                      {"uint16", integer, 16, false},
                                      {"uint32", integer, 32, false},
                                      {"uint64", integer, 64, false},
                                      {"bool", other},
                                      {"string", other},
                                      {"complex64", other},
                                      {"complex128", other}}};
}();

/// Nothing if there is no type of this name.
inline const ElementType* element_type(std::string_view name) {
  for (const ElementType& one : element_types)
    if (one.name == name) return &one;
  return nullptr;
}

/// Whether a constant, as written, is of the type: of an integer one if it is whole and in range.
inline bool is_constant_of(const ElementType& type, std::string_view written) {
  using Kind = ElementType::Kind;
  if (type.kind == Kind::real || type.kind == Kind::floating) return true;
  if (type.kind == Kind::other || written.find_first_of(".eE") != written.npos) return false;
  const auto number = io::Exact::read(written);
  if (!number) return false;
  io::Exact end(1);
  for (int bit = type.has_sign ? 1 : 0; bit < type.bits; ++bit) end = end + end;
  return *number < end && *number >= (type.has_sign ? -end : io::Exact());
}

}  // namespace shardbound::inline v0::vnnlib
