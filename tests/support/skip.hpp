// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A test whose data is not there says so and returns; ctest then shows its file as skipped:
//
//   if (!std::filesystem::exists(folder)) return shardbound_test::skip("no oracles at " + folder);

#include <atomic>
#include <iostream>
#include <string>

namespace shardbound_test {

/// How many tests of this run were skipped.
inline std::atomic<int>& skipped() {
  static std::atomic<int> count{0};
  return count;
}

/// Prints why a test is skipped and counts it; the caller returns.
inline void skip(const std::string& why) {
  std::cout << "SKIPPED: " << why << std::endl;
  ++skipped();
}

}  // namespace shardbound_test
