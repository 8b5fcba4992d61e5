// SPDX-License-Identifier: BSD-3-Clause

#include "shardbound_front_end.hpp"

#include <shardbound/cli/front_end.hpp>

namespace shardbound_units {

int run(int argc, const char* const* argv,
        const std::vector<const shardbound::cli::Unit& (*)()>& units,
        const std::vector<std::string>& policies,
        const std::vector<shardbound::cli::Launcher>& launchers, const std::string& module,
        shardbound::cli::Offer::Networks networks, shardbound::MinimaxSolver minimax) {
  return shardbound::cli::run(argc, argv, units, policies, launchers, module, networks, minimax);
}

}  // namespace shardbound_units
