// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Which of ONNX's operators are known, each with its rule.

#include <shardbound/io/onnx_clamp.hpp>
#include <shardbound/io/onnx_concat.hpp>
#include <shardbound/io/onnx_convolution.hpp>
#include <shardbound/io/onnx_elementwise.hpp>
#include <shardbound/io/onnx_fold.hpp>
#include <shardbound/io/onnx_fold_products.hpp>
#include <shardbound/io/onnx_pad.hpp>
#include <shardbound/io/onnx_pooling.hpp>
#include <shardbound/io/onnx_power.hpp>
#include <shardbound/io/onnx_products.hpp>
#include <shardbound/io/onnx_reduce.hpp>
#include <shardbound/io/onnx_resize.hpp>
#include <shardbound/io/onnx_softmax.hpp>

#include <iterator>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace shardbound::inline v0::io {

namespace detail {

using OnnxRules = std::map<std::string_view, OnnxRule>;

/// Rules for operands that depend on the input; those that choose elements take constants as well.
inline OnnxRules onnx_rules_of_layers() {
  namespace rules = onnx_rules;
  OnnxRules all = {{"Add", rules::arithmetic},
                   {"AveragePool", rules::average_pool},
                   {"BatchNormalization", rules::batch_normalization},
                   {"Cast", rules::cast},
                   {"Clip", rules::clip},
                   {"Concat", rules::concat},
                   {"Conv", rules::convolution},
                   {"ConvTranspose", rules::transposed_convolution},
                   {"Div", rules::arithmetic},
                   {"Dropout", rules::dropout},
                   {"Expand", rules::expand},
                   {"Flatten", rules::flatten},
                   {"Gather", rules::gather},
                   {"Gelu", rules::gelu},
                   {"Gemm", rules::gemm},
                   {"GlobalAveragePool", rules::global_average_pool},
                   {"GlobalMaxPool", rules::global_max_pool},
                   {"Identity", rules::identity},
                   {"MatMul", rules::mat_mul},
                   {"Max", rules::extremum},
                   {"MaxPool", rules::max_pool},
                   {"Min", rules::extremum},
                   {"Mul", rules::arithmetic},
                   {"Neg", rules::negate},
                   {"PRelu", rules::p_relu},
                   {"Pad", rules::pad},
                   {"Pow", rules::power},
                   {"ReduceMax", rules::reduce},
                   {"ReduceMean", rules::reduce},
                   {"ReduceMin", rules::reduce},
                   {"ReduceSum", rules::reduce},
                   {"Reshape", rules::reshape},
                   {"Resize", rules::resize},
                   {"Shape", rules::shape_of},
                   {"Size", rules::shape_of},
                   {"Slice", rules::slice},
                   {"Softmax", rules::softmax},
                   {"Split", rules::split},
                   {"Squeeze", rules::squeeze},
                   {"Sub", rules::arithmetic},
                   {"Sum", rules::sum},
                   {"Transpose", rules::transpose},
                   {"Unsqueeze", rules::unsqueeze},
                   {"Upsample", rules::resize}};
  for_each_known_activation([&]<class F>(const F&) {
    if constexpr (requires { F::onnx; }) all.emplace(F::onnx, rules::activation<F>);
  });
  for (const std::string_view name : rules::activations_by_name)
    all.emplace(name, rules::named_activation);
  return all;
}

/// The operators that are functions of single features, in the order of the alphabet.
inline std::string onnx_activation_names() {
  std::set<std::string_view> names = {"Clip", "Gelu", "PRelu", "Pow"};
  names.insert(std::begin(onnx_rules::activations_by_name),
               std::end(onnx_rules::activations_by_name));
  for_each_known_activation([&]<class F>(const F&) {
    if constexpr (requires { F::onnx; }) names.insert(F::onnx);
  });
  std::string text;
  for (const std::string_view name : names) text.append(text.empty() ? "" : ", ").append(name);
  return text;
}

/// Rules for nodes whose operands are all constants, where another one than above.
inline OnnxRules onnx_rules_of_constants() {
  namespace rules = onnx_rules;
  return {{"Add", rules::fold_arithmetic},
          {"Cast", rules::fold_cast},
          {"ConstantOfShape", rules::constant_of_shape},
          {"Div", rules::fold_arithmetic},
          {"Equal", rules::fold_equal},
          {"Gemm", rules::fold_gemm},
          {"MatMul", rules::fold_mat_mul},
          {"Mul", rules::fold_arithmetic},
          {"Neg", rules::fold_negate},
          {"Range", rules::range},
          {"ReduceMean", rules::fold_sum},
          {"ReduceSum", rules::fold_sum},
          {"Relu", rules::fold_relu},
          {"Sub", rules::fold_arithmetic},
          {"Where", rules::fold_where}};
}

}  // namespace detail

}  // namespace shardbound::inline v0::io
