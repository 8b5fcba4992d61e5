// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// ONNX's Pow, of which exponent or base is a constant: x^c by a function of its own where there is one, and c^x as
// exp(x log c), whose logarithm is charged with what it misses.

#include <shardbound/io/onnx_concat.hpp>
#include <shardbound/io/onnx_elementwise.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace shardbound::inline v0::io::onnx_rules {

namespace detail {

/// x^c of one c; whatever x is, x^0 is 1.
inline OnnxValue raised(OnnxScope& scope, const OnnxValue& x, double exponent) {
  if (exponent == 0) {
    OnnxTensor ones;
    ones.type = OnnxType::float64;
    ones.numbers.assign(static_cast<std::size_t>(x.features()), 1);
    return scope.made_constant(std::move(ones), x.shape);
  }
  if (exponent == 1) return x;
  if (exponent == 2) return activated(scope, x, "Square");
  if (exponent == 0.5) return activated(scope, x, "Sqrt");
  if (exponent == -1) return activated(scope, x, "Reciprocal");
  return activated(scope, x, "Power", {exponent});
}

/// A constant operand's numbers, floats or integers, one for each element of a shape.
inline std::vector<double> exact_numbers(OnnxScope& scope, const OnnxValue& constant,
                                         const OnnxShape& shape) {
  std::vector<double> numbers;
  if (is_whole(constant.constant->type)) {
    for (const std::int64_t one : read_integers(*constant.constant, OnnxScope::feature_limit))
      numbers.push_back(static_cast<double>(one));
  } else {
    want_exact(scope, *constant.constant);
    numbers = read_numbers(*constant.constant);
  }
  scope.count_spread(extent(shape));
  std::vector<double> out;
  for (const std::int64_t element : spread_indices(constant.shape, shape))
    out.push_back(numbers[static_cast<std::size_t>(element)]);
  return out;
}

/// x^c where features have exponents of their own: those of each are raised together, then put in order.
inline OnnxValue raised_apart(OnnxScope& scope, const OnnxValue& x,
                              const std::vector<double>& exponents) {
  std::vector<double> distinct = exponents;
  std::sort(distinct.begin(), distinct.end());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  if (distinct.size() > 64)
    scope.fail(std::to_string(distinct.size()) + " different exponents are not supported; 64 are");
  std::vector<OnnxValue> parts;
  Joined join;
  join.shape = x.shape;
  join.operand.resize(exponents.size()), join.element.resize(exponents.size());
  for (const double exponent : distinct) {
    std::vector<std::int64_t> chosen;
    for (std::size_t i = 0; i < exponents.size(); ++i) {
      if (exponents[i] != exponent) continue;
      join.operand[i] = parts.size(), join.element[i] = static_cast<std::int64_t>(chosen.size());
      chosen.push_back(static_cast<std::int64_t>(i));
    }
    const OnnxShape shape = {static_cast<std::int64_t>(chosen.size())};
    parts.push_back(raised(scope, scope.selected(x, shape, chosen), exponent));
  }
  return gathered(scope, parts, std::move(join));
}

/// The natural logarithm of a positive number; libraries miss it by a unit in the last place.
inline Approximation logarithm(double x) {
  if (x == 1) return {0, 0};
  const double value = std::log(x);
  return {value,
          4 * std::numeric_limits<double>::epsilon() * std::abs(value) + io::detail::smallest};
}

}  // namespace detail

inline void power(OnnxScope& scope) {
  scope.want_operands(2, 2);
  const OnnxValue base = scope.operand(0), exponent = scope.operand(1);
  const OnnxShape shape = broadcast_shape(scope, base.shape, exponent.shape);
  if (base.constant) {
    want_float(scope, *base.constant);  // the result is of the base's type
    const OnnxValue x = stretched(scope, scope.variable(1), shape);
    std::vector<Approximation> scale;
    for (const double one : detail::exact_numbers(scope, base, shape)) {
      if (!(one > 0) || std::isinf(one))
        scope.fail("a base of " + std::to_string(one) + " is not supported; positive ones are");
      scale.push_back(detail::logarithm(one));
    }
    const std::vector<Approximation> zeros(scale.size());
    return scope.give(activated(scope, scaled(scope, x, scale, zeros), "Exp"));
  }
  if (!exponent.constant)
    scope.fail("operand '" + exponent.tensor +
               "' depends on the network's input, and so does its base; one of them has to be a "
               "constant");
  const OnnxValue x = stretched(scope, base, shape);
  const auto exponents = detail::exact_numbers(scope, exponent, shape);
  for (const double one : exponents)
    if (!std::isfinite(one) || std::abs(one) > 0x1p53)
      scope.fail("an exponent of " + std::to_string(one) + " is not supported");
  const bool same = std::all_of(exponents.begin(), exponents.end(),
                                [&](double other) { return other == exponents.front(); });
  scope.give(same ? detail::raised(scope, x, exponents.front())
                  : detail::raised_apart(scope, x, exponents));
}

}  // namespace shardbound::inline v0::io::onnx_rules
