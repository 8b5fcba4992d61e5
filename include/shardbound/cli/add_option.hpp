// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Options as --help shows them, with the check of what they are given.

#include <shardbound/cli/checks.hpp>
#include <shardbound/cli/nearest.hpp>

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace shardbound::inline v0::cli::detail {

inline CLI::Option* add(CLI::App& app, const char* name, std::string& value, const char* stands_for,
                        const std::string& description) {
  return app.add_option(name, value, description)->option_text(stands_for)->capture_default_str();
}
template <class Number>
CLI::Option* add(CLI::App& app, const char* name, Number& value, const char* stands_for,
                 const std::string& description, const CLI::Validator& check) {
  return app.add_option(name, value, description)
      ->option_text(stands_for)
      ->transform(check)  // it may write the number in another way
      ->capture_default_str();
}

/// An option that is one of a few words. Not shown by --help where there is nothing to choose.
inline CLI::Option* add_choice(CLI::App& app, const char* name, std::string& value,
                               const std::vector<std::string>& offered,
                               const std::string& description,
                               const std::vector<std::string>& understood = {}) {
  auto* const option = app.add_option(name, value, listed(offered, "or") + ": " + description)
                           ->option_text("WORD")
                           ->capture_default_str()
                           ->check(one_of(offered, understood));
  return offered.size() < 2 ? option->group("") : option;
}

}  // namespace shardbound::inline v0::cli::detail
