// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// How a command gets its ranks: as threads of this process, or from a launcher that main() offers, so
// that the front end itself needs no MPI.

#include <shardbound/cli/options.hpp>
#include <shardbound/comm/any.hpp>
#include <shardbound/comm/threads.hpp>

#include <functional>
#include <string_view>
#include <vector>

namespace shardbound::inline v0::cli {

/// What one rank does.
using RankBody = std::function<void(AnyCommunicator)>;

/// A way to start ranks, by its name in --comm. The number of ranks is the launcher's own affair.
struct Launcher {
  std::string_view comm;
  void (*run)(const RankBody&);
};

/// Runs `body` on every rank that the options ask for; returns how many there are. Throws ArgumentError
/// if they cannot be had, else what threads::run or the launcher throws.
inline void launch(const Options& o, const std::vector<Launcher>& launchers, const RankBody& body) {
  if (o.comm.empty() && o.ranks == 1) return body(AnyCommunicator{});
  if (o.comm.empty() || o.comm == "threads")
    return threads::run(o.ranks, [&](Threads& communicator) { body(communicator); });
  for (const Launcher& launcher : launchers) {
    if (launcher.comm != o.comm) continue;
    return launcher.run([&](AnyCommunicator communicator) {
      if (o.ranks_given && communicator.size() != o.ranks)
        throw ArgumentError("--ranks " + std::to_string(o.ranks) + " with --comm " + o.comm +
                            ", which has started " + std::to_string(communicator.size()) +
                            "; start it with mpirun -n " + std::to_string(o.ranks));
      body(communicator);
    });
  }
  throw ArgumentError("this verifier was built without --comm " + o.comm);
}

}  // namespace shardbound::inline v0::cli
