// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The attributes that the rules of ONNX's operators know: those that they read, and those that mean nothing
// at inference. Any other one may change what a node computes, and is refused.

#include <shardbound/io/onnx_operators.hpp>

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
      {"AveragePool",
       {"auto_pad", "ceil_mode", "count_include_pad", "dilations", "kernel_shape", "pads",
        "strides"}},
      {"BatchNormalization", {"epsilon", "momentum", "spatial", "training_mode"}},
      {"Cast", {"saturate", "to"}},
      {"Clip", {"max", "min"}},
      {"Concat", {"axis"}},
      {"Constant",
       {"sparse_value", "value", "value_float", "value_floats", "value_int", "value_ints",
        "value_string", "value_strings"}},
      {"ConstantOfShape", {"value"}},
      {"Conv", {"auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"}},
      {"ConvTranspose",
       {"auto_pad", "dilations", "group", "kernel_shape", "output_padding", "output_shape", "pads",
        "strides"}},
      {"Div", {}},
      {"Dropout", {"ratio", "seed"}},
      {"Equal", {}},
      {"Expand", {}},
      {"Flatten", {"axis"}},
      {"Gather", {"axis"}},
      {"Gelu", {"approximate"}},
      {"Gemm", {"alpha", "beta", "transA", "transB"}},
      {"GlobalAveragePool", {}},
      {"GlobalMaxPool", {}},
      {"Identity", {}},
      {"MatMul", {}},
      {"Max", {}},
      {"MaxPool",
       {"auto_pad", "ceil_mode", "dilations", "kernel_shape", "pads", "storage_order", "strides"}},
      {"Min", {}},
      {"Mul", {}},
      {"Neg", {}},
      {"PRelu", {}},
      {"Pad", {"mode", "pads", "value"}},
      {"Pow", {}},
      {"Range", {}},
      {"ReduceMax", {"axes", "keepdims", "noop_with_empty_axes"}},
      {"ReduceMean", {"axes", "keepdims", "noop_with_empty_axes"}},
      {"ReduceMin", {"axes", "keepdims", "noop_with_empty_axes"}},
      {"ReduceSum", {"axes", "keepdims", "noop_with_empty_axes"}},
      {"Reshape", {"allowzero", "shape"}},
      {"Resize",
       {"antialias", "axes", "coordinate_transformation_mode", "cubic_coeff_a", "exclude_outside",
        "extrapolation_value", "keep_aspect_ratio_policy", "mode", "nearest_mode"}},
      {"Shape", {"end", "start"}},
      {"Size", {}},
      {"Slice", {"axes", "ends", "starts"}},
      {"Softmax", {"axis"}},
      {"Split", {"axis", "num_outputs", "split"}},
      {"Squeeze", {"axes"}},
      {"Sub", {}},
      {"Sum", {}},
      {"Transpose", {"perm"}},
      {"Unsqueeze", {"axes"}},
      {"Upsample", {"mode", "scales"}},
      {"Where", {}}};
  for (const std::string_view name : onnx_rules::activations_by_name) all[name];
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
