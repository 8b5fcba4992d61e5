// SPDX-License-Identifier: BSD-3-Clause

// A network with an activation that the library does not know. It enters the same fused sweeps as ReLU; nothing in
// the library changes.

#include <shardbound/shardbound.hpp>

#include "sharp_softplus.hpp"

#include <cstdio>

namespace sb = shardbound;

using Net =
    sb::Sequential<sb::Input<2>, sb::Linear<3>, sb::Activation<SharpSoftplus>, sb::Linear<1>>;

int main() {
  const double first[] = {1, -1, 0.5, 2, -1, 0.25}, first_bias[] = {0, -0.5, 0.1};
  const double second[] = {1, -2, 0.5}, second_bias[] = {0.25};
  sb::Network<Net> net;
  net.set_linear(1, first, first_bias);
  net.set_linear(3, second, second_bias);
  // [sharpness]
  const double sharpness[] = {2};  // in the order of the list
  net.set_activation(net.activation(0), sharpness);
  // [sharpness]

  const sb::Box box{{-1, -1}, {1, 1}};
  const auto loose = sb::ibp(net, box), tight = sb::crown(net, box);
  std::printf("IBP   [%.6f, %.6f]\nCROWN [%.6f, %.6f]\n", loose.lower[0], loose.upper[0],
              tight.lower[0], tight.upper[0]);

  // Points of the box never escape the bounds.
  const SharpSoftplus softplus{sharpness[0]};
  for (int i = 0; i <= 20; ++i)
    for (int k = 0; k <= 20; ++k) {
      const double x[] = {i / 10.0 - 1, k / 10.0 - 1};
      double y = second_bias[0];
      for (int j = 0; j < 3; ++j)
        y += second[j] *
             softplus.value(first[2 * j] * x[0] + first[2 * j + 1] * x[1] + first_bias[j]);
      if (y < tight.lower[0] || y > tight.upper[0]) {
        std::printf("(%g, %g) gives %g: outside\n", x[0], x[1], y);
        return 1;
      }
    }
  std::printf("441 points of the box stay inside\n");
}
