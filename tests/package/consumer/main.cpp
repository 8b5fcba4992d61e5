// SPDX-License-Identifier: BSD-3-Clause

// A network type of one's own with an activation of one's own, outside the library.

#include <shardbound/shardbound.hpp>

#include <cstdio>

namespace sb = shardbound;

/// The clipped identity, min(max(x, -1), 1). It never falls, so its ends give its range, and where
/// it bends the constants at those ends are sound lines.
struct HardTanh {
  static constexpr const char* name = "HardTanh";
  static constexpr double lipschitz() { return 1; }

  template <class T>
  static constexpr T value(T x) {
    return x < T(-1) ? T(-1) : (x > T(1) ? T(1) : x);
  }
  template <class T>
  static constexpr sb::Interval<T> range(T lower, T upper) {
    return {value(lower), value(upper)};
  }
  template <class T>
  static constexpr sb::LinePair<T> line(T lower, T upper) {
    if (lower >= T(-1) && upper <= T(1)) return {{T(1), T(0)}, {T(1), T(0)}};
    return {{T(0), value(lower)}, {T(0), value(upper)}};
  }
};

using Net = sb::Sequential<sb::Input<2>, sb::Linear<3>, sb::Activation<HardTanh>, sb::Linear<1>>;

int main() {
  const double first[] = {1, -1, 2, 1, 0.5, 0.25}, first_bias[] = {0.5, -1, 0};
  const double second[] = {1, -2, 1}, second_bias[] = {0.25};
  int status = 0;
  sb::self::run([&](auto& comm) {
    sb::Network<Net, double> net{comm};
    net.set_linear(1, first, first_bias);
    net.set_linear(3, second, second_bias);
    const auto bounds = sb::crown(net, sb::Box{{-1, -1}, {1, 1}});
    if (comm.rank() == 0) sb::print(bounds);
    for (double x : {-1.0, -0.5, 0.0, 0.5, 1.0})
      for (double y : {-1.0, -0.5, 0.0, 0.5, 1.0}) {
        const double out = HardTanh::value(x - y + 0.5) - 2 * HardTanh::value(2 * x + y - 1) +
                           HardTanh::value(0.5 * x + 0.25 * y) + 0.25;
        if (out < bounds.lower[0] || out > bounds.upper[0]) status = 1;
      }
  });
  std::puts(status == 0 ? "25 points stay inside" : "a point escaped");
  return status;
}
