// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Eight neighbouring numbers of a row as one value, and sums along a row in them: eight partial sums,
// each over every eighth number, then a fixed tree. The order is that of the columns alone, so a row's
// bits depend on nothing but the row. The compiler's vectors are used because a plain loop over eight
// numbers becomes eight branches, or eight trips through memory, as soon as something in it is chosen.

#include <shardbound/core/shape.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <utility>

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
  static constexpr std::size_t parts = all / bytes, part_width = bytes / sizeof(T);
  typedef T Part __attribute__((vector_size(bytes)));

 public:
  Lanes() : part_{} {}  // not defaulted: nvcc cannot make a constant of vectors
  Lanes(T x) : Lanes() {
    for (Part& part : part_) part = x - part;
  }

  static constexpr index_t width = lanes;

  /// Lane by lane, f of its number.
  template <class F>
  static Lanes each(const F& f) {
    T numbers[lanes];
    for (index_t lane = 0; lane < lanes; ++lane) numbers[lane] = f(lane);
    return load(numbers);
  }
  static Lanes load(const T* from) {
    return of([&](std::size_t i) {
      Part part;
      std::memcpy(&part, from + i * part_width, bytes);
      return part;
    });
  }
  void store(T* to) const {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (std::memcpy(to + I * part_width, &part_[I], bytes), ...);
    }
    (Parts{});
  }

  T operator[](index_t lane) const {
    const auto i = static_cast<std::size_t>(lane);
    return part_[i / part_width][i % part_width];
  }
  T total() const {
    const Lanes& lane = *this;
    return ((lane[0] + lane[4]) + (lane[2] + lane[6])) +
           ((lane[1] + lane[5]) + (lane[3] + lane[7]));
  }

  T largest() const {
    T most = (*this)[0];
    for (index_t lane = 1; lane < lanes; ++lane) most = std::max(most, (*this)[lane]);
    return most;
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
    return of(
        [&](std::size_t i) { return x.part_[i] >= T(0) ? rising.part_[i] : falling.part_[i]; });
  }
  friend Lanes magnitude(const Lanes& x) {
    return of([&](std::size_t i) { return x.part_[i] < T(0) ? -x.part_[i] : x.part_[i]; });
  }
  /// x where x > y, else y.
  friend Lanes larger(const Lanes& x, const Lanes& y) {
    return of([&](std::size_t i) { return x.part_[i] > y.part_[i] ? x.part_[i] : y.part_[i]; });
  }

 private:
  using Parts = std::make_index_sequence<parts>;

  // Written out part by part: an array that is looped over stays in memory.
  template <class F, std::size_t... I>
  static Lanes of(const F& f, std::index_sequence<I...>) {
    Lanes made;
    ((made.part_[I] = f(I)), ...);
    return made;
  }
  template <class F>
  static Lanes of(const F& f) {
    return of(f, Parts{});
  }

  Part part_[parts];
};

/// Lanes that are added to and then folded.
template <class T>
using LaneSums = Lanes<T>;

}  // namespace shardbound::inline v0::detail

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
