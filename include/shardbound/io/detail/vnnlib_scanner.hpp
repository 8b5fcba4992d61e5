// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The characters of a VNNLIB file as parentheses, words and numbers, with the line where each
// stands. A line ends in LF, CR LF or CR.

#include <shardbound/core/errors.hpp>

#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace shardbound::inline v0::vnnlib {

/// What is wrong in a line of a property file.
inline FormatError error_at(const std::string& file, std::int64_t line,
                            const std::string& sentence) {
  return FormatError(file + ":" + std::to_string(line) + ": " + sentence);
}

namespace detail {

class Scanner {
 public:
  Scanner(std::string_view text, const std::string& file)
      : first_(text.data()), next_(first_), end_(first_ + text.size()), file_(&file) {}

  std::int64_t line() const { return line_; }

  bool at_end() {
    skip();
    return next_ == end_;
  }

  bool at(char c) {
    skip();
    return next_ != end_ && *next_ == c;
  }

  void expect(char c, const char* what) {
    if (at(c)) {
      ++next_;
      return;
    }
    if (next_ == end_)
      fail(std::string("the file ends early: '") + c + "' (" + what +
           ") is wanted; a parenthesis is not closed");
    fail(std::string("'") + c + "' (" + what + ") is wanted where '" + shown(rest_of_word()) +
         "' stands");
  }

  std::string_view word(const char* what) {
    skip();
    if (next_ == end_) fail(std::string("the file ends early: ") + what + " is wanted");
    const std::string_view found = rest_of_word();
    if (!is_word(found.front()))
      fail(std::string(what) + " is wanted where '" + shown(found) + "' stands");
    next_ += found.size();
    if (next_ == end_) fail("the file ends early, after '" + shown(found) + "'");
    return found;
  }

  double number(std::string_view found) const {
    std::string_view digits = found;
    if (digits.size() > 1 && digits[0] == '+' && digits[1] != '-') digits.remove_prefix(1);
    double value = 0;
    const auto [last, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error == std::errc::result_out_of_range)
      fail("'" + shown(found) + "' is beyond the range of a double");
    if (error != std::errc{} || last != digits.data() + digits.size())
      fail("'" + shown(found) + "' is neither a declared variable nor a number");
    if (!std::isfinite(value)) fail("'" + shown(found) + "' is not a finite number");
    return value;
  }

  [[noreturn]] void fail(const std::string& sentence) const {
    throw error_at(*file_, line_, sentence);
  }

  static std::string shown(std::string_view word) {
    std::string out(word.substr(0, 40));
    for (char& c : out)
      if (c < ' ' || c > '~') c = '?';
    return out + (word.size() > 40 ? "..." : "");
  }

 private:
  void skip() {
    for (; next_ != end_; ++next_) {
      if (*next_ == ';') {
        while (next_ != end_ && !ends_line(*next_)) ++next_;
        if (next_ == end_) return;
      }
      if (ends_line(*next_))
        line_ += closes_pair() ? 0 : 1;
      else if (*next_ != ' ' && *next_ != '\t')
        return;
    }
  }

  static bool ends_line(char c) { return c == '\n' || c == '\r'; }
  // An LF right behind a CR ends the same line.
  bool closes_pair() const { return *next_ == '\n' && next_ != first_ && next_[-1] == '\r'; }

  static bool is_word(char c) { return c > ' ' && c != '(' && c != ')' && c != ';'; }

  std::string_view rest_of_word() const {
    const char* last = next_;
    while (last != end_ && is_word(*last)) ++last;
    if (last == next_ && last != end_) ++last;
    return {next_, static_cast<std::size_t>(last - next_)};
  }

  const char* first_;
  const char* next_;
  const char* end_;
  std::int64_t line_ = 1;
  const std::string* file_;
};

}  // namespace detail

}  // namespace shardbound::inline v0::vnnlib
