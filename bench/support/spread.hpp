// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What several measurements of one thing come to.

#include <algorithm>
#include <vector>

namespace shardbound_bench {

struct Spread {
  double median = 0, least = 0, most = 0;
};

/// All zero if there are no values.
inline Spread spread_of(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  return {(values[(values.size() - 1) / 2] + values[values.size() / 2]) / 2, values.front(),
          values.back()};
}

}  // namespace shardbound_bench
