// SPDX-License-Identifier: BSD-3-Clause

// verify_in_code [<folder of data>]: a verdict from your own program, on a network as a type; how the search stands is
// printed after every round of it.

#include <shardbound/io.hpp>
#include <shardbound/shardbound.hpp>

#include <networks/acasxu.hpp>

#include <cstdio>
#include <exception>
#include <string>

namespace sb = shardbound;

int main(int argc, char** argv) try {
  const std::string folder = argc > 1 ? argv[1] : "examples/data";
  sb::Network<AcasXu<>, double> net;
  sb::onnx::load(net, folder + "/ACASXU_run2a_2_7_batch_2000.onnx");

  // [verify]
  // Over the box of property 3: is output 0 above output 2 everywhere? Unsafe: y_0 - y_2 <= 0.
  sb::Property property{.inputs = 5, .outputs = 5, .regions = {}};
  const sb::Box box = sb::vnnlib::read(folder + "/acasxu_prop_3.vnnlib").input_box(0);
  property.regions = {{box, {{.rows = {1, 0, -1, 0, 0}, .rhs = {0}}}}};

  sb::VerifyOptions options{.timeout = 60};             // seconds
  options.see = [](const sb::SearchProgress& search) {  // after every round, on every rank alike
    std::printf("%5llu domains, %5.1f %% refuted\n",
                static_cast<unsigned long long>(search.domains), 100 * search.share);
  };
  const sb::Verdict verdict = sb::verify(net, property, options);
  std::puts(std::string(to_string(verdict.answer)).c_str());  // unsat: it is
  // [verify]
} catch (const std::exception& error) {
  std::fprintf(stderr, "error: %s\n", error.what());
  return 2;
}
