// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What an option's value has to be, and the rest of the sentence that refuses any other.

#include <shardbound/cli/nearest.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace shardbound::inline v0::cli {

namespace detail {

/// The number that all of the text is; false if it is none.
template <class Number>
bool read_number(std::string_view text, Number& number) {
  const char* const end = text.data() + text.size();
  const auto [last, error] = std::from_chars(text.data(), end, number);
  return error == std::errc{} && last == end;
}

}  // namespace detail

/// A whole number in [least, most], in decimal.
inline CLI::Validator whole_number(std::uint64_t least, std::uint64_t most) {
  return {[least, most](std::string& text) -> std::string {
            std::uint64_t number = 0;
            const bool read = detail::read_number(text, number);
            if (!read || number < least || number > most)
              return "'" + text + "' is no whole number from " + std::to_string(least) + " to " +
                     std::to_string(most);
            text = std::to_string(number);  // or "010" would be read as eight
            return {};
          },
          ""};
}

/// A time in seconds, 0 or more.
inline CLI::Validator seconds() {
  return {[](std::string& text) -> std::string {
            double number = 0;
            if (!detail::read_number(text, number) || !std::isfinite(number) || number < 0)
              return "'" + text + "' is no number of seconds";
            return {};
          },
          ""};
}

/// A number above 0.
inline CLI::Validator positive() {
  return {[](std::string& text) -> std::string {
            double number = 0;
            if (!detail::read_number(text, number) || !std::isfinite(number) || number <= 0)
              return "'" + text + "' is no number above 0";
            return {};
          },
          ""};
}

/// One of the words that are offered, or of those that are only understood.
inline CLI::Validator one_of(const std::vector<std::string>& offered,
                             const std::vector<std::string>& understood = {}) {
  return {[offered, understood](std::string& text) -> std::string {
            for (const auto& words : {offered, understood})
              if (std::find(words.begin(), words.end(), text) != words.end()) return {};
            return "there is no '" + text + "', only " + listed(offered) +
                   did_you_mean(text, offered);
          },
          ""};
}

}  // namespace shardbound::inline v0::cli
