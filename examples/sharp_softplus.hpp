// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// An activation that the library does not know: softplus of any sharpness b, log(1 + e^(b z)) / b, as a functor with
// its own relaxation and one number, b. custom_activation.cpp uses it in a type; sharp_softplus_runner opens files that
// name it.

#include <shardbound/layer/activation.hpp>

#include <cmath>
#include <string_view>

namespace sb = shardbound;

// [softplus]
/// Convex, so the chord bounds it from above and the tangent at the midpoint from below.
struct SharpSoftplus {
  double sharpness = 1;

  static constexpr std::string_view name = "SharpSoftplus";
  static constexpr std::string_view onnx = "SharpSoftplus";  // the operator in files
  static constexpr sb::NamedCoefficient<SharpSoftplus> coefficients[] = {
      {.name = "sharpness", .member = &SharpSoftplus::sharpness, .least = 0.01, .most = 100}};
  constexpr double lipschitz() const { return 1; }

  template <class T>
  constexpr T value(T z) const {
    const T b = static_cast<T>(sharpness);
    return std::fmax(z, T(0)) + std::log1p(std::exp(-b * std::fabs(z))) / b;
  }
  template <class T>
  constexpr sb::Interval<T> range(T l, T u) const {
    return {value(l), value(u)};
  }
  template <class T>
  constexpr sb::LinePair<T> line(T l, T u) const {
    const T middle = l + (u - l) / 2;
    const T slope = T(1) / (T(1) + std::exp(-static_cast<T>(sharpness) * middle));
    const sb::Line<T> tangent{slope, value(middle) - slope * middle};
    if (!(u - l > T(1e-6))) return {tangent, {slope, tangent.intercept + (u - l)}};
    const T chord = (value(u) - value(l)) / (u - l);
    return {tangent, {chord, value(l) - chord * l}};
  }
};
// [softplus]
