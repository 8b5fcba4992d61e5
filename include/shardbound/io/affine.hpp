// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Terms over a network's variables that are affine - exact coefficients and a constant - and what a comparison of two
// of them says: a bound on one input, a row over observed values, or nothing that depends on the network.

#include <shardbound/io/exact.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace shardbound::inline v0::vnnlib {

using io::Exact;
using io::Nearest;
using io::Ratio;

/// An input, or a column of what is observed besides inputs; columns come first in order.
struct Variable {
  static constexpr std::uint32_t input_flag = std::uint32_t{1} << 31;
  std::uint32_t code = 0;

  static Variable input(std::size_t index) {
    return {static_cast<std::uint32_t>(index) | input_flag};
  }
  static Variable column(std::size_t index) { return {static_cast<std::uint32_t>(index)}; }
  bool is_input() const { return (code & input_flag) != 0; }
  std::size_t index() const { return code & ~input_flag; }
  auto operator<=>(const Variable&) const = default;  // NOLINT(modernize-use-nullptr)
};

/// coefficients . variables + constant
class Affine {
 public:
  using Term = std::pair<Variable, Exact>;

  Affine() = default;
  explicit Affine(Exact number) : constant_(std::move(number)) {}
  explicit Affine(Variable variable) : terms_{{variable, Exact(1)}} {}

  /// By variable, none with coefficient 0.
  const std::vector<Term>& terms() const { return terms_; }
  const Exact& constant() const { return constant_; }
  bool is_constant() const { return terms_.empty(); }

  Affine& negate() {
    for (auto& [variable, coefficient] : terms_) coefficient = -coefficient;
    constant_ = -constant_;
    return *this;
  }
  Affine& scale(const Exact& factor) {
    for (auto& [variable, coefficient] : terms_) coefficient = coefficient * factor;
    constant_ = constant_ * factor;
    if (factor.sign() == 0) terms_.clear();
    return *this;
  }
  /// The sum of many, in time that grows with their terms and no faster than that of sorting them.
  static Affine sum(std::vector<Affine> all) {
    if (all.size() == 1) return std::move(all.front());
    Affine out;
    std::vector<Term> terms;
    for (Affine& one : all) {
      out.constant_ = out.constant_ + one.constant_;
      std::move(one.terms_.begin(), one.terms_.end(), std::back_inserter(terms));
    }
    std::stable_sort(terms.begin(), terms.end(),
                     [](const Term& a, const Term& b) { return a.first < b.first; });
    for (Term& term : terms) {
      if (!out.terms_.empty() && out.terms_.back().first == term.first)
        out.terms_.back().second = out.terms_.back().second + term.second;
      else
        out.terms_.push_back(std::move(term));
    }
    std::erase_if(out.terms_, [](const Term& term) { return term.second.sign() == 0; });
    return out;
  }

  /// Whether its numbers have become too long to go on with.
  bool unwieldy() const {
    return constant_.unwieldy() || std::any_of(terms_.begin(), terms_.end(), [](const Term& term) {
             return term.second.unwieldy();
           });
  }

 private:
  std::vector<Term> terms_;
  Exact constant_;
};

/// What `term <= 0`, or `term < 0`, says, if it does not depend on the network.
inline std::optional<bool> truth(const Affine& term, bool strict) {
  if (!term.is_constant()) return {};
  return strict ? term.constant().sign() < 0 : term.constant().sign() <= 0;
}

/// If the term is about one input alone: at which value it is 0; above it if the coefficient is negative.
struct InputBound {
  std::size_t input = 0;
  bool upper = false;
  Ratio at;
};
inline std::optional<InputBound> input_bound(const Affine& term) {
  if (term.terms().size() != 1 || !term.terms().front().first.is_input()) return {};
  const auto& [variable, coefficient] = term.terms().front();
  const bool upper = coefficient.sign() > 0;
  return InputBound{
      variable.index(),
      upper,
      {upper ? -term.constant() : term.constant(), upper ? coefficient : -coefficient}};
}

/// coefficients . variables <= rhs (< if strict), all coefficients doubles, the largest of a size in [1, 2) wherever that
/// costs none of them a bit. What no double holds is in rhs, rounded up and strict then: of doubles it says the same, and
/// the set that it describes is no smaller.
struct Row {
  std::vector<std::pair<Variable, double>> coefficients;
  double rhs = 0;
  bool strict = false;
};

namespace detail {

// Of the power of two that brings the largest coefficient into [1, 2); 0 if that is not exact.
inline int exponent_to_scale_by(const Row& row) {
  double largest = 0;
  for (const auto& [variable, coefficient] : row.coefficients)
    largest = std::max(largest, std::abs(coefficient));
  const int power = largest > 0 ? -std::ilogb(largest) : 0;
  for (const auto& [variable, coefficient] : row.coefficients)
    if (std::ldexp(std::ldexp(coefficient, power), -power) != coefficient) return 0;
  return power;
}
inline Exact power_of_two(int power) {  // of doubles, which begin at 2^-1074
  const int part = power / 2;
  return Exact::of(std::ldexp(1.0, part)) * Exact::of(std::ldexp(1.0, power - part));
}

}  // namespace detail

/// The row that `term <= 0` (`< 0`) is, in multiples by which its coefficients are doubles; nothing if there is none.
inline std::optional<Row> row_of(const Affine& term, bool strict) {
  std::int64_t decimals = 0;
  bool exact = true;
  for (const auto& [variable, coefficient] : term.terms()) {
    exact = exact && coefficient.nearest().exact();
    decimals = std::max(decimals, coefficient.decimals());
  }
  Row row;
  for (const auto& [variable, coefficient] : term.terms()) {
    const Nearest near = exact ? coefficient.nearest() : coefficient.shifted(decimals).nearest();
    if (!near.exact()) return {};
    row.coefficients.emplace_back(variable, near.value);
  }
  const int power = detail::exponent_to_scale_by(row);
  for (auto& [variable, coefficient] : row.coefficients)
    coefficient = std::ldexp(coefficient, power);
  Exact constant = (-term.constant()).shifted(exact ? 0 : decimals);
  if (power != 0) constant = constant * detail::power_of_two(power);
  const Nearest rhs = constant.nearest();
  row.rhs = rhs.up();
  row.strict = strict || !rhs.exact();
  if (!(row.rhs - row.rhs == 0)) return {};
  return row;
}

}  // namespace shardbound::inline v0::vnnlib
