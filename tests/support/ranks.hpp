// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// One body on several ranks, and what each of them found.

#include <shardbound/comm/threads.hpp>
#include <tests/support/same_bits.hpp>

#include <doctest/doctest.h>

namespace shardbound_test {

inline const std::vector<int> rank_counts = {1, 2, 3, 4, 7, 8};

/// ask(communicator) on `ranks` threads; every rank must give the same answer, bit by bit.
template <class Ask>
auto on_ranks(int ranks, const Ask& ask, sb::CopyBytes copy = sb::detail::copy_bytes) {
  using Found = decltype(ask(sb::AnyCommunicator{}));
  std::vector<Found> found(static_cast<std::size_t>(ranks));
  std::atomic<int> ran = 0;
  sb::threads::run(
      ranks,
      [&](auto& communicator) {
        REQUIRE(communicator.size() == ranks);
        found[static_cast<std::size_t>(communicator.rank())] =
            ask(sb::AnyCommunicator(communicator));
        ++ran;
      },
      copy);
  CHECK(ran == ranks);
  for (const auto& other : found) CHECK(other == found.front());
  return found.front();
}

/// A network with a host's numbers on one rank's part of a communicator, asked everything.
template <class Net, class T, class Backend = sb::EigenBackend>
Answer<T> answer_of(sb::AnyCommunicator communicator, const HostNetwork& numbers,
                    const sb::Method& method, const Question& question, sb::Store store,
                    sb::index_t wave = 0) {
  sb::Network<Net, T, Backend> network(std::move(communicator), 1, store);
  numbers.copy_to(network);
  return ask_all(network, method, question, wave);
}

/// The largest difference, in units of the larger of 1 and the largest number of its vector; infinite
/// if the shapes differ, or where one is vacuous or no number and the other is.
template <class T>
double distance(const std::vector<std::vector<T>>& a, const std::vector<std::vector<T>>& b) {
  double largest = a.size() == b.size() ? 0 : std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (a[i].size() != b[i].size()) return std::numeric_limits<double>::infinity();
    double scale = 1;
    for (T x : a[i])
      if (std::isfinite(x)) scale = std::max(scale, std::abs(static_cast<double>(x)));
    for (std::size_t k = 0; k < a[i].size(); ++k) {
      if (a[i][k] == b[i][k]) continue;
      const double off = std::abs(static_cast<double>(a[i][k] - b[i][k])) / scale;
      if (!(off <= largest)) largest = off >= 0 ? off : std::numeric_limits<double>::infinity();
    }
  }
  return largest;
}

}  // namespace shardbound_test
