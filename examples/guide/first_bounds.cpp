// SPDX-License-Identifier: BSD-3-Clause

// The guide's first program: a network with weights set by hand, and bounds on its output.

// [program]
#include <shardbound/shardbound.hpp>

namespace sb = shardbound;

using Net = sb::Sequential<sb::Input<2>, sb::Linear<2>, sb::ReLU, sb::Linear<1>>;

int main() {
  sb::Network<Net> net;
  net.set_linear(net.linear(0),
                 {1, -1,      // W1, row by row: a row is what one neuron reads
                  2, 1},      //
                 {0.5, -1});  // b1
  net.set_linear(net.linear(1), {1, -2}, {0.25});

  const sb::Box box{{-1, -1}, {1, 1}};  // all x with -1 <= x_i <= 1
  sb::print(sb::ibp(net, box));
  sb::print(sb::crown(net, box));
}
// [program]
