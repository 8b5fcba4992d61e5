// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// How long something takes, by either clock.

#include <time.h>

#include <chrono>

namespace shardbound_bench {

/// Seconds on the wall and of the processor: where others work too, only the latter can be compared.
struct Seconds {
  double wall, processor;
};
template <class Work>
Seconds seconds(const Work& work) {
  using Clock = std::chrono::steady_clock;
  const auto processor = [] {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
  };
  const auto start = Clock::now();
  const double before = processor();
  work();
  const double after = processor();
  return {std::chrono::duration<double>(Clock::now() - start).count(), after - before};
}

}  // namespace shardbound_bench
