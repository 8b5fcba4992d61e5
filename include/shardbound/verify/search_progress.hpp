// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// How a search stands: what it has bounded, what waits, and how much of the whole is refuted.

#include <cstddef>
#include <cstdint>
#include <functional>

namespace shardbound::inline v0 {

struct SearchProgress {
  std::uint64_t domains = 0;  ///< that were bounded
  /// Of these, that this rank bounded: all where ranks bound them together.
  std::uint64_t own = 0;
  std::uint64_t refuted = 0;    ///< of the domains
  std::uint64_t open = 0;       ///< that wait to be cut
  std::uint64_t undecided = 0;  ///< that can be cut no further
  /// Of the host, that those take which wait; of all ranks that have some of their own.
  std::uint64_t bytes = 0;
  /// Of the region that is refuted: half of a domain counts half of it. A search that begins anew begins at 0.
  double share = 0;
  double worst =
      0;  ///< of the domains that were bounded last, how far the worst bound is from a proof; at most 0
  std::size_t region = 0;  ///< of the property, that is searched

  /// What another search has done, besides.
  void add(const SearchProgress& other) {
    domains += other.domains;
    own += other.own;
    refuted += other.refuted;
    undecided += other.undecided;
  }
};

/// Is told after each round, on every rank alike but for what is its own, and must not throw.
using SearchObserver = std::function<void(const SearchProgress&)>;

}  // namespace shardbound::inline v0
