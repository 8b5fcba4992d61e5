// SPDX-License-Identifier: BSD-3-Clause

// Bounds from your own program: a network as a type, weights from an ONNX file, the box of a property;
// on two ranks that share the work, each with its share of the weights.

// clang-format off
// [readme]
#include <shardbound/io.hpp>          // ONNX and VNNLIB
#include <shardbound/shardbound.hpp>  // networks as types, bounds on their outputs

#include <cstdio>

namespace sb = shardbound;

template <sb::ShardingPolicy P>
using AcasXu = sb::Sequential<
    sb::Input<5>,
    sb::Linear<50, P>, sb::ReLU, sb::Linear<50, P>, sb::ReLU, sb::Linear<50, P>, sb::ReLU,
    sb::Linear<50, P>, sb::ReLU, sb::Linear<50, P>, sb::ReLU, sb::Linear<50, P>, sb::ReLU,
    sb::Linear<5>>;  // sb::Replicated is the default

int main(int argc, char** argv) try {
  const std::string folder = argc > 1 ? argv[1] : "examples/data";
  const auto property = sb::vnnlib::read(folder + "/acasxu_prop_3.vnnlib");

  sb::threads::run(2, [&](auto& comm) {  // or sb::self::run(...), sb::mpi::run(...)
    sb::Network<AcasXu<sb::FullySharded>, double> net{comm};
    sb::onnx::load(net, folder + "/ACASXU_run2a_2_7_batch_2000.onnx");  // each rank keeps its share
    const auto bounds = sb::crown(net, property.input_box(0));          // complete on every rank
    for (std::size_t i = 0; comm.rank() == 0 && i < bounds.lower.size(); ++i)
      std::printf("Y_%zu in [%.6f, %.6f]\n", i, bounds.lower[i], bounds.upper[i]);
  });
} catch (const sb::Error& error) {
  std::fprintf(stderr, "error: %s\n", error.what());
  return 2;
}
// [readme]
// clang-format on
