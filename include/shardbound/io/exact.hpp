// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Decimal numbers of any length, exactly: sums, differences and products of decimals are decimals, so that what a
// property file says is known to the last digit, and rounding is one step at the end, in a known direction.

#include <algorithm>
#include <charconv>
#include <cmath>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace shardbound::inline v0::io {

/// A double next to a number: `side` is the sign of number - value.
struct Nearest {
  double value = 0;
  int side = 0;

  double down() const { return side < 0 ? std::nextafter(value, -infinity) : value; }
  double up() const { return side > 0 ? std::nextafter(value, infinity) : value; }
  bool exact() const { return side == 0; }

  static constexpr double infinity = std::numeric_limits<double>::infinity();
};

class Exact {
 public:
  Exact() = default;
  explicit Exact(std::int64_t number) : negative_(number < 0) {
    auto size = static_cast<std::uint64_t>(number);
    for (size = negative_ ? 0 - size : size; size > 0; size /= base)
      limbs_.push_back(static_cast<std::uint32_t>(size % base));
    trim();
  }

  /// Of a finite double, all its digits.
  static Exact of(double number) {
    int exponent = 0;
    const double part = std::frexp(number, &exponent);  // number = part * 2^exponent
    Exact out(static_cast<std::int64_t>(std::ldexp(part, 53)));
    for (exponent -= 53; exponent > 0; exponent -= std::min(exponent, 29))
      out.multiply(std::uint32_t{1} << std::min(exponent, 29));
    out.exponent_ += exponent;  // 2^-k = 5^k 10^-k
    for (; exponent < 0; exponent += std::min(-exponent, 12)) {
      std::uint32_t five = 1;
      for (int i = std::min(-exponent, 12); i > 0; --i) five *= 5;
      out.multiply(five);
    }
    out.trim();
    return out;
  }

