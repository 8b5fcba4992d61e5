// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The command line as plain data, and what is refused: what does not exist yet, in a sentence, rather
// than ignored.

#include <shardbound/bound/method.hpp>
#include <shardbound/cli/checks.hpp>
#include <shardbound/cli/help.hpp>
#include <shardbound/cli/policies.hpp>
#include <shardbound/cli/slope_options.hpp>
#include <shardbound/cli/stray_words.hpp>
#include <shardbound/core/errors.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdint>
#include <iostream>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace shardbound::inline v0::cli {

/// What a verifier was built with, which is all that --help offers.
struct Offer {
  std::vector<std::string> policies;  ///< the default first
  std::vector<std::string> comms;     ///< besides threads: "mpi"
  enum class Gpu { none, cuda } gpu = Gpu::none;
  /// Whether it knows one architecture, or opens files of any.
  enum class Networks { one_type, any_file } networks = Networks::one_type;
};

struct Options {
  std::string command;  ///< "info", "bounds", "verify", "generate", "run" or "supports"
  Offer::Networks networks_known = Offer::Networks::one_type;
  std::string onnx, vnnlib;
  std::vector<std::string> networks;  ///< NAME=FILE, as a query of VNN-LIB 2.0 names them
  std::string output_tensor;          ///< which of a network's outputs is meant
  std::string capability;             ///< that `supports` is asked about; empty: which there are
  std::string method = "crown", intermediate = "default";
  SlopeOptions slopes;
  std::string scalar = "float64", policy, comm, device = "cpu", precision = "native";
  std::string json, json_detail, results, svg;
  std::string type = "Network", output;  ///< of generate; run's table
  std::vector<std::string> instances;    ///< of run: lists
  int ranks = 1, threads = 1;
  bool ranks_given = false, threads_given = false, method_given = false;
  std::int64_t wave = 0;
  std::uint64_t seed = 0;
  double timeout = 0;
  /// Of each box that is searched; 0: as many as there is time for, or 2^20.
  std::uint64_t domains = 0;
  std::string search = "on";  ///< of verify and run
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

inline std::vector<std::string> commands_of(const Offer& offer) {
  if (offer.networks == Offer::Networks::one_type) return {"info", "bounds", "verify"};
  return {"info", "bounds", "verify", "generate", "run", "supports"};
}

inline void add_common(CLI::App& app, Options& o, const Offer& offer) {
  using Words = std::vector<std::string>;
  const bool gpu = offer.gpu == Offer::Gpu::cuda;
  add_choice(app, "--method", o.method, {"ibp", "crown-ibp", "crown", "alpha-crown"},
             std::string("how bounds are found (default: ") + default_method(app.get_name()) + ")");
  add_slopes(app, o.slopes);
  add_choice(app, "--intermediate", o.intermediate, {"default", "textbook"},
             "bounds inside the network, the tightest or CROWN alone");
  add_choice(app, "--scalar", o.scalar, {"float32", "float64"}, "what is computed in");
  if (offer.networks == Offer::Networks::one_type)
    add_choice(app, "--policy", o.policy, offer.policies, "how weights are sharded over ranks",
               {"replicated", "fully-sharded", "row-col"});
  else
    add(app, "--policy", o.policy, "LIST",
        listed(offer.policies, "or") +
            ": how weights are sharded over ranks; then, after commas, LAYER=POLICY for single "
            "layers by name or number, POLICY being " +
            listed(words_of_layers, "or"));
  add(app, "--ranks", o.ranks, "N",
      std::string(
          "ranks that share the work; verdicts take as many as there are processors, up to 16") +
          (gpu ? ", or up to 4 on a GPU," : ",") + " unless ranks, threads or weights are chosen",
      whole_number(1, 4096));
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

inline void add_files(CLI::App& app, Options& o, const Offer& offer) {
  auto* const onnx = add(app, "--onnx", o.onnx, "FILE", "the network (.onnx, .onnx.gz)");
  auto* const vnnlib = add(app, "--vnnlib", o.vnnlib, "FILE", "the property (.vnnlib, .vnnlib.gz)");
  if (offer.networks == Offer::Networks::one_type) {
    onnx->required();
    vnnlib->required();
    return;
  }
  // The standard's way to say the same, and more.
  app.add_option("QUERY", o.vnnlib, "the property, in place of --vnnlib")
      ->option_text(" ")
      ->excludes(vnnlib);
  app.add_option("--network", o.networks, "a network that the property names, in place of --onnx")
      ->option_text("NAME=FILE")
      ->excludes(onnx)
      ->allow_extra_args(false);
  add(app, "--output", o.output_tensor, "NAME",
      "of a network with several outputs the one that is meant (VNN-LIB 1.0)");
}

/// The files may be given in two ways, but they have to be given.
inline void refuse_missing_files(const Options& o) {
  if (o.command != "bounds" && o.command != "verify") return;
  if (o.vnnlib.empty())
    throw ArgumentError(o.command + " wants a property. Fix: give QUERY or --vnnlib FILE");
  if (o.onnx.empty() && o.networks.empty())
    throw ArgumentError(
        o.command +
        " wants a network. Fix: give --onnx FILE, or --network NAME=FILE for each that " +
        o.vnnlib + " names");
}

inline void add_verify(CLI::App& app, Options& o) {
  add(app, "--timeout", o.timeout, "SECONDS",
      app.get_name() == "run" ? "give up after that, whatever a list says; 0: as it says"
                              : "give up after that; 0: never",
      seconds());
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  add_choice(app, "--search", o.search, {"on", "off"},
             "whether boxes that bounds leave open are cut up until they are decided");
  add(app, "--domains", o.domains, "N",
      "give a box up after about so many domains; 0: when time is over, or after 2^20 if there is "
      "none",
      whole_number(0, most));
  add(app, "--seed", o.seed, "N", "of the search for counterexamples", whole_number(0, most));
}

/// Policies that this program was built without.
inline void refuse_other_policies(const Options& o, const Offer& offer) {
  const auto& policies = offer.policies;
  if (offer.networks == Offer::Networks::any_file)
    policies_of(o.policy);
  else if (std::find(policies.begin(), policies.end(), o.policy) == policies.end())
    throw ArgumentError("this verifier was built without --policy " + o.policy);
}

/// A word that only makes sense with another one.
inline void refuse_other_methods(const Options& o) {
  if ((o.method == "ibp" || o.method == "crown-ibp") && o.intermediate != "default")
    throw ArgumentError("--intermediate " + o.intermediate +
                        " is for --method crown and alpha-crown; " + o.method +
                        " takes intermediate bounds from intervals. Fix: leave it away");
}

/// Words about a search that is not made.
inline void refuse_idle_domains(const Options& o) {
  for (const char* without :
       {o.search == "off" ? "--search off" : "", o.method == "ibp" ? "--method ibp" : ""})
    if (o.domains > 0 && *without)
      throw ArgumentError(std::string("--domains is for searches. Fix: leave it away, or ") +
                          without);
}

/// A list has one table, and so one process.
inline void refuse_processes_for_lists(const Options& o) {
  if (o.command == "run" && o.comm == "mpi")
    throw ArgumentError(
        "run goes through a list in one process and takes no --comm mpi. Fix: verify its lines one "
        "by "
        "one, or leave --comm away");
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

/// Verdicts are found by all processors, unless ranks, threads or weights are somebody's choice. More ranks would get too
/// few rows each. A GPU waits for its host much of the time, so some ranks take turns at it, each with processors of its own.
inline int ranks_for_verdicts(
    const Options& o, int processors = static_cast<int>(std::thread::hardware_concurrency())) {
  constexpr int most = 16, most_on_gpu = 4;
  if (o.ranks_given || o.threads_given || !o.comm.empty() || o.policy != "replicated")
    return o.ranks;
  return o.device == "cpu" ? std::clamp(processors, 1, most)
                           : std::clamp(processors / 4, 1, most_on_gpu);
}

namespace detail {

/// `supports`, and at most one capability, which is written like an option.
inline Options parse_supports(int argc, const char* const* argv, Options o) {
  if (argc > 3) throw ArgumentError("supports answers one question at a time");
  o.command = argv[1];
  if (argc == 3) o.capability = argv[2];
  return o;
}

}  // namespace detail

/// Throws ArgumentError or Exit.
inline Options parse(int argc, const char* const* argv, const Offer& offer) {
  Options o;
  o.method.clear();  // what suits the command, unless one is given
  o.policy = offer.policies.front();
  o.networks_known = offer.networks;
  const bool any_file = offer.networks == Offer::Networks::any_file;
  detail::check_command(argc, argv, detail::commands_of(offer));
  if (any_file && argv[1] == std::string_view("supports"))
    return detail::parse_supports(argc, argv, o);
  CLI::App app("Bounds on what a neural network can output over sets of inputs.");
  app.formatter(std::make_shared<HelpText>());
  app.set_version_flag("--version", SHARDBOUND_VERSION, "print the library's version");
  app.set_help_flag("--help,-h", "print this");
  bool name = false;
  app.add_flag("--name", name, "print the program's name");
  app.require_subcommand(argv[1] == std::string_view("--name") ? 0 : 1,
                         1);  // a second one is a stray word
  auto* info = app.add_subcommand("info", "layers, parameters, memory and communication");
  auto* bounds = app.add_subcommand("bounds", "lower and upper bounds over a property's boxes");
  auto* verify = app.add_subcommand("verify", "does the property hold? unsat (yes), sat, unknown");
  std::vector<CLI::App*> all = {info, bounds, verify}, working = {bounds, verify};
  if (any_file) {
    // It takes words that begin like options, so it is parsed by itself.
    app.add_subcommand("supports", "what of VNN-LIB 2.0's list of capabilities is there");
    auto* generate = app.add_subcommand("generate", "the C++ type that a person would write");
    detail::add(*generate, "--onnx", o.onnx, "FILE", "the network (.onnx, .onnx.gz)")->required();
    detail::add(*generate, "--type", o.type, "NAME", "what the type is called");
    detail::add(*generate, "--output", o.output, "FILE", "write the header there");
    auto* run = app.add_subcommand("run", "verify lists of instances, as VNN-COMP writes them");
    run->add_option("LIST", o.instances, "lines of network,property,seconds (.csv)")
        ->required()
        ->option_text("LIST...");
    detail::add(*run, "--output", o.output, "FILE",
                "a table that grows line by line; what it holds already is not done again");
    all.insert(all.end(), {generate, run});
    working.push_back(run);
    detail::add(*info, "--onnx", o.onnx, "FILE", "the network (.onnx, .onnx.gz)")->required();
  } else {
    detail::add(*info, "--onnx", o.onnx, "FILE", "a network to be checked (.onnx, .onnx.gz)");
  }
  for (CLI::App* command : {bounds, verify}) detail::add_files(*command, o, offer);
  detail::add_common(*info, o, offer);
  for (CLI::App* command : working) {
    detail::add_common(*command, o, offer);
    detail::add_comm(*command, o, offer);
  }
  detail::add_choice(*bounds, "--json-detail", o.json_detail, {"spec", "output", "all"},
                     "what --json writes (default: all up to 100000 numbers, else output)")
      ->needs("--json");
  detail::add(
      *bounds, "--svg", o.svg, "FILE",
      "also draw bounds of the first boxes, of IBP beside --method (beside CROWN if that is ibp)");
  detail::add_prove(*bounds, o.slopes);
  bounds->footer(bounds_footer);
  for (CLI::App* command : working)
    if (command != bounds) detail::add_verify(*command, o);
  detail::add(*verify, "--svg", o.svg, "FILE",
              "also draw the search over time: domains bounded and open, the share refuted, the "
              "worst bound");
  detail::add(*verify, "--results", o.results, "FILE", "also write the verdict as VNN-COMP does");
  std::string folder;
  if (any_file)
    verify->add_option("--serialise-assignments", folder)->option_text("DIR")->group("");
  const CLI::App* command = nullptr;
  for (const CLI::App* one : all)
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
  if (name) {
    std::cout << "shardbound\n";
    throw Exit{0};
  }
  o.command = command->get_name();
  if (o.command == "generate") return o;
  if (any_file) detail::refuse_missing_files(o);
  if (!folder.empty())
    throw ArgumentError("--serialise-assignments is not supported; assignments are printed");
  o.ranks_given = command->count("--ranks") > 0;
  o.threads_given = command->count("--threads") > 0;
  detail::refuse_other_policies(o, offer);
  o.method_given = !o.method.empty();
  if (!o.method_given) o.method = detail::default_method(o.command);
  detail::refuse_other_methods(o);
  if (o.method != "alpha-crown") detail::refuse_idle_slopes(*command);
  detail::refuse_idle_domains(o);
  detail::refuse_processes_for_lists(o);
  detail::refuse_other_devices(o);
  if (o.command == "verify" || o.command == "run") o.ranks = ranks_for_verdicts(o);
  return o;
}

/// What all ranks have to be told alike, in words; the files are compared by themselves.
inline std::string common_words(const Options& o) {
  std::string words = o.output_tensor + " ";
  for (const std::string& network : o.networks)
    words.append(network.substr(0, network.find('='))).append(" ");
  for (const auto& word : {o.command, o.method, o.intermediate, o.scalar, o.policy, o.device,
                           o.precision, o.json_detail, std::to_string(o.wave),
                           std::to_string(o.seed), o.search, std::to_string(o.domains),
                           words_of(o.slopes), std::string(o.svg.empty() ? "undrawn" : "drawn")})
    words.append(word).append(" ");
  return words.append(o.timeout > 0 ? "in time" : "at leisure");
}

/// What --method and --intermediate mean.
inline Method method_of(const Options& o) {
  if (o.method == "ibp") return {Intermediates::interval, Descent::one_product};
  if (o.method == "crown-ibp") return {Intermediates::interval, Descent::input};
  Method method;
  if (o.intermediate == "textbook") method.intermediates = Intermediates::textbook;
  if (o.method != "alpha-crown") return method;
  method.optimisation = optimisation_of(o.slopes);
  return method;
}

}  // namespace shardbound::inline v0::cli
