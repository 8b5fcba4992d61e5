// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The command line as plain data, and what is refused: what does not exist yet, in a sentence, rather
// than ignored.

#include <shardbound/bound/method.hpp>
#include <shardbound/core/errors.hpp>

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace shardbound::inline v0::cli {

struct Options {
  std::string command;  ///< "info", "bounds" or "verify"
  std::string onnx, vnnlib;
  std::string method = "crown", intermediate = "default";
  std::string scalar = "float64", policy, comm, device = "cpu", precision = "native";
  std::string json, json_detail, results;
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

namespace detail {

inline void add_common(CLI::App& app, Options& o, const std::vector<std::string>& policies) {
  app.add_option("--scalar", o.scalar, "float32 or float64")
      ->check(CLI::IsMember({"float32", "float64"}))
      ->capture_default_str();
  app.add_option("--policy", o.policy,
                 "how weights are sharded over ranks: replicated, fully-sharded or row-col")
      ->check(CLI::IsMember({"replicated", "fully-sharded", "row-col"}))
      ->default_str(policies.front());
  app.add_option("--ranks", o.ranks,
                 "ranks that share the work (with mpi: as many as were started)")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  app.add_option("--threads", o.threads, "threads per rank on the CPU")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  app.add_option(
         "--comm", o.comm,
         "ranks are threads of this process (default; on GPUs they share them), MPI's processes "
         "(with --device cuda a GPU each), or threads with a GPU each (nccl)")
      ->check(CLI::IsMember({"threads", "mpi", "nccl"}));
  app.add_option("--device", o.device, "cpu or cuda: where bounds are computed")
      ->check(CLI::IsMember({"cpu", "cuda"}))
      ->capture_default_str();
  app.add_option(
         "--precision", o.precision,
         "products of float32 on a GPU: native or tf32x3 (three on tensor cores); the slack "
         "accounts for either")
      ->check(CLI::IsMember({"native", "tf32x3"}))
      ->capture_default_str();
  app.add_option("--wave", o.wave, "rows that a rank has in memory at once; 0: as info says")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--json", o.json, "also write what is found to this file");
  app.add_option("--json-detail", o.json_detail,
                 "spec, output or all (default: all up to 100000 numbers)")
      ->check(CLI::IsMember({"spec", "output", "all"}));
  app.add_option("--seed", o.seed, "seed of the search for counterexamples")->capture_default_str();
}

inline void add_method(CLI::App& app, Options& o) {
  app.add_option("--method", o.method, "ibp, crown-ibp, crown or alpha-crown")
      ->check(CLI::IsMember({"ibp", "crown-ibp", "crown", "alpha-crown"}))
      ->capture_default_str();
  app.add_option("--intermediate", o.intermediate,
                 "bounds inside the network: default (tightest) or textbook (CROWN alone)")
      ->check(CLI::IsMember({"default", "textbook"}))
      ->capture_default_str();
}

inline void add_files(CLI::App& app, Options& o) {
  app.add_option("--onnx", o.onnx, "the network (.onnx, .onnx.gz)")->required();
  app.add_option("--vnnlib", o.vnnlib, "the property (.vnnlib, .vnnlib.gz)")->required();
}

/// Options that are understood but belong to releases to come.
inline void refuse_what_is_to_come(const Options& o, const std::vector<std::string>& policies) {
  if (o.method == "alpha-crown")
    throw ArgumentError(
        "--method alpha-crown is not part of this release; see the table in the README");
  if (std::find(policies.begin(), policies.end(), o.policy) == policies.end())
    throw ArgumentError("this verifier was built without --policy " + o.policy);
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

/// Throws ArgumentError or Exit.
inline Options parse(int argc, const char* const* argv, const std::vector<std::string>& policies) {
  Options o;
  o.policy = policies.front();
  CLI::App app("Bounds on what a neural network can output over sets of inputs.");
  app.set_version_flag("--version", SHARDBOUND_VERSION);
  app.require_subcommand(1);
  auto* info = app.add_subcommand("info", "layers, parameters, memory and communication");
  auto* bounds = app.add_subcommand("bounds", "lower and upper bounds over a property's boxes");
  auto* verify = app.add_subcommand("verify", "does the property hold? unsat (yes), sat, unknown");
  info->add_option("--onnx", o.onnx, "the network (.onnx, .onnx.gz)");
  detail::add_files(*bounds, o);
  detail::add_files(*verify, o);
  for (CLI::App* command : {info, bounds, verify}) detail::add_common(*command, o, policies);
  for (CLI::App* command : {info, bounds, verify}) detail::add_method(*command, o);
  verify->add_option("--timeout", o.timeout, "seconds; 0: none")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  verify->add_option("--results", o.results, "write the verdict here as VNN-COMP does");
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {  // --help, --version
    throw Exit{app.exit(success)};
  } catch (const CLI::ParseError& error) {
    throw ArgumentError(std::string(error.what()) + " (see --help)");
  }
  o.ranks_given = app.get_subcommands().front()->count("--ranks") > 0;
  o.threads_given = app.get_subcommands().front()->count("--threads") > 0;
  o.command = app.get_subcommands().front()->get_name();
  detail::refuse_what_is_to_come(o, policies);
  detail::refuse_other_devices(o);
  return o;
}

/// What all ranks have to be told alike, in words; the files are compared by themselves.
inline std::string common_words(const Options& o) {
  std::string words;
  for (const auto& word :
       {o.command, o.method, o.intermediate, o.scalar, o.policy, o.device, o.precision,
        o.json_detail, std::to_string(o.wave), std::to_string(o.seed)})
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
