// SPDX-License-Identifier: BSD-3-Clause

// The network of bounds_in_code.cpp on a GPU: its type and its bounds are the same, its backend is Cuda.
// `bounds_on_gpu [folder]`

#include <shardbound/cuda.cuh>
#include <shardbound/io.hpp>

#include <networks/acasxu.hpp>

#include <cstdio>

int main(int argc, char** argv) try {
  const std::string folder = argc > 1 ? argv[1] : "examples/data";
  const auto property = sb::vnnlib::read(folder + "/acasxu_prop_3.vnnlib");
  // [readme]
  sb::Network<AcasXu<>, double, sb::Cuda> net;  // without sb::Cuda: the same on the CPU
  sb::onnx::load(net, folder + "/ACASXU_run2a_2_7_batch_2000.onnx");

  auto pass = sb::prepare(net, sb::Crown{});  // takes all the memory that bounding will need
  const sb::InputSet box = property.input_box(0);
  const auto bounds = pass.run({&box, 1});  // from the second run on, one CUDA graph
  // [readme]
  for (std::size_t i = 0; i < bounds.outputs[0].lower.size(); ++i)
    std::printf("Y_%zu in [%.6f, %.6f]\n", i, bounds.outputs[0].lower[i],
                bounds.outputs[0].upper[i]);
} catch (const sb::Error& error) {
  std::fprintf(stderr, "error: %s\n", error.what());
  return 2;
}
