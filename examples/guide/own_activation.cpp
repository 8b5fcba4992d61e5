// SPDX-License-Identifier: BSD-3-Clause

// An activation that the library does not know, and one that carries a number: docs/guide/activations.md.

#include <shardbound/shardbound.hpp>

#include <guide/expect.hpp>

namespace sb = shardbound;

// [functor]
/// |z|. Convex: the chord between the ends bounds it from above, either branch from below.
struct Abs {
  static constexpr std::string_view name = "Abs";
  constexpr double lipschitz() const { return 1; }  // the largest |f'|

  template <class T>
  constexpr T value(T z) const {
    return z < T(0) ? -z : z;
  }
  template <class T>
  constexpr sb::Interval<T> range(T l, T u) const {  // contains f([l, u])
    const T at_l = value(l), at_u = value(u);
    return {l <= T(0) && u >= T(0) ? T(0) : std::min(at_l, at_u), std::max(at_l, at_u)};
  }
  template <class T>
  constexpr sb::LinePair<T> line(T l, T u) const {  // lines {slope, intercept} around f over [l, u]
    if (l >= T(0)) return {{T(1), T(0)}, {T(1), T(0)}};
    if (u <= T(0)) return {{T(-1), T(0)}, {T(-1), T(0)}};
    const T chord = (u + l) / (u - l);  // from (l, -l) to (u, u)
    return {{u > -l ? T(1) : T(-1), T(0)}, {chord, -l - chord * l}};
  }
  template <class T>
  constexpr bool stable(T l,
                        T u) const {  // the lines are f itself: better bounds would gain nothing
    return l >= T(0) || u <= T(0);
  }
};

using Net = sb::Sequential<sb::Input<2>, sb::Linear<2>, sb::Activation<Abs>, sb::Linear<1>>;
// [functor]

// [free]
/// The same with lines that may be optimised: whatever alpha is between -1 and 1, alpha z stays below |z|.
struct FreeAbs : Abs {
  static constexpr bool frees_upper = false;                // the chord is all there is above
  static constexpr bool free_line_holds_everywhere = true;  // below |z| on all of R
  template <class T>
  constexpr sb::Freedoms<T> freedom(T l, T u) const {  // of the lower line: least, most, start
    return {{T(-1), T(1), u > -l ? T(1) : T(-1)}, {}};
  }
  template <class T>
  static constexpr sb::Line<T> at(T alpha) {  // at(start) is what line(l, u) chooses
    return {alpha, T(0)};
  }
  template <class T>
  static constexpr T at_gradient(T, T z) {  // of alpha z, by alpha
    return z;
  }
  template <class T>
  constexpr T derivative(T z) const {  // f', at the kink from the left
    return z > T(0) ? T(1) : T(-1);
  }
};
// [free]
static_assert(sb::Optimisable<FreeAbs> && !sb::Optimisable<Abs>);

// [check]
/// Whether the lines over [l, u] enclose f at every one of a thousand points, but for rounding.
template <sb::Relaxation F>
bool encloses(const F& f, double l, double u) {
  const auto lines = f.line(l, u);
  const auto range = f.range(l, u);
  for (int i = 0; i <= 1000; ++i) {
    const double z = std::min(l + (u - l) * i / 1000, u), y = f.value(z);
    const double below = lines.lower.slope * z + lines.lower.intercept;
    const double above = lines.upper.slope * z + lines.upper.intercept;
    if (y < below - 1e-12 || y > above + 1e-12 || y < range.lower || y > range.upper) return false;
  }
  return true;
}
// [check]

// [check free]
/// The same for lower lines that are free, all the way from least to most.
template <sb::Optimisable F>
bool stays_below(const F& f, double l, double u) {
  const auto lower = f.freedom(l, u).lower;
  for (int k = 0; lower.is_free() && k <= 100; ++k) {
    const auto line = f.at(lower.least + (lower.most - lower.least) * k / 100);
    for (int i = 0; i <= 1000; ++i) {
      const double z = std::min(l + (u - l) * i / 1000, u);
      if (line.slope * z + line.intercept > f.value(z) + 1e-12) return false;
    }
  }
  return true;
}
// [check free]

void free_lines() {
  for (double l : {-3.0, -1.0, -0.1})
    for (double u : {0.1, 0.2, 1.0, 4.0}) {
      const FreeAbs f;
      const double start = f.freedom(l, u).lower.start;
      expect("free lines stay below", stays_below(f, l, u));
      expect("they begin at CROWN's", f.at(start).slope == f.line(l, u).lower.slope);
    }
  // [use free]
  using FreeNet =
      sb::Sequential<sb::Input<2>, sb::Linear<3>, sb::Activation<FreeAbs>, sb::Linear<1>>;
  sb::Network<FreeNet> net;
  net.set_linear(net.linear(0), {1, -1, 2, 1, 1, 1}, {0.5, -1, 1});
  net.set_linear(net.linear(1), {1, 1, -1}, {0.25});
  const sb::Box box{{-1, -1}, {1, 1}};
  sb::print(sb::crown(net, box));
  sb::print(sb::alpha_crown(net, box));
  // [use free]
  const auto fixed = sb::crown(net, box), better = sb::alpha_crown(net, box);
  expect("CROWN, lower", fixed.lower[0], -2.75);
  expect("CROWN, upper", fixed.upper[0], 6.75);
  expect("alpha-CROWN, lower", std::round(100 * better.lower[0]), -262.0);
  expect("alpha-CROWN, upper", std::round(100 * better.upper[0]), 587.0);
}

int main() try {
  for (double l : {-3.0, -1.0, -0.1, 0.0, 0.5})
    for (double width : {0.0, 1e-9, 0.2, 1.0, 4.0})
      if (!encloses(Abs{}, l, l + width)) expect("Abs is enclosed", false);

  // [use]
  sb::Network<Net> net;
  net.set_linear(net.linear(0), {1, -1, 2, 1}, {0.5, -1});
  net.set_linear(net.linear(1), {1, 1}, {0.25});
  const sb::Box box{{-1, -1}, {1, 1}};
  sb::print(sb::ibp(net, box));
  sb::print(sb::crown(net, box));
  // [use]
  expect("IBP, lower", sb::ibp(net, box).lower[0], 0.25);
  expect("IBP, upper", sb::ibp(net, box).upper[0], 6.75);
  const auto crown = sb::crown(net, box);
  expect("CROWN, lower", crown.lower[0], 0.25);
  expect("CROWN, upper", crown.upper[0], 6.25);
  for (double x0 = -1; x0 <= 1; x0 += 0.125)
    for (double x1 = -1; x1 <= 1; x1 += 0.125) {
      const double y = std::fabs(x0 - x1 + 0.5) + std::fabs(2 * x0 + x1 - 1) + 0.25;
      if (y < crown.lower[0] || y > crown.upper[0]) expect("points stay inside", false);
    }
  expect("points stay inside", true);
  free_lines();
} catch (const sb::Error& error) {
  std::printf("error: %s\n", error.what());
  return 2;
}
