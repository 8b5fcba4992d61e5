// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The text of a VNNLIB 1.0 file: declarations of X_i and Y_j, assertions, and commands of SMT-LIB that mean nothing
// here. One pass over the characters.

#include <shardbound/io/detail/vnnlib_assertion.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace shardbound::inline v0::vnnlib {

namespace detail {

class Parser {
 public:
  static constexpr std::string_view equal = "=", unequal{};
  static constexpr std::string_view comparisons = "<=, >=, <, > and =";

  Parser(std::string_view text, const std::string& file)
      : scanner_(text, file), assertions_(scanner_, formula_, *this) {}

  Formula formula() {
    std::string_view ended;  // by which command
    while (!scanner_.at_end()) {
      scanner_.expect('(', "a statement");
      const std::string_view command = scanner_.word("a command");
      const bool declares = command == "declare-const" || command == "declare-fun";
      if ((declares || command == "assert") && !ended.empty())
        fail("'" + shown(command) + "' stands after '" + shown(ended) +
             "', which asks what is said before");
      if (declares)
        declare(command == "declare-fun");
      else if (command == "assert")
        assertions_.read();
      else if (command == "check-sat" || command == "exit")
        ended = command;
      else if (command == "set-logic" || command == "set-info" || command == "set-option" ||
               command == "get-model")
        scanner_.skip_statement();
      else if (command == "vnnlib-version" || command == "declare-network")
        fail(
            "this is VNN-LIB 2.0, which begins with (vnnlib-version <2.0>); VNN-LIB 1.0 is wanted "
            "here");
      else
        fail("'" + shown(command) + "' is not a known command; declare-const and assert are");
      scanner_.expect(')', "the end of the statement");
    }
    check_numbering(input_lines_, "X_");
    check_numbering(output_lines_, "Y_");
    formula_.inputs = input_lines_.size();
    formula_.columns = output_lines_.size();
    formula_.last_line = scanner_.line();
    return std::move(formula_);
  }

  // --- for assertions

  std::optional<Variable> element(std::string_view name) {
    if (name[0] != 'X' && name[0] != 'Y') return {};
    const std::int32_t index = variable_index(name);
    auto& lines = lines_of(name[0]);
    if (index < 0 || static_cast<std::size_t>(index) >= lines.size() ||
        lines[static_cast<std::size_t>(index)] == 0)
      fail("'" + shown(name) + "' is not declared");
    const auto at = static_cast<std::size_t>(index);
    return name[0] == 'X' ? Variable::input(at) : Variable::column(at);
  }
  void begin() {}
  void number(std::string_view) {}
  void compared() {}

 private:
  static constexpr std::size_t index_limit = std::size_t{1} << 22;

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
    return letter == 'X' ? input_lines_ : output_lines_;
  }

  void declare(bool as_function) {
    const std::string_view name = scanner_.word("a variable's name");
    const std::int32_t index = variable_index(name);
    if (index < 0) fail("'" + shown(name) + "' is neither an input X_i nor an output Y_j");
    if (as_function) {
      scanner_.expect('(', "an empty list of arguments");
      scanner_.expect(')', "the end of an empty list of arguments");
    }
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

  Scanner scanner_;
  Formula formula_;
  std::vector<std::int64_t> input_lines_, output_lines_;  // where X_i, Y_j were declared
  AssertionReader<Parser> assertions_;
};

}  // namespace detail

/// Parses the text of a property; `file` opens every message. Throws FormatError "FILE:LINE: ...".
inline Formula parse(std::string_view text, const std::string& file) {
  return detail::Parser(text, file).formula();
}

}  // namespace shardbound::inline v0::vnnlib
