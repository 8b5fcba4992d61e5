// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The attributes that the rules of ONNX's operators know: those that they read, and those that mean nothing
// at inference. Any other one may change what a node computes, and is refused.

#include <shardbound/io/onnx_scope.hpp>
#include <shardbound/layer/activation.hpp>

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace shardbound::inline v0::io {

namespace detail {

/// Operators by name, with the names of their attributes. A caller's own are not among them: their rules see to it.
using OnnxAttributeNames = std::map<std::string_view, std::set<std::string_view>>;

inline OnnxAttributeNames onnx_attribute_names() {
  OnnxAttributeNames all = {
      {"Add", {}},
      {"BatchNormalization", {"epsilon", "momentum", "spatial", "training_mode"}},
      {"Cast", {"saturate", "to"}},
      {"Clip", {"max", "min"}},
      {"Concat", {"axis"}},
      {"Constant",
       {"sparse_value", "value", "value_float", "value_floats", "value_int", "value_ints",
        "value_string", "value_strings"}},
      {"ConstantOfShape", {"value"}},
      {"Div", {}},
      {"Dropout", {"ratio", "seed"}},
      {"Equal", {}},
      {"Expand", {}},
      {"Flatten", {"axis"}},
      {"Gather", {"axis"}},
      {"Gemm", {"alpha", "beta", "transA", "transB"}},
      {"Identity", {}},
      {"MatMul", {}},
      {"Max", {}},
      {"Min", {}},
      {"Mul", {}},
      {"Neg", {}},
      {"PRelu", {}},
      {"Range", {}},
      {"ReduceMean", {"axes", "keepdims", "noop_with_empty_axes"}},
      {"ReduceSum", {"axes", "keepdims", "noop_with_empty_axes"}},
      {"Reshape", {"allowzero", "shape"}},
      {"Shape", {"end", "start"}},
      {"Size", {}},
      {"Slice", {"axes", "ends", "starts"}},
      {"Split", {"axis", "num_outputs", "split"}},
      {"Squeeze", {"axes"}},
      {"Sub", {}},
      {"Sum", {}},
      {"Transpose", {"perm"}},
      {"Unsqueeze", {"axes"}},
      {"Where", {}}};
  for_each_known_activation([&]<class F>(const F&) {
    if constexpr (requires { F::onnx; }) {
      std::set<std::string_view>& names = all[F::onnx];
      if constexpr (relax::coefficient_count < F >> 0)
        for (const auto& coefficient : F::coefficients)
          if (!coefficient.onnx.empty()) names.insert(coefficient.onnx);
    }
  });
  return all;
}

/// Throws FormatError if the node has an attribute that its rule does not know, or one twice.
inline void check_attributes(const OnnxScope& scope) {
  static const OnnxAttributeNames of_operators = onnx_attribute_names();
  const auto known = of_operators.find(scope.node().op_type);
  std::set<std::string_view> seen;
  for (const OnnxAttribute& attribute : scope.node().attributes) {
    if (!seen.insert(attribute.name).second)
      scope.fail("its attribute '" + attribute.name + "' is given twice");
    if (known != of_operators.end() && !known->second.contains(attribute.name))
      scope.fail("its attribute '" + attribute.name + "' is not known; it may mean anything");
  }
}

}  // namespace detail

}  // namespace shardbound::inline v0::io
