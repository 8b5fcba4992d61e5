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
  sb::self::run([](auto& comm) {
    sb::Network<Net, double> net{comm};
    const auto bounds = sb::crown(net, sb::Box{{-1, -1}, {1, 1}});
    if (comm.rank() == 0) sb::print(bounds);
  });
  std::puts("done");
}
