// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Words of a command line that nothing takes, and why they are wrong.

#include <shardbound/cli/nearest.hpp>
#include <shardbound/core/errors.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace shardbound::inline v0::cli::detail {

/// The names of a command's options, without those that --help keeps to itself.
inline std::vector<std::string> names_of(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options())
    if (!option->get_group().empty()) names.push_back(option->get_name(false, true));
  return names;
}

/// Why a word that no option took is wrong.
inline std::string about_stray(const std::string& word, const CLI::App& app,
                               const CLI::App& command) {
  const std::string see = " (see " + command.get_name() + " --help)";
  if (!word.starts_with("-")) return "'" + word + "' belongs to no option" + see;
  const std::string name = word.substr(0, word.find('='));
  for (const CLI::App* other : app.get_subcommands([](const CLI::App*) { return true; }))
    if (other != &command && other->get_option_no_throw(name))
      return command.get_name() + " takes no " + name + ", " + other->get_name() + " does" + see;
  return command.get_name() + " takes no " + name + did_you_mean(name, names_of(command)) + see;
}

/// The first word must be a command, or ask for help.
inline void check_command(int argc, const char* const* argv,
                          const std::vector<std::string>& commands) {
  const std::string which = listed(commands, "or") + " (see --help)";
  if (argc < 2) throw ArgumentError("no command is given. Fix: begin with " + which);
  const std::string word = argv[1];
  if (word == "--help" || word == "-h" || word == "--version" || word == "--name") return;
  if (std::find(commands.begin(), commands.end(), word) != commands.end()) return;
  if (word.starts_with("-"))
    throw ArgumentError("'" + word + "' stands before the command. Fix: begin with " + which);
  throw ArgumentError("there is no command '" + word + "', only " + listed(commands) +
                      did_you_mean(word, commands));
}

}  // namespace shardbound::inline v0::cli::detail