  /// [sign] digits [. digits] [e [sign] digits], at least one digit before the e. Nothing if it is no such number, or
  /// one of more than `most` digits or of an exponent beyond that.
  static std::optional<Exact> read(std::string_view text) {
    Exact out;
    if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
      out.negative_ = text[0] == '-';
      text.remove_prefix(1);
    }
    std::string digits;
    std::int64_t after = 0;
    bool any = false, point = false;
    std::size_t at = 0;
    for (; at < text.size(); ++at) {
      const char c = text[at];
      if (c == '.' && !point) {
        point = true;
        continue;
      }
      if (c < '0' || c > '9') break;
      any = true;
      if (!digits.empty() || c != '0') digits += c;
      after += point ? 1 : 0;
    }
    std::int64_t exponent = 0;
    if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
      ++at;
      if (at + 1 < text.size() && text[at] == '+' && text[at + 1] != '-') ++at;
      const auto [last, error] =
          std::from_chars(text.data() + at, text.data() + text.size(), exponent);
      if (error != std::errc{} || last != text.data() + text.size()) return {};
      at = text.size();
    }
    if (!any || at != text.size()) return {};
    if (digits.empty()) return Exact{};
    if (exponent > most || exponent < -most || after > most ||
        digits.size() > static_cast<std::size_t>(most))
      return {};
    out.exponent_ = exponent - after;
    for (std::size_t end = digits.size(); end > 0; end -= std::min<std::size_t>(end, 9)) {
      const std::size_t first = end - std::min<std::size_t>(end, 9);
      std::uint32_t limb = 0;
      std::from_chars(digits.data() + first, digits.data() + end, limb);
      out.limbs_.push_back(limb);
    }
    out.trim();
    return out;
  }
  static constexpr std::int64_t most = 20'000;

  int sign() const { return limbs_.empty() ? 0 : negative_ ? -1 : 1; }
  /// Whether it has grown beyond what `read` takes, so that more of the same would not end soon.
  bool unwieldy() const {
    return static_cast<std::int64_t>(9 * limbs_.size()) > 4 * most || exponent_ > 4 * most ||
           exponent_ < -4 * most;
  }
  /// Digits before the decimal point; 0 or less of what begins behind it, and of 0.
  std::int64_t places() const { return limbs_.empty() ? 0 : digits() + exponent_; }
  /// Digits behind the decimal point.
  std::int64_t decimals() const {
    if (limbs_.empty()) return 0;
    std::int64_t places = -exponent_;
    for (std::uint32_t low = limbs_[0]; low > 0 && low % 10 == 0; low /= 10) --places;
    return places > 0 ? places : 0;
  }
  /// Times 10^power.
  Exact shifted(std::int64_t power) const {
    Exact out = *this;
    if (sign() != 0) out.exponent_ += power;
    return out;
  }

  Exact operator-() const {
    Exact out = *this;
    out.negative_ = !negative_ && sign() != 0;
    return out;
  }
  friend Exact operator+(const Exact& a, const Exact& b) {
    if (a.sign() == 0) return b;
    if (b.sign() == 0) return a;
    auto [x, y] = aligned(a, b);
    if (a.negative_ == b.negative_) {
      x.add(y);
      x.trim();
      return x;
    }
    const auto order = x.compare_sizes(y);
    if (order == 0) return {};
    if (order < 0) std::swap(x, y);
    x.subtract(y);
    x.trim();
    return x;
  }
  friend Exact operator-(const Exact& a, const Exact& b) { return a + -b; }
  friend Exact operator*(const Exact& a, const Exact& b) {
    if (a.sign() == 0 || b.sign() == 0) return {};
    Exact out;
    out.negative_ = a.negative_ != b.negative_;
    out.exponent_ = a.exponent_ + b.exponent_;
    out.limbs_.assign(a.limbs_.size() + b.limbs_.size(), 0);
    for (std::size_t i = 0; i < a.limbs_.size(); ++i) {
      std::uint64_t carry = 0;
      for (std::size_t j = 0; j < b.limbs_.size() || carry > 0; ++j) {
        carry += out.limbs_[i + j];
        if (j < b.limbs_.size()) carry += std::uint64_t{a.limbs_[i]} * b.limbs_[j];
        out.limbs_[i + j] = static_cast<std::uint32_t>(carry % base);
        carry /= base;
      }
    }
    out.trim();
    return out;
  }
  friend std::strong_ordering operator<=>(const Exact& a, const Exact& b) {
    if (a.sign() != b.sign()) return a.sign() <=> b.sign();
    if (a.sign() == 0) return std::strong_ordering::equal;
    // Numbers far apart are not written out to be compared.
    const auto length = [](const Exact& x) { return x.places(); };
    if (length(a) != length(b))
      return a.negative_ ? length(b) <=> length(a) : length(a) <=> length(b);
    const auto [x, y] = aligned(a, b);
    const int order = x.compare_sizes(y);
    return (a.negative_ ? -order : order) <=> 0;
  }
  friend bool operator==(const Exact& a, const Exact& b) { return std::is_eq(a <=> b); }

  /// The double next to it; beyond all doubles an infinity.
  Nearest nearest() const {
    if (sign() == 0) return {};
    std::string text = negative_ ? "-" : "";
    for (std::size_t i = limbs_.size(); i-- > 0;) {
      const std::string limb = std::to_string(limbs_[i]);
      if (i + 1 < limbs_.size()) text.append(9 - limb.size(), '0');
      text += limb;
    }
    text += "e" + std::to_string(exponent_);
    double value = 0;
    const auto error = std::from_chars(text.data(), text.data() + text.size(), value).ec;
    if (error != std::errc{}) value = places() > 0 ? sign() * Nearest::infinity : 0;
    if (std::isinf(value)) return {value, -sign()};
    const auto order = *this <=> of(value);
    return {value, std::is_lt(order) ? -1 : std::is_gt(order) ? 1 : 0};
  }

 private:
  static constexpr std::uint32_t base = 1'000'000'000;

  std::int64_t digits() const {
    return static_cast<std::int64_t>(9 * (limbs_.size() - 1) +
                                     std::to_string(limbs_.back()).size());
  }
  void trim() {
    while (!limbs_.empty() && limbs_.back() == 0) limbs_.pop_back();
    std::size_t low = 0;
    while (low < limbs_.size() && limbs_[low] == 0) ++low;
    limbs_.erase(limbs_.begin(), limbs_.begin() + static_cast<std::ptrdiff_t>(low));
    exponent_ = limbs_.empty() ? 0 : exponent_ + static_cast<std::int64_t>(9 * low);
    negative_ = negative_ && !limbs_.empty();
  }
  void multiply(std::uint32_t factor) {
    std::uint64_t carry = 0;
    for (std::uint32_t& limb : limbs_) {
      carry += std::uint64_t{limb} * factor;
      limb = static_cast<std::uint32_t>(carry % base);
      carry /= base;
    }
    for (; carry > 0; carry /= base) limbs_.push_back(static_cast<std::uint32_t>(carry % base));
  }
  // Both with the smaller exponent.
  static std::pair<Exact, Exact> aligned(Exact a, Exact b) {
    const std::int64_t to = std::min(a.exponent_, b.exponent_);
    for (Exact* one : {&a, &b}) {
      const std::int64_t places = one->exponent_ - to;
      one->limbs_.insert(one->limbs_.begin(), static_cast<std::size_t>(places / 9), 0);
      std::uint32_t ten = 1;
      for (std::int64_t i = places % 9; i > 0; --i) ten *= 10;
      one->multiply(ten);
      one->exponent_ = to;
    }
    return {std::move(a), std::move(b)};
  }
  int compare_sizes(const Exact& other) const {
    if (limbs_.size() != other.limbs_.size()) return limbs_.size() < other.limbs_.size() ? -1 : 1;
    for (std::size_t i = limbs_.size(); i-- > 0;)
      if (limbs_[i] != other.limbs_[i]) return limbs_[i] < other.limbs_[i] ? -1 : 1;
    return 0;
  }
  void add(const Exact& other) {
    limbs_.resize(std::max(limbs_.size(), other.limbs_.size()), 0);
    std::uint32_t carry = 0;
    for (std::size_t i = 0; i < limbs_.size(); ++i) {
      carry += limbs_[i] + (i < other.limbs_.size() ? other.limbs_[i] : 0);
      limbs_[i] = carry % base;
      carry /= base;
    }
    if (carry > 0) limbs_.push_back(carry);
  }
  void subtract(const Exact& smaller) {
    std::int64_t borrow = 0;
    for (std::size_t i = 0; i < limbs_.size(); ++i) {
      borrow += limbs_[i];
      if (i < smaller.limbs_.size()) borrow -= smaller.limbs_[i];
      const std::int64_t limb = borrow < 0 ? borrow + base : borrow;
      limbs_[i] = static_cast<std::uint32_t>(limb);
      borrow = borrow < 0 ? -1 : 0;
    }
  }

  bool negative_ = false;
  std::int64_t exponent_ = 0;
  std::vector<std::uint32_t> limbs_;  // base 10^9, the lowest first, neither end 0
};

