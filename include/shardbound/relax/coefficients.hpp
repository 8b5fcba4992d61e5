// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The numbers that an activation's functor carries, by name. A functor with state lists its members,
//
//   double low = 0, high = 1;
//   static constexpr NamedCoefficient<Clip> coefficients[] = {
//       {.name = "low", .member = &Clip::low}, {.name = "high", .member = &Clip::high}};
//
// and everything that reads or writes them - files, set_activation, messages, tests - goes by this list.
// Only the host does: devices see the functor alone.

#include <shardbound/core/decimal.hpp>
#include <shardbound/relax/line.hpp>

#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace shardbound::inline v0 {

/// A number of the state of F: with a name of its own, because nvcc writes `double (F::*member)` for a member declared
/// without it, and the host's compiler then warns.
template <class F>
using CoefficientMember = double F::*;

/// One number of the state of F, and the numbers that it may be: least to most.
template <class F>
struct NamedCoefficient {
  std::string_view name;
  CoefficientMember<F> member;
  double least = std::numeric_limits<double>::lowest();
  double most = std::numeric_limits<double>::max();
  std::string_view onnx = {};  ///< the attribute of ONNX's operator that sets it
};

namespace relax {

/// How many numbers the functor names.
template <class F>
inline constexpr std::size_t coefficient_count = [] {
  if constexpr (requires { std::size(F::coefficients); })
    return std::size(F::coefficients);
  else
    return std::size_t{0};
}();

/// Whether the names stand for all of the state: no two for the same number, and nothing beside them.
template <class F>
consteval bool names_all_state() {
  constexpr std::size_t count = coefficient_count<F>;
  if constexpr (count == 0) {
    return std::is_empty_v<F>;
  } else {
    for (std::size_t i = 0; i < count; ++i)
      for (std::size_t k = 0; k < i; ++k)
        if (F::coefficients[i].member == F::coefficients[k].member) return false;
    return sizeof(F) == count * sizeof(double);
  }
}

}  // namespace relax

/// A functor that carries nothing, or doubles that it all names.
template <class F>
concept NamedState = relax::names_all_state<F>();

namespace relax {

/// The functor with these numbers, in the order of its list.
template <Relaxation F>
constexpr F with_coefficients(std::span<const double> numbers) {
  F f{};
  if constexpr (coefficient_count < F >> 0)
    for (std::size_t i = 0; i < coefficient_count<F>; ++i)
      f.*F::coefficients[i].member = numbers[i];
  return f;
}

/// What is wrong with a number for a coefficient, once it is rounded to T; empty: nothing. `name` is
/// what the reader knows it by.
template <class T, class F>
std::string refusal(const NamedCoefficient<F>& coefficient, std::string_view name, double number) {
  const std::string said = std::string(name) + " = " + decimal(number);
  const T rounded = static_cast<T>(number);
  if (!(rounded - rounded == T(0))) return said + ", which is not finite";
  const double least = coefficient.least, most = coefficient.most;
  if (number >= least && number <= most) return {};
  const bool is_half_open = most == std::numeric_limits<double>::max();
  if (is_half_open) return said + "; " + decimal(least) + " and above are supported";
  return said + "; " + decimal(least) + " to " + decimal(most) + " are supported";
}

/// What is wrong with numbers for the functor's state; empty: nothing.
template <class T, Relaxation F>
std::string refusal(std::span<const double> numbers) {
  std::string all;
  if constexpr (coefficient_count < F >> 0)
    for (std::size_t i = 0; i < coefficient_count<F>; ++i) {
      const auto& coefficient = F::coefficients[i];
      auto wrong = refusal<T>(coefficient, coefficient.name, numbers[i]);
      if (!wrong.empty()) return wrong;
      all += (i ? ", " : "") + std::string(coefficient.name) + " = " + decimal(numbers[i]);
    }
  return is_valid(with_coefficients<F>(numbers)) ? "" : all;
}

}  // namespace relax
}  // namespace shardbound::inline v0
