// SPDX-License-Identifier: BSD-3-Clause

// What is said of words that no option takes.

#include <doctest/doctest.h>

#include <shardbound/cli/stray_words.hpp>

#include <string>
#include <vector>

using namespace shardbound;
using cli::detail::about_stray;

namespace {

/// A program with two commands, of which `bounds` keeps an option to itself.
struct Program {
  CLI::App app;
  CLI::App *bounds = app.add_subcommand("bounds"), *verify = app.add_subcommand("verify");
  int number = 0;

  Program() {
    bounds->add_option("--wave", number);
    bounds->add_option("--secret", number)->group("");
    verify->add_option("--wave", number);
    verify->add_option("--timeout", number);
  }
};

std::string refusal(const std::vector<const char*>& words) {
  try {
    cli::detail::check_command(static_cast<int>(words.size()), words.data(), {"bounds", "verify"});
  } catch (const ArgumentError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a stray word is told where it belongs, or what is nearest") {
  const Program program;
  const auto about = [&](const std::string& word) {
    return about_stray(word, program.app, *program.bounds);
  };
  CHECK(about("x.onnx") == "'x.onnx' belongs to no option (see bounds --help)");
  CHECK(about("--timeout=3") == "bounds takes no --timeout, verify does (see bounds --help)");
  CHECK(about("--wav") == "bounds takes no --wav; did you mean --wave? (see bounds --help)");
  CHECK(about("--secre").find("--secret") == std::string::npos);
}

TEST_CASE("a command comes first") {
  CHECK(refusal({"program", "verify", "--timeout"}).empty());
  CHECK(refusal({"program", "--help"}).empty());
  CHECK(refusal({"program"}) ==
        "no command is given. Fix: begin with bounds or verify (see --help)");
  CHECK(refusal({"program", "--wave", "bounds"}) ==
        "'--wave' stands before the command. Fix: begin with bounds or verify (see --help)");
  CHECK(refusal({"program", "verfy"}).find("there is no command 'verfy', only bounds and verify") ==
        0);
}
