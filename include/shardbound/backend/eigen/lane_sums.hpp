// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Eight neighbouring numbers of a row as one value, and sums along a row in them: eight partial sums,
// each over every eighth number, then a fixed tree. The order is that of the columns alone, so a row's
// bits depend on nothing but the row. The compiler's vectors are used because a plain loop over eight
// numbers becomes eight branches, or eight trips through memory, as soon as something in it is chosen.

#include <shardbound/core/shape.hpp>

#include <cstring>

// g++ warns that other instruction sets would pass such values differently; all of this is inlined.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

namespace shardbound::inline v0::detail {

template <class T>
class Lanes {
  // In parts that fit a register: wider ones are taken apart number by number where they meet a choice.
  static constexpr std::size_t all = lanes * sizeof(T);
  static constexpr std::size_t bytes = __BIGGEST_ALIGNMENT__ < all ? __BIGGEST_ALIGNMENT__ : all;
  static constexpr std::size_t parts = all / bytes, each = bytes / sizeof(T);
  typedef T Part __attribute__((vector_size(bytes)));

 public:
  Lanes() = default;
  Lanes(T x) {
    for (Part& p : part_) p = x - Part{};
  }

  static Lanes load(const T* from) {
    Lanes read;
    std::memcpy(&read.part_, from, all);
    return read;
  }
  void store(T* to) const { std::memcpy(to, &part_, all); }

  T operator[](index_t lane) const {
    const auto i = static_cast<std::size_t>(lane);
    return part_[i / each][i % each];
  }
  T total() const {
    const Lanes& lane = *this;
    return ((lane[0] + lane[4]) + (lane[2] + lane[6])) +
           ((lane[1] + lane[5]) + (lane[3] + lane[7]));
  }

  friend Lanes operator+(const Lanes& x, const Lanes& y) {
    return of([&](std::size_t i) { return x.part_[i] + y.part_[i]; });
  }
  friend Lanes operator-(const Lanes& x, const Lanes& y) {
    return of([&](std::size_t i) { return x.part_[i] - y.part_[i]; });
  }
  friend Lanes operator*(const Lanes& x, const Lanes& y) {
    return of([&](std::size_t i) { return x.part_[i] * y.part_[i]; });
  }
  friend Lanes operator/(const Lanes& x, const Lanes& y) {
    return of([&](std::size_t i) { return x.part_[i] / y.part_[i]; });
  }
  Lanes& operator+=(const Lanes& y) { return *this = *this + y; }
  Lanes& operator*=(const Lanes& y) { return *this = *this * y; }

  /// Lane by lane, `rising` where x >= 0 and `falling` elsewhere.
  friend Lanes by_sign(const Lanes& x, const Lanes& rising, const Lanes& falling) {
    return of([&](std::size_t i) {
      return x.part_[i] >= Part{} ? rising.part_[i] : falling.part_[i];
    });
  }
  friend Lanes magnitude(const Lanes& x) {
    return of([&](std::size_t i) { return x.part_[i] < Part{} ? -x.part_[i] : x.part_[i]; });
  }
  /// x where x > y, else y.
  friend Lanes largest(const Lanes& x, const Lanes& y) {
    return of([&](std::size_t i) { return x.part_[i] > y.part_[i] ? x.part_[i] : y.part_[i]; });
  }

 private:
  template <class F>
  static Lanes of(const F& f) {
    Lanes made;
    for (std::size_t i = 0; i < parts; ++i) made.part_[i] = f(i);
    return made;
  }

  Part part_[parts] = {};
};

/// Lanes that are added to and then folded.
template <class T>
using LaneSums = Lanes<T>;

}  // namespace shardbound::inline v0::detail

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
