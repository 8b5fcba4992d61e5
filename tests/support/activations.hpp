// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The library's activations as tests use them: by the name that files and nodes have for them, with
// whatever numbers they carry. All of it follows from KnownActivations.

#include <shardbound/layer/activation.hpp>

#include <algorithm>
#include <cmath>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace shardbound_test {

namespace sb = shardbound;

inline double uniform(std::mt19937& random, double low = -1, double high = 1) {
  return low + (high - low) * (static_cast<double>(random()) / 4294967296.0);
}

/// Calls use(functor) for the activation of that name.
template <class Use>
void with_activation(std::string_view name, const Use& use) {
  bool found = false;
  sb::for_each_known_activation([&]<class F>(const F& f) {
    if (F::name == name && !found) found = true, use(f);
  });
  if (!found) throw std::logic_error("no activation " + std::string(name));
}

/// Its value at x, in the precision of x, with these numbers; none: its own. Arithmetics that the C library
/// does not know have no curves.
template <class X>
X activated(std::string_view name, std::span<const double> coefficients, X x) {
  X y = 0;
  const auto apply = [&]<class F>(const F& own) {
    y = (coefficients.empty() ? own : sb::relax::with_coefficients<F>(coefficients)).value(x);
  };
  if constexpr (requires { std::exp(x); })
    with_activation(name, apply);
  else if (name == "LeakyReLU")
    apply(sb::relax::LeakyReLU{});
  else
    throw std::logic_error("no activation " + std::string(name) + " in this arithmetic");
  return y;
}

/// Whether f is defined on one side of zero alone.
template <class F>
bool is_one_sided(const F& f) {
  return !std::isfinite(f.range(-1.0, 1.0).lower);
}
inline bool is_one_sided(std::string_view name, std::span<const double> coefficients) {
  bool one_sided = false;
  with_activation(name, [&]<class F>(const F& own) {
    one_sided =
        is_one_sided(coefficients.empty() ? own : sb::relax::with_coefficients<F>(coefficients));
  });
  return one_sided;
}

/// Numbers that it may carry, exact in float and of ordinary size. An exponent is whole in half of the draws, since
/// others leave the power undefined below zero.
template <class F>
std::vector<double> random_coefficients(std::mt19937& random) {
  std::vector<double> numbers;
  if constexpr (std::is_same_v<F, sb::relax::Power>)
    if (random() % 2) return {static_cast<double>(1 + random() % 5)};
  if constexpr (sb::relax::coefficient_count < F >> 0) do {
      numbers.clear();
      for (const auto& coefficient : F::coefficients) {
        const double low = std::max(coefficient.least, std::min(-2.0, coefficient.most - 1));
        const double high = std::min(coefficient.most, std::max(2.0, low + 1));
        numbers.push_back(static_cast<float>(uniform(random, low, high)));
      }
    } while (!sb::relax::refusal<float, F>(numbers).empty());
  return numbers;
}
inline std::vector<double> random_coefficients(std::string_view name, std::mt19937& random) {
  std::vector<double> numbers;
  with_activation(name, [&]<class F>(const F&) { numbers = random_coefficients<F>(random); });
  return numbers;
}

}  // namespace shardbound_test
