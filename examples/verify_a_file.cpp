// SPDX-License-Identifier: BSD-3-Clause

// verify_a_file <network.onnx> <property.vnnlib>: a network of any architecture, opened by the library
// shardbound::runtime: nothing of the engine is compiled here.

#include <shardbound/runtime.hpp>

#include <cstdio>
#include <exception>

namespace sb = shardbound;

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  try {
    // [runtime]
    const sb::Property property = sb::vnnlib::read(argv[2]);
    const auto network = sb::runtime::open(argv[1]);
    const auto bounds = sb::runtime::bounds(*network, property.input_box(0));
    std::printf("Y_0 in [%.6f, %.6f]\n", bounds.lower[0], bounds.upper[0]);

    const sb::Verdict verdict = sb::verify(*network, property);
    std::printf("%s\n", std::string(sb::to_string(verdict.answer)).c_str());
    // [runtime]
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 2;
  }
}
