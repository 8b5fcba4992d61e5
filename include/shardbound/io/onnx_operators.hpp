// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What the rules of ONNX's operators share - constants as parameters, y = scale x + shift, tensors
// stretched to a larger shape - and those of activations and of what changes nothing.

#include <shardbound/io/onnx_scope.hpp>
#include <shardbound/layer/activation.hpp>
#include <shardbound/network/functions.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shardbound::inline v0::io::onnx_rules {

inline void want_float(const OnnxScope& scope, const OnnxTensor& tensor) {
  if (!is_float(tensor.type))
    scope.fail("its constant '" + tensor.name + "' holds numbers of type " +
               onnx_type_name(tensor.type) + "; float and double are supported");
}

inline bool is_exact(const OnnxTensor& tensor) {
  return std::all_of(tensor.errors.begin(), tensor.errors.end(),
                     [](double error) { return error == 0; });
}

/// A constant of floats that is what its numbers say, where what rounding cost cannot be charged.
inline void want_exact(const OnnxScope& scope, const OnnxTensor& tensor) {
  want_float(scope, tensor);
  if (!is_exact(tensor))
    scope.fail(
        "its constant '" + tensor.name +
        "' is computed from other constants and no double holds it exactly; only where it is "
        "added or multiplied feature by feature is that supported");
}

/// A constant as a parameter of this many stored rows and columns; in its file if that holds floats or doubles.
inline ParameterSource parameter(const OnnxScope& scope, const OnnxTensor& tensor,
                                 std::int64_t rows, std::int64_t columns) {
  want_exact(scope, tensor);
  ParameterSource source;
  source.name = printable(tensor.name);
  source.rows = rows, source.columns = columns;
  source.element = tensor.type == OnnxType::float32 ? ParameterSource::Element::float32
                                                    : ParameterSource::Element::float64;
  if (tensor.offset >= 0 && element_bytes(tensor.type) >= 4)
    source.file = tensor.file, source.offset = tensor.offset;
  else
    source.values = read_numbers(tensor);
  return source;
}

/// The shape that both broadcast to.
inline OnnxShape broadcast_shape(const OnnxScope& scope, const OnnxShape& a, const OnnxShape& b) {
  const auto shape = broadcast(a, b);
  if (!shape)
    scope.fail("operands of shapes " + to_string(a) + " and " + to_string(b) +
               " do not fit together");
  count_elements(*shape, [&](const std::string& what) { scope.fail("its result " + what); });
  return *shape;
}

/// A tensor as one of a shape that it broadcasts to.
inline OnnxValue stretched(OnnxScope& scope, const OnnxValue& x, const OnnxShape& shape) {
  const std::int64_t elements =
      count_elements(shape, [&](const std::string& what) { scope.fail("its result " + what); });
  if (elements == x.features()) {
    OnnxValue same = x;
    same.shape = shape;
    return same;
  }
  if (elements > OnnxScope::feature_limit)
    scope.fail("a result of shape " + to_string(shape) + " is not supported; 1 to " +
               std::to_string(OnnxScope::feature_limit) + " features are");
  return scope.selected(x, shape, spread_indices(x.shape, shape));
}

/// What a constant is to each element of `shape`, to which it broadcasts.
inline std::vector<Approximation> spread(OnnxScope& scope, const OnnxValue& constant,
                                         const OnnxShape& shape) {
  want_float(scope, *constant.constant);
  scope.count_spread(extent(shape));
  std::vector<Approximation> numbers = read_approximations(*constant.constant);
  if (static_cast<std::int64_t>(numbers.size()) == extent(shape)) return numbers;
  std::vector<Approximation> out;
  for (const std::int64_t element : spread_indices(constant.shape, shape))
    out.push_back(numbers[static_cast<std::size_t>(element)]);
  return out;
}

/// A constant that broadcasts to `shape` as a bias, in its file where that holds it as it is.
inline ParameterSource bias_of(OnnxScope& scope, const OnnxValue& constant,
                               const OnnxShape& shape) {
  const std::int64_t features = extent(shape);
  ParameterSource bias = parameter(scope, *constant.constant, features, 1);
  if (constant.features() == features) return bias;
  bias.file = nullptr;
  bias.element = ParameterSource::Element::float64;
  bias.values.clear();
  for (const Approximation& number : spread(scope, constant, shape))
    bias.values.push_back(number.value);
  return bias;
}

/// What a layer outputs, in another order.
inline OnnxValue reordered(OnnxValue value, std::shared_ptr<const IndexMap> order) {
  value.map = std::move(order);
  return value;
}

/// y = scale x + shift, of numbers that a double may hold but nearly. `bias` says that it is x + c of the file.
inline OnnxValue scaled(OnnxScope& scope, const OnnxValue& x,
                        const std::vector<Approximation>& scale,
                        const std::vector<Approximation>& shift, ParameterSource bias = {}) {
  scope.count_spread(2 * x.features());
  Step step;
  step.kind = Step::Kind::scale_shift;
  step.scale.resize(scale.size()), step.shift.resize(shift.size());
  const IndexMap* order = scope.is_reordered(x) ? x.map.get() : nullptr;
  for (std::size_t i = 0; i < scale.size(); ++i) {
    const std::size_t feature = order ? static_cast<std::size_t>(order->from[i]) : i;
    io::detail::put_number(step.scale, step.scale_error, feature, scale[i]);
    io::detail::put_number(step.shift, step.shift_error, feature, shift[i]);
  }
  step.bias = std::move(bias);
  if (order && !step.bias.empty()) {
    step.bias.file = nullptr;
    step.bias.element = ParameterSource::Element::float64;
    step.bias.values = step.shift;
  }
  const std::int32_t layer = order ? x.layer : scope.layer_of(x);
  return reordered(scope.add_layer(std::move(step), {layer}, x.shape), order ? x.map : nullptr);
}

