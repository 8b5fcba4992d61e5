// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/io/onnx_type.hpp>

#include <doctest/doctest.h>

using namespace shardbound;
using io::OnnxType;

TEST_CASE("element types have names and sizes, and are floats, whole numbers, or not read") {
  CHECK(io::onnx_type_name(OnnxType::bfloat16) == "bfloat16");
  CHECK(io::onnx_type_name(OnnxType::boolean) == "bool");
  CHECK(io::onnx_type_name(static_cast<OnnxType>(99)) == "element type 99");
  CHECK(io::onnx_type_name(static_cast<OnnxType>(-1)) == "element type -1");
  for (int number = 0; number < 24; ++number) {
    const auto type = static_cast<OnnxType>(number);
    const bool is_read = io::is_float(type) || io::is_whole(type);
    CHECK(is_read == (io::element_bytes(type) > 0));
    CHECK_FALSE((io::is_float(type) && io::is_whole(type)));
  }
  CHECK(io::element_bytes(OnnxType::float16) == 2);
  CHECK(io::element_bytes(OnnxType::uint64) == 8);
  CHECK(io::is_whole(OnnxType::boolean));
  CHECK(io::element_bytes(static_cast<OnnxType>(8)) == 0);  // texts
}
