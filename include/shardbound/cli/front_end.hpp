// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The command-line front end that every verifier shares: parse, run one command, turn every failure into
// one sentence on standard error and exit status 2.

#include <shardbound/cli/commands.hpp>

namespace shardbound::inline v0::cli {

/// `units` are functions so that an instantiation is only set up when it is used; `policies` is what
/// --policy offers, its default first; `launchers` is what --comm offers besides threads.
inline int run(int argc, const char* const* argv, const std::vector<const Unit& (*)()>& units,
               const std::vector<std::string>& policies,
               const std::vector<Launcher>& launchers = {}) {
  try {
    const Options options = parse(argc, argv, policies);
    Units all;
    for (const auto& unit : units) all.push_back(&unit());
    if (options.command == "info") run_info(all, options);
    if (options.command == "bounds") run_bounds(all, options, launchers);
    if (options.command == "verify") run_verify(all, options, launchers);
    std::cout.flush();
    if (!std::cout) throw ArgumentError("standard output cannot be written");
    return 0;
  } catch (const Exit& exit) {
    return exit.status;
  } catch (...) {
    std::cerr << "error: " << what_of(std::current_exception()) << '\n';
  }
  return 2;
}

}  // namespace shardbound::inline v0::cli
