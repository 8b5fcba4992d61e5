// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The command line as plain data, and what is refused: what does not exist yet, in a sentence, rather
// than ignored.

#include <shardbound/bound/method.hpp>
#include <shardbound/cli/checks.hpp>
#include <shardbound/cli/help.hpp>
#include <shardbound/core/errors.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace shardbound::inline v0::cli {

/// What a verifier was built with, which is all that --help offers.
struct Offer {
  std::vector<std::string> policies;  ///< the default first
  std::vector<std::string> comms;     ///< besides threads: "mpi"
  enum class Gpu { none, cuda } gpu = Gpu::none;
};

struct Options {
  std::string command;  ///< "info", "bounds" or "verify"
  std::string onnx, vnnlib;
  std::string method = "crown", intermediate = "default";
  std::string scalar = "float64", policy, comm, device = "cpu", precision = "native";
  std::string json, json_detail, results, svg;
  int ranks = 1, threads = 1;
  bool ranks_given = false, threads_given = false;
  std::int64_t wave = 0;
  std::uint64_t seed = 0;
  double timeout = 0;
};

/// Ends the program at once with this status: help was printed, or the command line made no sense.
struct Exit {
  int status;
};

/// Below the options of `bounds`.
inline constexpr const char* bounds_footer =
    "Printed are the bounds of every output and, for each conjunction of the property, a lower "
    "bound "
    "of every row, written so that a counterexample needs the row to be 0 or less. +- is their "
    "slack, an upper bound of all that rounding can have done to them; decimals are shortened "
    "outwards, and --json has every digit. A row is "
    "impossible if its lower bound - slack is above 0, and a conjunction if one of its rows is; "
    "possible means only that these bounds do not exclude it.";

namespace detail {

inline const std::vector<std::string> commands = {"info", "bounds", "verify"};

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

inline void add_common(CLI::App& app, Options& o, const Offer& offer) {
  using Words = std::vector<std::string>;
  const bool gpu = offer.gpu == Offer::Gpu::cuda;
  // What other verifiers know is understood, and refused with what is missing.
  add_choice(app, "--method", o.method, {"ibp", "crown-ibp", "crown"}, "how bounds are found",
             {"ibp", "crown-ibp", "crown", "alpha-crown"});
  add_choice(app, "--intermediate", o.intermediate, {"default", "textbook"},
             "bounds inside the network, the tightest or CROWN alone");
  add_choice(app, "--scalar", o.scalar, {"float32", "float64"}, "what is computed in");
  add_choice(app, "--policy", o.policy, offer.policies, "how weights are sharded over ranks",
             {"replicated", "fully-sharded", "row-col"});
  add(app, "--ranks", o.ranks, "N", "ranks that share the work", whole_number(1, 4096));
  add(app, "--threads", o.threads, "N",
      std::string("threads per rank") + (gpu ? " on the CPU" : ""), whole_number(1, 1024));
  add(app, "--wave", o.wave, "ROWS", "rows that a rank has in memory at once; 0: as info says",
      whole_number(0, std::uint64_t{1} << 40));
  add_choice(app, "--device", o.device, gpu ? Words{"cpu", "cuda"} : Words{"cpu"},
             "where bounds are computed", {"cpu", "cuda"});
  add_choice(app, "--precision", o.precision, gpu ? Words{"native", "tf32x3"} : Words{"native"},
             "products of float32 on a GPU, as they are or three on tensor cores; the slack "
             "accounts for either",
             {"native", "tf32x3"});
  add(app, "--json", o.json, "FILE", "also write what is found to this file");
}

inline void add_comm(CLI::App& app, Options& o, const Offer& offer) {
  std::vector<std::string> offered = {"threads"};
  std::string description = "ranks are threads of this process (default)";
  for (const std::string& comm : offer.comms) offered.push_back(comm);
  if (offered.size() > 1)
    description += ", or processes that " + offered.back() + " has started, as many as there are";
  if (offer.gpu == Offer::Gpu::cuda) {
    offered.push_back("nccl");
    description += ". With --device cuda threads share GPUs, nccl gives each thread its own";
    if (!offer.comms.empty()) description += ", mpi each process";
  }
  add_choice(app, "--comm", o.comm, offered, description, {"threads", "mpi", "nccl"});
}

inline void add_files(CLI::App& app, Options& o) {
  add(app, "--onnx", o.onnx, "FILE", "the network (.onnx, .onnx.gz)")->required();
  add(app, "--vnnlib", o.vnnlib, "FILE", "the property (.vnnlib, .vnnlib.gz)")->required();
}

/// Options that are understood but belong to releases to come.
inline void refuse_what_is_to_come(const Options& o, const std::vector<std::string>& policies) {
  if (o.method == "alpha-crown")
    throw ArgumentError(
        "--method alpha-crown is not part of this release; see the table in the README");
  if (std::find(policies.begin(), policies.end(), o.policy) == policies.end())
    throw ArgumentError("this verifier was built without --policy " + o.policy);
}

/// A word that only makes sense with another one.
inline void refuse_other_methods(const Options& o) {
  if (o.method != "crown" && o.intermediate != "default")
    throw ArgumentError("--intermediate " + o.intermediate + " is for --method crown; " + o.method +
                        " takes intermediate bounds from intervals. Fix: leave it away");
}

/// Words that only make sense on the other device.
inline void refuse_other_devices(const Options& o) {
  const bool gpu = o.device == "cuda";
  if (!gpu && o.comm == "nccl")
    throw ArgumentError(
        "--comm nccl connects GPUs. Fix: give --device cuda too, or --comm threads");
  if (!gpu && o.precision != "native")
    throw ArgumentError("--precision " + o.precision + " is for GPUs. Fix: give --device cuda too");
  if (o.scalar != "float32" && o.precision != "native")
    throw ArgumentError("--precision " + o.precision +
                        " multiplies float32. Fix: give --scalar float32");
  if (gpu && o.threads_given)
    throw ArgumentError("--threads is for the CPU. Fix: leave it away with --device cuda");
}

}  // namespace detail

