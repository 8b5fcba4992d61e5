// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The front end as a function to link: shardbound_add_verifier compiles it once in a project, however many
// verifiers there are.

#include <shardbound/cli/launch.hpp>
#include <shardbound/verify/minimax.hpp>

#include <string>
#include <vector>

namespace shardbound_units {

/// shardbound::cli::run, with its arguments.
int run(int argc, const char* const* argv,
        const std::vector<const shardbound::cli::Unit& (*)()>& units,
        const std::vector<std::string>& policies,
        const std::vector<shardbound::cli::Launcher>& launchers = {},
        const std::string& module = "",
        shardbound::cli::Offer::Networks networks = shardbound::cli::Offer::Networks::one_type,
        shardbound::MinimaxSolver minimax = nullptr);

}  // namespace shardbound_units
