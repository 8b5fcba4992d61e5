// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The command-line front end that every verifier shares: parse, run one command, turn every failure into
// one sentence on standard error and exit status 2.

#include <shardbound/cli/capabilities.hpp>
#include <shardbound/cli/commands.hpp>
#include <shardbound/cli/load_module.hpp>
#include <shardbound/cli/runner_commands.hpp>

#include <exception>
#include <iostream>
#include <string>
#include <vector>

namespace shardbound::inline v0::cli {

/// `units` are functions so that an instantiation is only set up when it is used; `policies` is what
/// --policy offers, its default first; `launchers` is what --comm offers besides threads; `module` is the
/// file with the units for --device cuda, empty if there is none; `minimax` solves linear programs, if there is one that
/// does.
inline int run(int argc, const char* const* argv, const std::vector<const Unit& (*)()>& units,
               const std::vector<std::string>& policies,
               const std::vector<Launcher>& launchers = {}, const std::string& module = "",
               Offer::Networks networks = Offer::Networks::one_type,
               MinimaxSolver minimax = nullptr) {
  try {
    Offer offer{policies, {}, module.empty() ? Offer::Gpu::none : Offer::Gpu::cuda, networks};
    for (const Launcher& launcher : launchers) offer.comms.emplace_back(launcher.comm);
    const Options options = parse(argc, argv, offer);
    if (options.command == "generate") {
      run_generate(options);
      return 0;
    }
    if (options.command == "supports") {
      std::cout << capability_text(options.capability);
      return 0;
    }
    Means means;
    means.launchers = launchers;
    means.minimax = minimax;
    if (options.device == "cuda") {
      means.module = &load_module(module);
      means.units = {&means.module->float32(), &means.module->float64()};
      // What is only predicted needs no GPU.
      if (options.command != "info") means.device_name = means.module->device();
    } else {
      for (const auto& unit : units) means.units.push_back(&unit());
    }
    if (options.command == "info") run_info(means, options);
    if (options.command == "bounds") run_bounds(means, options);
    if (options.command == "verify") run_verify(means, options);
    if (options.command == "run") run_instances(means, options);
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
