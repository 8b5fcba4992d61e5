// SPDX-License-Identifier: BSD-3-Clause

// MNIST-FC: matrices that fit the caches. At 0.03 most neurons are stable, at 0.05 most are not.

#include <bench/support/benchmark_case.hpp>
#include <networks/mnist_fc.hpp>

namespace {

template <class Net>
void add(const std::string& network) {
  for (const char* property : {"prop_0_0.03", "prop_1_0.05"})
    shardbound_bench::register_benchmark<Net>(
        "mnist_" + network + "_" + property,
        "mnist_fc__mnist-net_" + network + "__" + property + ".json.gz");
}

const bool registered = [] {
  add<MnistFc256x2<>>("256x2");
  add<MnistFc256x4<>>("256x4");
  add<MnistFc256x6<>>("256x6");
  return true;
}();

}  // namespace
