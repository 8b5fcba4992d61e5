// SPDX-License-Identifier: BSD-3-Clause

// A network on a GPU, outside the library.

#include <shardbound/cuda.cuh>
#ifdef WITH_NCCL
#include <shardbound/nccl.hpp>
#endif

#include <cstdio>

namespace sb = shardbound;

using Net = sb::Sequential<sb::Input<2>, sb::Linear<3>, sb::ReLU, sb::Linear<1>>;

int main() try {
  const float first[] = {1, -1, 2, 1, 0.5f, 0.25f}, first_bias[] = {0.5f, -1, 0};
  const float second[] = {1, -2, 1}, second_bias[] = {0.25f};
  sb::Network<Net, float, sb::Cuda> net;
  net.set_linear(1, first, first_bias);
  net.set_linear(3, second, second_bias);
  const auto bounds = sb::crown(net, sb::Box{{-1, -1}, {1, 1}});
  std::printf("[%g, %g]\n", static_cast<double>(bounds.lower[0]),
              static_cast<double>(bounds.upper[0]));
} catch (const sb::Error& error) {
  std::fprintf(stderr, "error: %s\n", error.what());
  return 2;
}
