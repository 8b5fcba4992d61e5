// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// One network under each of the policies that the command line offers, and how far bounds may differ.

#include <shardbound/network/row_col.hpp>
#include <shardbound/shardbound.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace shardbound_bench {

namespace sb = shardbound;

enum class Policy { replicated, fully_sharded, row_col };
inline constexpr std::array policies = {Policy::replicated, Policy::fully_sharded, Policy::row_col};
inline const char* name_of(Policy policy) {
  constexpr const char* names[] = {"replicated", "fully-sharded", "row-col"};
  return names[static_cast<int>(policy)];
}

/// `Net`, not loaded yet. Collective.
template <class Net, class T, class Backend>
std::unique_ptr<sb::Instance<T, Backend>> make_network(sb::AnyCommunicator communicator,
                                                       std::unique_ptr<Backend> backend,
                                                       Policy policy) {
  if (policy == Policy::row_col)
    return std::make_unique<sb::Network<sb::RowCol<Net>, T, Backend>>(
        std::move(communicator), std::move(backend), sb::Store::as_declared);
  return std::make_unique<sb::Network<Net, T, Backend>>(
      std::move(communicator), std::move(backend),
      policy == Policy::replicated ? sb::Store::replicated : sb::Store::fully_sharded);
}

/// |ours - theirs| in units of max(1, |theirs|), the largest.
template <class T>
double difference(const std::vector<T>& ours, const std::vector<T>& theirs) {
  if (ours.size() != theirs.size()) return 1e300;
  double worst = 0;
  for (std::size_t i = 0; i < ours.size(); ++i) {
    const double apart = std::abs(static_cast<double>(ours[i]) - static_cast<double>(theirs[i]));
    worst = std::max(worst, apart / std::max(1.0, std::abs(static_cast<double>(theirs[i]))));
  }
  return worst;
}

/// How far bounds under row-col may be from those of one rank, in those units.
template <class T>
constexpr double rounding = std::is_same_v<T, float> ? 1e-4 : 1e-9;

}  // namespace shardbound_bench
