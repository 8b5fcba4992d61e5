// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Assertions, as both versions of the language write them: terms in prefix form, comparisons, and, or. What differs is
// how elements of tensors are named and which comparisons there are; the reader is told.

#include <shardbound/io/detail/vnnlib_scanner.hpp>
#include <shardbound/io/vnnlib_formula.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shardbound::inline v0::vnnlib::detail {

/// A version's own part: `element(word)` is the variable that a word begins, if it is a name; `number(word)` and
/// `compared()` see what stands in a comparison; `equal` is how equality is written, `unequal` its opposite (empty:
/// there is none), `comparisons` all of them in words.
template <class Version>
class AssertionReader {
 public:
  AssertionReader(Scanner& scanner, Formula& formula, Version& version)
      : scanner_(&scanner), builder_(formula), version_(&version) {}

  /// Reads one, up to the parenthesis that closes the statement.
  void read() {
    try {
      std::vector<Atoms> alternatives(1);
      condition(alternatives, 0);
      builder_.conjoin(std::move(alternatives));
    } catch (const FormulaBuilder::TooMuch& much) {
      scanner_->fail(much.sentence);
    }
  }

 private:
  static constexpr int depth_limit = 1000;

  static std::string shown(std::string_view word) { return Scanner::shown(word); }

  void check_depth(int depth) const {
    if (depth > depth_limit) scanner_->fail("terms are nested too deeply");
  }

  // Reads one condition and puts it, with an `and`, to every alternative.
  void condition(std::vector<Atoms>& alternatives, int depth) {
    check_depth(depth);
    scanner_->expect('(', "a comparison, and, or");
    const std::string_view function = scanner_->word("a comparison, and, or");
    if (function == "and") {
      if (scanner_->at(')')) scanner_->fail("an 'and' of nothing has no meaning");
      while (!scanner_->at(')')) condition(alternatives, depth + 1);
    } else if (function == "or") {
      if (scanner_->at(')')) scanner_->fail("an 'or' of nothing has no meaning");
      std::vector<Atoms> sum;
      while (!scanner_->at(')')) {
        std::vector<Atoms> one(1);
        condition(one, depth + 1);
        for (Atoms& atoms : one) sum.push_back(std::move(atoms));
      }
      builder_.multiply(alternatives, std::move(sum));
    } else {
      comparison(function, alternatives, depth);
    }
    scanner_->expect(')', "the end of the term");
  }

  void comparison(std::string_view function, std::vector<Atoms>& alternatives, int depth) {
    const bool less = function == "<=" || function == "<",
               more = function == ">=" || function == ">";
    const bool equal = function == Version::equal;
    const bool unequal = !Version::unequal.empty() && function == Version::unequal;
    if (!less && !more && !equal && !unequal)
      scanner_->fail("'" + shown(function) + "' is not supported; and, or, " +
                     std::string(Version::comparisons) + " are");
    version_->begin();
    Affine left = term(depth + 1), right = term(depth + 1);
    version_->compared();
    const std::int64_t line = scanner_->line();
    if (more) std::swap(left, right);
    const Affine below = difference(left, right);
    if (less || more) {
      builder_.require(alternatives, below, function.size() == 1, line);
      return;
    }
    const Affine above = Affine(below).negate();
    if (equal) {
      builder_.require(alternatives, below, false, line);
      builder_.require(alternatives, above, false, line);
      return;
    }
    std::vector<Atoms> either;
    for (const Affine* side : {&below, &above}) {
      std::vector<Atoms> one(1);
      builder_.require(one, *side, true, line);
      for (Atoms& atoms : one) either.push_back(std::move(atoms));
    }
    builder_.multiply(alternatives, std::move(either));
  }

  Affine difference(const Affine& left, const Affine& right) const {
    std::vector<Affine> both = {left, right};
    both[1].negate();
    return checked(Affine::sum(std::move(both)));
  }

  Affine term(int depth) {
    check_depth(depth);
    if (!scanner_->at('(')) {
      const std::string_view found = scanner_->word("a variable or number");
      if (const auto variable = version_->element(found)) return Affine(*variable);
      Affine number(scanner_->number(found));
      version_->number(found);
      return number;
    }
    scanner_->expect('(', "a term");
    const std::string_view function = scanner_->word("+, - or *");
    if (function != "+" && function != "-" && function != "*")
      scanner_->fail("'" + shown(function) + "' is not supported in a term; +, - and * are");
    std::vector<Affine> all;
    do {
      all.push_back(term(depth + 1));
    } while (!scanner_->at(')'));
    scanner_->expect(')', "the end of the term");
    if (function == "*") return product(std::move(all));
    if (function == "-")
      for (std::size_t i = all.size() == 1 ? 0 : 1; i < all.size(); ++i) all[i].negate();
    return checked(Affine::sum(std::move(all)));
  }

  Affine product(std::vector<Affine> all) const {
    Affine out = std::move(all.front());
    for (std::size_t i = 1; i < all.size(); ++i) {
      if (!out.is_constant() && !all[i].is_constant())
        scanner_->fail("a product of variables is not supported; terms have to be linear");
      if (out.is_constant()) std::swap(out, all[i]);
      out = checked(std::move(out.scale(all[i].constant())));
    }
    return out;
  }

  Affine checked(Affine term) const {
    if (term.unwieldy())
      scanner_->fail("its numbers grow beyond " + std::to_string(4 * Exact::most) + " digits");
    return term;
  }

  Scanner* scanner_;
  FormulaBuilder builder_;
  Version* version_;
};

}  // namespace shardbound::inline v0::vnnlib::detail
