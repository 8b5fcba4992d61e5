// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The text of a VNNLIB 1.0 file (declarations, assertions, comments) as comparisons, and as the
// alternatives that its `or`s leave: each a conjunction of comparisons. One pass over the
// characters.

#include <shardbound/io/detail/vnnlib_scanner.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace shardbound::inline v0::vnnlib {

/// One comparison: x_input <= bound, x_input >= bound, or y_plus - y_minus <= bound.
struct Atom {
  enum class Kind : std::uint8_t { input_upper, input_lower, output };
  static constexpr std::int32_t absent = -1;

  Kind kind = Kind::output;
  std::int32_t input = absent;
  std::int32_t plus = absent, minus = absent;  ///< output: either may be absent, not both
  double bound = 0;
  std::int64_t line = 0;
};

using Atoms = std::vector<std::uint32_t>;  ///< indices of atoms, in file order

/// What a file asserts: `common`, and one of the alternatives.
struct Formula {
  std::vector<std::int64_t> input_lines, output_lines;  ///< where X_i, Y_j were declared
  std::vector<Atom> atoms;
  Atoms common;
  std::vector<Atoms> alternatives;
  std::int64_t last_line = 1;
};

namespace detail {

class Parser {
 public:
  Parser(std::string_view text, const std::string& file) : scanner_(text, file) {
    formula_.alternatives.emplace_back();
  }

  Formula formula() {
    while (!scanner_.at_end()) {
      scanner_.expect('(', "a statement");
      const std::string_view command = scanner_.word("a command");
      if (command == "declare-const")
        declare();
      else if (command == "assert")
        assertion();
      else
        fail("'" + shown(command) + "' is not a known command; declare-const and assert are");
      scanner_.expect(')', "the end of the statement");
    }
    check_numbering(formula_.input_lines, "X_");
    check_numbering(formula_.output_lines, "Y_");
    formula_.last_line = scanner_.line();
    return std::move(formula_);
  }

 private:
  static constexpr std::size_t index_limit = std::size_t{1} << 22;
  static constexpr std::size_t alternative_limit = 100'000;
  static constexpr std::size_t atom_limit = std::size_t{1} << 23;  // in all alternatives together
  static constexpr int depth_limit = 100;

  struct Operand {
    enum class Kind : std::uint8_t { number, input, output } kind = Kind::number;
    std::int32_t index = 0;
    double number = 0;
  };

  // --- declarations

  static std::string shown(std::string_view word) { return Scanner::shown(word); }

  [[noreturn]] void fail(const std::string& sentence) const { scanner_.fail(sentence); }

  // The index of "X_12" or "Y_3"; negative if the word is no such name.
  std::int32_t variable_index(std::string_view name) const {
    if (name.size() < 3 || (name[0] != 'X' && name[0] != 'Y') || name[1] != '_') return -1;
    if (name[2] == '0' && name.size() > 3) return -1;
    std::uint32_t index = 0;
    const auto [last, error] = std::from_chars(name.data() + 2, name.data() + name.size(), index);
    if (error == std::errc::invalid_argument || last != name.data() + name.size()) return -1;
    if (error != std::errc{} || index >= index_limit)
      fail("'" + shown(name) + "' has an index that is too large");
    return static_cast<std::int32_t>(index);
  }

  std::vector<std::int64_t>& lines_of(char letter) {
    return letter == 'X' ? formula_.input_lines : formula_.output_lines;
  }

  void declare() {
    const std::string_view name = scanner_.word("a variable's name");
    const std::int32_t index = variable_index(name);
    if (index < 0) fail("'" + shown(name) + "' is neither an input X_i nor an output Y_j");
    const std::string_view type = scanner_.word("a variable's type");
    if (type != "Real")
      fail("'" + shown(name) + "' is of type '" + shown(type) + "'; Real is supported");
    auto& lines = lines_of(name[0]);
    const auto at_index = static_cast<std::size_t>(index);
    if (at_index >= lines.size()) lines.resize(at_index + 1);
    if (lines[at_index] != 0) fail("'" + shown(name) + "' is declared twice");
    lines[at_index] = scanner_.line();
  }

  void check_numbering(const std::vector<std::int64_t>& lines, const std::string& letter) const {
    const auto name = [&](std::size_t index) { return letter + std::to_string(index); };
    for (std::size_t index = 0; index < lines.size(); ++index)
      if (lines[index] == 0)
        fail(name(index) + " is not declared although " + name(lines.size() - 1) + " is");
    if (lines.empty())
      fail(letter == "X_" ? "no input X_i is declared" : "no output Y_j is declared");
  }

  // --- assertions

  void assertion() {
    std::vector<Atoms> alternatives(1);
    term(alternatives, 0);
    if (alternatives.size() == 1) {
      const Atoms& all = alternatives.front();
      formula_.common.insert(formula_.common.end(), all.begin(), all.end());
    } else {
      multiply(formula_.alternatives, alternatives);
    }
  }