/// The same of one scale and one shift for all features.
inline OnnxValue scaled(OnnxScope& scope, const OnnxValue& x, Approximation scale,
                        Approximation shift = {}) {
  scope.check_spread(2 * x.features());
  const auto features = static_cast<std::size_t>(x.features());
  return scaled(scope, x, std::vector<Approximation>(features, scale),
                std::vector<Approximation>(features, shift));
}

/// Two tensors of one shape meet feature by feature, in a sum or a product.
inline OnnxValue met(OnnxScope& scope, Step::Kind kind, const OnnxValue& x, const OnnxValue& y) {
  Step step;
  step.kind = kind;
  if (scope.is_reordered(x) && y.map && x.map->from == y.map->from &&
      scope.features_of(x.layer) == scope.features_of(y.layer))
    return reordered(scope.add_layer(std::move(step), {x.layer, y.layer}, x.shape), x.map);
  const std::int32_t first = scope.layer_of(x), second = scope.layer_of(y);
  return scope.add_layer(std::move(step), {first, second}, x.shape);
}

/// x + y of one shape, both depending on the input: two branches that meet.
inline OnnxValue sum_of(OnnxScope& scope, const OnnxValue& x, const OnnxValue& y) {
  return met(scope, Step::Kind::residual, x, y);
}

/// An activation by its functor's name, with its numbers.
inline OnnxValue activated(OnnxScope& scope, const OnnxValue& x, std::string name,
                           std::vector<double> coefficients = {}) {
  Step step;
  step.kind = Step::Kind::activation;
  step.activation = std::move(name);
  step.coefficients = std::move(coefficients);
  const bool order = scope.is_reordered(x);
  const std::int32_t layer = order ? x.layer : scope.layer_of(x);
  return reordered(scope.add_layer(std::move(step), {layer}, x.shape), order ? x.map : nullptr);
}

/// Sums, maxima or softmax of runs of features that follow one another; of sums and maxima one for each run.
inline OnnxValue over_runs(OnnxScope& scope, Step::Kind kind, const OnnxValue& x, std::int64_t run,
                           OnnxShape shape) {
  Step step;
  step.kind = kind;
  step.run = run;
  const std::int32_t layer = scope.layer_of(x);
  return scope.add_layer(std::move(step), {layer}, std::move(shape));
}

/// Operators that are an activation of the same name.
inline constexpr std::string_view activations_by_name[] = {
    "Abs", "Atan",       "Cos",  "Erf", "Exp",      "Floor",
    "Log", "Reciprocal", "Sign", "Sin", "Softplus", "Sqrt"};

/// An activation that has the name of its operator, and no numbers.
inline void named_activation(OnnxScope& scope) {
  scope.want_operands(1, 1);
  scope.give(activated(scope, scope.variable(0), scope.node().op_type));
}

/// Gelu by the normal distribution; its other kind is another function.
inline void gelu(OnnxScope& scope) {
  const std::string approximate = scope.text("approximate", "none");
  if (approximate != "none")
    scope.fail("approximate = '" + approximate + "' is not supported; 'none' is");
  named_activation(scope);
}

/// An activation of the library, its numbers from attributes; those left out are the functor's own, as
/// the floats that files hold.
template <Relaxation F>
void activation(OnnxScope& scope) {
  scope.want_operands(1, 1);
  const OnnxValue x = scope.variable(0);
  std::vector<double> coefficients;
  if constexpr (relax::coefficient_count < F >> 0)
    for (const auto& coefficient : F::coefficients) {
      const double own = static_cast<float>(F{}.*coefficient.member);
      const std::string attribute(coefficient.onnx);
      const double number = attribute.empty() ? own : scope.number(attribute, own);
      const std::string wrong = relax::refusal<double>(coefficient, attribute, number);
      if (!wrong.empty()) scope.fail(wrong);
      coefficients.push_back(number);
    }
  scope.give(activated(scope, x, std::string(F::name), std::move(coefficients)));
}

inline void identity(OnnxScope& scope) {
  scope.want_operands(1, 1);
  const OnnxValue x = scope.operand(0);
  scope.give_same(x, x.shape);
}

/// Dropout at inference: nothing but its operand.
inline void dropout(OnnxScope& scope) {
  scope.want_operands(1, 3);
  const OnnxValue x = scope.operand(0);
  if (scope.has(2)) {
    const OnnxTensor& training = scope.constant(2);
    if (training.type != OnnxType::boolean || training.elements != 1)
      scope.fail("its training mode '" + training.name + "' is not one boolean");
    if (read_integers(training)[0] != 0) scope.fail("a training mode is not supported");
  }
  scope.give_same(x, x.shape);
}

/// Cast of what depends on the input: from floats to floats, where it changes nothing that is bounded here.
inline void cast(OnnxScope& scope) {
  scope.want_operands(1, 1);
  const OnnxValue x = scope.variable(0);
  const auto to = static_cast<OnnxType>(scope.integer("to", 0));
  if (to != OnnxType::float32 && to != OnnxType::float64)
    scope.fail("a cast to " + onnx_type_name(to) + " is not supported; float to float is");
  scope.give_same(x, x.shape);
}

}  // namespace shardbound::inline v0::io::onnx_rules

namespace shardbound::inline v0::io {

/// The operators of activations, those that name one: for Wanted::operators.
template <class... F>
std::vector<OnnxOperator> operators_of(Functions<F...>) {
  std::vector<OnnxOperator> all;
  const auto add = [&]<class G>(const G&) {
    if constexpr (requires { G::onnx; }) all.push_back({G::onnx, onnx_rules::activation<G>});
  };
  (add(F{}), ...);
  return all;
}

}  // namespace shardbound::inline v0::io
