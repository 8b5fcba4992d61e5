// SPDX-License-Identifier: BSD-3-Clause

// ACAS Xu: small matrices, so this shows what everything but the products costs.

#include <bench/support/benchmark_case.hpp>
#include <networks/acasxu.hpp>

namespace {

const bool registered = [] {
  for (const char* property : {"1_1:1", "1_1:6", "1_9:7", "3_4:3"}) {
    const std::string network(property, 3), number(property + 4);
    shardbound_bench::register_benchmark<AcasXu<>>(
        "acasxu_" + network + "_prop_" + number,
        "acasxu__ACASXU_run2a_" + network + "_batch_2000__prop_" + number + ".json.gz");
  }
  return true;
}();

}  // namespace
