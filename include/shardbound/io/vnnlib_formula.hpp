// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What a property file asserts, in normal form: comparisons that are bounds on inputs or rows, and the alternatives
// that its `or`s leave, each a conjunction of comparisons. Both versions of the language end here.

#include <shardbound/io/affine.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace shardbound::inline v0::vnnlib {

/// One comparison: a bound on an input (<= or >= `at`; < or > if strict), or a row.
struct Atom {
  enum class Kind : std::uint8_t { upper, lower, row };

  Kind kind = Kind::row;
  bool strict = false;
  std::uint32_t input = 0;
  Nearest at{};             ///< of a bound
  std::uint32_t ratio = 0;  ///< of a bound that is no double: which of the formula's ratios it is
  std::size_t first = 0, count = 0;  ///< of a row: its coefficients among the formula's
  double rhs = 0;
  std::int64_t line = 0;
};

using Atoms = std::vector<std::uint32_t>;  ///< indices of atoms, in file order

/// What a file asserts: `common`, and one of the alternatives.
struct Formula {
  std::size_t inputs = 0, columns = 0;
  std::vector<Atom> atoms;
  std::vector<Ratio> ratios;
  std::vector<std::pair<Variable, double>> coefficients;
  Atoms common;
  std::vector<Atoms> alternatives{Atoms{}};  ///< none if nothing satisfies them
  std::int64_t last_line = 1;

  /// Where one bound lies to another, to the last digit.
  std::strong_ordering compare(const Atom& a, const Atom& b) const {
    // Of two doubles next to a number either may be given, so the lower ones are compared.
    const double x = a.at.down(), y = b.at.down();
    if (x != y) return x < y ? std::strong_ordering::less : std::strong_ordering::greater;
    if (a.at.exact() || b.at.exact()) return b.at.exact() <=> a.at.exact();
    return ratios[a.ratio] <=> ratios[b.ratio];
  }
};

/// Puts comparisons and alternatives together. Whatever it throws is a sentence that a reader completes by place.
class FormulaBuilder {
 public:
  struct TooMuch {
    std::string sentence;
  };
  static constexpr std::size_t product_limit = 100'000;  // alternatives
  static constexpr std::size_t atom_limit = std::size_t{1}
                                            << 23;  // repeated, in all alternatives together

  explicit FormulaBuilder(Formula& formula) : formula_(&formula) {}

  /// `term <= 0`, or `term < 0`, as one more condition of every alternative.
  void require(std::vector<Atoms>& alternatives, const Affine& term, bool strict,
               std::int64_t line) {
    if (const auto always = truth(term, strict)) {
      if (!*always) alternatives.clear();
      return;
    }
    repeat(alternatives.size());
    for (Atoms& atoms : alternatives)
      atoms.push_back(static_cast<std::uint32_t>(formula_->atoms.size()));
    formula_->atoms.push_back(atom_of(term, strict, line));
  }

  /// (a1 or a2 or ..) and (b1 or b2 or ..), written as an `or`
  void multiply(std::vector<Atoms>& left, std::vector<Atoms> right) {
    if (left.size() == 1 && left.front().empty()) {
      left = std::move(right);
      return;
    }
    if (left.size() > 1 && right.size() > 1 && left.size() > product_limit / right.size())
      throw TooMuch{"written out, its 'or's leave more than " + std::to_string(product_limit) +
                    " alternatives"};
    std::vector<Atoms> product;
    product.reserve(left.size() * right.size());
    for (const Atoms& a : left) {
      for (const Atoms& b : right) {
        repeat(a.size() + (left.size() == 1 ? 0 : b.size()));
        Atoms& both = product.emplace_back();
        both.reserve(a.size() + b.size());
        both.insert(both.end(), a.begin(), a.end());
        both.insert(both.end(), b.begin(), b.end());
      }
    }
    left = std::move(product);
  }

  /// One more assertion.
  void conjoin(std::vector<Atoms> alternatives) {
    if (alternatives.size() == 1) {
      const Atoms& all = alternatives.front();
      formula_->common.insert(formula_->common.end(), all.begin(), all.end());
    } else {
      multiply(formula_->alternatives, std::move(alternatives));
    }
  }

 private:
  Atom atom_of(const Affine& term, bool strict, std::int64_t line) {
    Atom atom;
    atom.line = line;
    atom.strict = strict;
    if (const auto bound = input_bound(term)) {
      const auto at = bound->at.nearest();
      if (!at || at->value - at->value != 0)
        throw TooMuch{"its bound on an input is beyond the range of a double"};
      atom.kind = bound->upper ? Atom::Kind::upper : Atom::Kind::lower;
      atom.input = static_cast<std::uint32_t>(bound->input);
      atom.at = *at;
      atom.ratio = static_cast<std::uint32_t>(formula_->ratios.size());
      if (!at->exact()) formula_->ratios.push_back(bound->at);
      return atom;
    }
    const auto row = row_of(term, strict);
    if (!row)
      throw TooMuch{"its coefficients have too many digits: no multiples of them are doubles"};
    atom.first = formula_->coefficients.size();
    atom.count = row->coefficients.size();
    atom.rhs = row->rhs;
    atom.strict = row->strict;
    formula_->coefficients.insert(formula_->coefficients.end(), row->coefficients.begin(),
                                  row->coefficients.end());
    return atom;
  }

  void repeat(std::size_t more) {
    written_ += more;
    if (written_ > atom_limit + formula_->atoms.size())
      throw TooMuch{"written out, its alternatives hold more than " + std::to_string(atom_limit) +
                    " comparisons"};
  }

  Formula* formula_;
  std::size_t written_ = 0;
};

}  // namespace shardbound::inline v0::vnnlib