  // Reads one term and puts it, with an `and`, to every alternative.
  void term(std::vector<Atoms>& alternatives, int depth) {
    if (depth > depth_limit) fail("terms are nested too deeply");
    scanner_.expect('(', "a comparison, and, or");
    const std::string_view function = scanner_.word("a comparison, and, or");
    if (function == "and") {
      if (scanner_.at(')')) fail("an 'and' of nothing has no meaning");
      while (!scanner_.at(')')) term(alternatives, depth + 1);
    } else if (function == "or") {
      if (scanner_.at(')')) fail("an 'or' of nothing has no meaning");
      std::vector<Atoms> sum;
      while (!scanner_.at(')')) {
        std::vector<Atoms> one(1);
        term(one, depth + 1);
        for (Atoms& atoms : one) sum.push_back(std::move(atoms));
        check_size(sum.size());
      }
      multiply(alternatives, sum);
    } else if (function == "<=") {
      const Operand less = operand(), more = operand();
      append(alternatives, compared(less, more));
    } else if (function == ">=") {
      const Operand more = operand(), less = operand();
      append(alternatives, compared(less, more));
    } else {
      // A point on the edge would be a counterexample of <= and none of <.
      if (function == "<" || function == ">")
        fail("the strict comparison '" + shown(function) + "' is not supported; <= and >= are");
      fail("'" + shown(function) + "' is not supported; and, or, <= and >= are");
    }
    scanner_.expect(')', "the end of the term");
  }

  void append(std::vector<Atoms>& alternatives, Atom atom) {
    for (Atoms& atoms : alternatives)
      atoms.push_back(static_cast<std::uint32_t>(formula_.atoms.size()));
    check_atoms(alternatives.size());
    formula_.atoms.push_back(atom);
  }

  // (a1 or a2 or ..) and (b1 or b2 or ..), written as an `or`
  void multiply(std::vector<Atoms>& left, const std::vector<Atoms>& right) {
    check_size(left.size() * right.size());
    std::vector<Atoms> product;
    product.reserve(left.size() * right.size());
    for (const Atoms& a : left) {
      for (const Atoms& b : right) {
        check_atoms(a.size() + (left.size() == 1 ? 0 : b.size()));
        Atoms& both = product.emplace_back();
        both.reserve(a.size() + b.size());
        both.insert(both.end(), a.begin(), a.end());
        both.insert(both.end(), b.begin(), b.end());
      }
    }
    left = std::move(product);
  }

  void check_size(std::size_t alternatives) const {
    if (alternatives > alternative_limit)
      fail("written out, its 'or's leave more than " + std::to_string(alternative_limit) +
           " alternatives");
  }

  void check_atoms(std::size_t more) {
    written_ += more;
    if (written_ > atom_limit + formula_.atoms.size())
      fail("written out, its alternatives hold more than " + std::to_string(atom_limit) +
           " comparisons");
  }

  Atom compared(const Operand& less, const Operand& more) const {
    using Kind = Operand::Kind;
    if (less.kind == Kind::number && more.kind == Kind::number)
      fail("a comparison of two numbers says nothing about the network");
    Atom atom;
    atom.line = scanner_.line();
    if (less.kind == Kind::input || more.kind == Kind::input) {
      if (less.kind != Kind::number && more.kind != Kind::number)
        fail("an input X_i can only be compared with a number");
      const bool upper = less.kind == Kind::input;
      atom.kind = upper ? Atom::Kind::input_upper : Atom::Kind::input_lower;
      atom.input = upper ? less.index : more.index;
      atom.bound = upper ? more.number : less.number;
      return atom;
    }
    if (less.kind == Kind::output) atom.plus = less.index;
    if (more.kind == Kind::output) atom.minus = more.index;
    if (atom.plus == atom.minus)
      fail("Y_" + std::to_string(atom.plus) + " is compared with itself");
    if (more.kind == Kind::number) atom.bound = more.number;
    if (less.kind == Kind::number) atom.bound = 0 - less.number;
    return atom;
  }

  Operand operand() {
    if (scanner_.at('(')) {  // SMT-LIB's way to write a negative number: (- 1.5)
      scanner_.expect('(', "a number");
      if (scanner_.word("a number") != "-") fail("arithmetic in a comparison is not supported");
      const Operand positive{Operand::Kind::number, 0, scanner_.number(scanner_.word("a number"))};
      scanner_.expect(')', "the end of a negative number");
      return {Operand::Kind::number, 0, 0 - positive.number};
    }
    const std::string_view found = scanner_.word("a variable or number");
    if (found[0] != 'X' && found[0] != 'Y')
      return {Operand::Kind::number, 0, scanner_.number(found)};
    const std::int32_t index = variable_index(found);
    auto& lines = lines_of(found[0]);
    if (index < 0 || static_cast<std::size_t>(index) >= lines.size() ||
        lines[static_cast<std::size_t>(index)] == 0)
      fail("'" + shown(found) + "' is not declared");
    return {found[0] == 'X' ? Operand::Kind::input : Operand::Kind::output, index, 0};
  }

  Scanner scanner_;
  Formula formula_;
  std::size_t written_ = 0;
};

}  // namespace detail

/// Parses the text of a property; `file` opens every message. Throws FormatError "FILE:LINE: ...".
inline Formula parse(std::string_view text, const std::string& file) {
  return detail::Parser(text, file).formula();
}

}  // namespace shardbound::inline v0::vnnlib
