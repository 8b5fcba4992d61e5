// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/io/onnx_support.hpp>

TEST_CASE("operators are named once, activations among them") {
  const auto names = shardbound::io::onnx_operators();
  for (const char* name :
       {"Gemm", "Relu", "Constant", "ConstantOfShape", "Sigmoid", "Conv", "Mul", "Erf"})
    CHECK(names.contains(name));
  // What is read in part is not claimed.
  for (const char* name : {"LSTM", "Cast", "Where"}) CHECK_FALSE(names.contains(name));
  CHECK(shardbound::io::first_opset < shardbound::io::last_opset);
}