/// numerator / denominator, the latter above 0: where a bound on a multiple of a variable lies.
struct Ratio {
  Exact numerator, denominator{1};

  friend std::strong_ordering operator<=>(const Ratio& a, const Ratio& b) {
    return a.numerator * b.denominator <=> b.numerator * a.denominator;
  }
  friend bool operator==(const Ratio& a, const Ratio& b) { return std::is_eq(a <=> b); }

  /// A double next to it; nothing if numerator or denominator are out of all proportion.
  std::optional<Nearest> nearest() const {
    if (denominator == Exact(1)) return numerator.nearest();
    double value = numerator.nearest().value / denominator.nearest().value;
    for (int step = 0; step < 8 && std::isfinite(value); ++step) {
      const auto order = numerator <=> Exact::of(value) * denominator;
      if (std::is_eq(order)) return Nearest{value, 0};
      const double next =
          std::nextafter(value, std::is_lt(order) ? -Nearest::infinity : Nearest::infinity);
      if (!std::isfinite(next)) return {};
      const auto beyond = numerator <=> Exact::of(next) * denominator;
      if (std::is_eq(beyond)) return Nearest{next, 0};
      if (beyond != order) return Nearest{value, std::is_lt(order) ? -1 : 1};
      value = next;
    }
    return {};
  }
};

}  // namespace shardbound::inline v0::io
