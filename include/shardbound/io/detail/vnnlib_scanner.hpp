// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The characters of a VNNLIB file as parentheses, words and numbers, with the line where each
// stands. A line ends in LF, CR LF or CR; a mark of the byte order at the beginning is none of them.

#include <shardbound/core/errors.hpp>
#include <shardbound/io/exact.hpp>

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

/// What a bracket or comma is: a character like others (version 1.0), or a sign of its own (2.0).
enum class Brackets { in_words, apart };

class Scanner {
 public:
  Scanner(std::string_view text, const std::string& file, Brackets brackets = Brackets::in_words)
      : first_(text.data()),
        next_(first_),
        end_(first_ + text.size()),
        brackets_(brackets),
        file_(&file) {
    if (text.starts_with("\xef\xbb\xbf")) next_ += 3;
  }

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

  /// What stands between quotes.
  std::string_view quoted(const char* what) {
    if (!at('"'))
      fail(std::string(what) + " is wanted in quotes where '" + shown(rest_of_word()) + "' stands");
    const char* const first = ++next_;
    while (next_ != end_ && *next_ != '"' && !ends_line(*next_)) ++next_;
    if (next_ == end_ || *next_ != '"') fail("a quote is not closed in its line");
    return {first, static_cast<std::size_t>(next_++ - first)};
  }

  /// Goes to the end of the statement that it is in, whatever stands there.
  void skip_statement() {
    for (int open = 0; !(open == 0 && at(')'));) {
      skip();
      if (next_ == end_) fail("the file ends early: a parenthesis is not closed");
      const char c = *next_++;
      if (c == '(') ++open;
      if (c == ')') --open;
      if (c != '"' && c != '|') continue;
      for (; next_ != end_ && *next_ != c; ++next_)
        if (ends_line(*next_)) line_ += closes_pair() ? 0 : 1;
      if (next_ != end_) ++next_;
    }
  }

  io::Exact number(std::string_view found) const {
    const auto value = io::Exact::read(found);
    if (value && (value->places() < 308 || std::isfinite(value->nearest().value))) return *value;
    double near = 0;
    const auto [last, error] = std::from_chars(found.data(), found.data() + found.size(), near);
    if (value || (error == std::errc::result_out_of_range && last == found.data() + found.size()))
      fail("'" + shown(found) + "' is beyond the range of a double");
    if (error != std::errc{} || last != found.data() + found.size())
      fail("'" + shown(found) + "' is neither a declared variable nor a number");
    if (!std::isfinite(near)) fail("'" + shown(found) + "' is not a finite number");
    fail("'" + shown(found) + "' has more digits than are read");
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
      else if (*next_ != ' ' && *next_ != '\t' && *next_ != '\f' && *next_ != '\v')
        return;
    }
  }

  static bool ends_line(char c) { return c == '\n' || c == '\r'; }
  // An LF right behind a CR ends the same line.
  bool closes_pair() const { return *next_ == '\n' && next_ != first_ && next_[-1] == '\r'; }

  bool is_word(char c) const {
    if (brackets_ == Brackets::apart && (c == '[' || c == ']' || c == ',' || c == '"'))
      return false;
    return c > ' ' && c != '(' && c != ')' && c != ';';
  }

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
  Brackets brackets_;
  const std::string* file_;
};

}  // namespace detail

}  // namespace shardbound::inline v0::vnnlib