namespace detail {

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
inline void check_command(int argc, const char* const* argv) {
  const std::string which = "info, bounds or verify (see --help)";
  if (argc < 2) throw ArgumentError("no command is given. Fix: begin with " + which);
  const std::string word = argv[1];
  if (word == "--help" || word == "-h" || word == "--version") return;
  if (std::find(commands.begin(), commands.end(), word) != commands.end()) return;
  if (word.starts_with("-"))
    throw ArgumentError("'" + word + "' stands before the command. Fix: begin with " + which);
  throw ArgumentError("there is no command '" + word + "', only " + listed(commands) +
                      did_you_mean(word, commands));
}

}  // namespace detail

/// Throws ArgumentError or Exit.
inline Options parse(int argc, const char* const* argv, const Offer& offer) {
  Options o;
  o.policy = offer.policies.front();
  detail::check_command(argc, argv);
  CLI::App app("Bounds on what a neural network can output over sets of inputs.");
  app.formatter(std::make_shared<HelpText>());
  app.set_version_flag("--version", SHARDBOUND_VERSION, "print the library's version");
  app.set_help_flag("--help,-h", "print this");
  app.require_subcommand(1);  // a second one is a stray word
  auto* info = app.add_subcommand("info", "layers, parameters, memory and communication");
  auto* bounds = app.add_subcommand("bounds", "lower and upper bounds over a property's boxes");
  auto* verify = app.add_subcommand("verify", "does the property hold? unsat (yes), sat, unknown");
  detail::add(*info, "--onnx", o.onnx, "FILE", "a network to be checked (.onnx, .onnx.gz)");
  for (CLI::App* command : {bounds, verify}) detail::add_files(*command, o);
  for (CLI::App* command : {info, bounds, verify}) detail::add_common(*command, o, offer);
  for (CLI::App* command : {bounds, verify}) detail::add_comm(*command, o, offer);
  detail::add_choice(*bounds, "--json-detail", o.json_detail, {"spec", "output", "all"},
                     "what --json writes (default: all up to 100000 numbers, else output)")
      ->needs("--json");
  detail::add(
      *bounds, "--svg", o.svg, "FILE",
      "also draw bounds of the first boxes, of IBP beside --method (beside CROWN if that is ibp)");
  bounds->footer(bounds_footer);
  detail::add(*verify, "--timeout", o.timeout, "SECONDS", "give up after that; 0: never",
              seconds());
  detail::add(*verify, "--results", o.results, "FILE", "also write the verdict as VNN-COMP does");
  detail::add(*verify, "--seed", o.seed, "N", "of the search for counterexamples",
              whole_number(0, std::numeric_limits<std::uint64_t>::max()));
  const CLI::App* command = nullptr;
  for (const CLI::App* one : {info, bounds, verify})
    if (one->get_name() == argv[1]) command = one;
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {  // --help, --version
    throw Exit{app.exit(success)};
  } catch (const CLI::ParseError& error) {
    const std::string said = error.what(), option = said.substr(0, said.find(':'));
    const auto strays = app.remaining(true);
    // "--wave --ranks 2": the value is what is wrong, not the 2 that is left.
    if (command && !strays.empty() && dynamic_cast<const CLI::ValidationError*>(&error) == nullptr)
      throw ArgumentError(detail::about_stray(strays.front(), app, *command));
    if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr)
      throw ArgumentError(option + " wants one value, and to be given once");
    throw ArgumentError(said + " (see " + (command ? command->get_name() + " " : "") + "--help)");
  }
  o.ranks_given = command->count("--ranks") > 0;
  o.threads_given = command->count("--threads") > 0;
  o.command = command->get_name();
  detail::refuse_what_is_to_come(o, offer.policies);
  detail::refuse_other_methods(o);
  detail::refuse_other_devices(o);
  return o;
}

/// What all ranks have to be told alike, in words; the files are compared by themselves.
inline std::string common_words(const Options& o) {
  std::string words;
  for (const auto& word :
       {o.command, o.method, o.intermediate, o.scalar, o.policy, o.device, o.precision,
        o.json_detail, std::to_string(o.wave), std::to_string(o.seed),
        std::string(o.svg.empty() ? "undrawn" : "drawn")})
    words.append(word).append(" ");
  return words.append(o.timeout > 0 ? "in time" : "at leisure");
}

/// What --method and --intermediate mean.
inline Method method_of(const Options& o) {
  if (o.method == "ibp") return {Intermediates::interval, Descent::one_product};
  if (o.method == "crown-ibp") return {Intermediates::interval, Descent::input};
  return {o.intermediate == "textbook" ? Intermediates::textbook : Intermediates::tightened,
          Descent::input};
}

}  // namespace shardbound::inline v0::cli
