// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Numbers as people read them. What bounds a quantity is shortened away from it, so that the text is a bound
// as well.

#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace shardbound::inline v0 {

/// The shortest decimal that reads back as exactly x.
inline std::string decimal(double x) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, x).ptr};
}

/// To nearest, of so many digits.
inline std::string short_decimal(double x, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*g", digits, x);
  return text;
}

/// A decimal of so many digits (at most 17) that is not above x, and next to it.
inline std::string decimal_below(double x, int digits) {
  std::string text = short_decimal(x, digits);
  if (!std::isfinite(x)) return text;
  // A unit of the last digit; halves of it make the nearest decimal the one below.
  const double unit = x == 0 ? 0 : std::pow(10, std::floor(std::log10(std::abs(x))) - digits + 1);
  for (int halves = 1; halves <= 4 && std::strtod(text.c_str(), nullptr) > x; ++halves)
    text = short_decimal(x - halves * unit / 2, digits);
  return std::strtod(text.c_str(), nullptr) > x ? decimal(x) : text;
}
/// The same, not below x.
inline std::string decimal_above(double x, int digits) {
  const std::string text = decimal_below(-x, digits);
  return text.starts_with('-') ? text.substr(1) : x == 0 ? text : "-" + text;
}

}  // namespace shardbound::inline v0
