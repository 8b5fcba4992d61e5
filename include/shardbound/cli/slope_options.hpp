// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What the command line says of optimised slopes.

#include <shardbound/bound/engine.hpp>
#include <shardbound/bound/method.hpp>
#include <shardbound/cli/add_option.hpp>
#include <shardbound/core/decimal.hpp>
#include <shardbound/core/errors.hpp>

#include <CLI/CLI.hpp>

#include <string>

namespace shardbound::inline v0::cli {

struct SlopeOptions {
  int iterations = 20, patience = 10;
  double learning_rate = 0.1, decay = 0.98;
  bool fixed_intermediate = false;
  std::string storage = "exact";
  std::string prove;  ///< empty: what costs little
};

inline Optimisation optimisation_of(const SlopeOptions& o) {
  Optimisation slopes;
  slopes.iterations = o.iterations;
  slopes.of = o.fixed_intermediate ? Optimisation::Of::last_rows : Optimisation::Of::all_rows;
  slopes.learning_rate = o.learning_rate;
  slopes.decay = o.decay;
  slopes.patience = o.patience;
  if (o.storage == "bfloat16") slopes.storage = SlopeStorage::bfloat16;
  return slopes;
}

/// What all ranks have to be told alike.
inline std::string words_of(const SlopeOptions& o) {
  std::string words = o.fixed_intermediate ? "fixed" : "joint";
  for (const std::string& word : {std::to_string(o.iterations), std::to_string(o.patience),
                                  decimal(o.learning_rate), decimal(o.decay), o.storage, o.prove})
    words.append(" ").append(word);
  return words;
}

/// A node that rows of all ranks go by together, where slopes want every rank to work on rows of its own; -1: there is
/// none.
inline int split_node(const Engine& engine) {
  return engine.ranks() > 1 ? engine.plan().joint_node() : -1;
}
/// Throws ArgumentError if there is one.
inline void refuse_split_slopes(const Engine& engine) {
  if (const int v = split_node(engine); v >= 0)
    throw ArgumentError(
        "--method alpha-crown wants every rank to work on rows of its own, and " +
        engine.describe(v) +
        " is split over ranks. Fix: --policy replicated or fully-sharded, or --method crown");
}

namespace detail {

/// Verdicts are worth optimised slopes: clauses that CROWN refutes never get any.
inline const char* default_method(const std::string& command) {
  return command == "verify" || command == "run" ? "alpha-crown" : "crown";
}

inline void add_slopes(CLI::App& app, SlopeOptions& o) {
  add(app, "--iterations", o.iterations, "N", "alpha-crown: evaluations, with a step between two",
      whole_number(1, 1000000));
  add(app, "--lr", o.learning_rate, "X", "alpha-crown: learning rate", positive());
  add(app, "--lr-decay", o.decay, "X", "alpha-crown: factor of the learning rate, each step",
      positive());
  add(app, "--patience", o.patience, "N",
      "alpha-crown: ends after more evaluations than this without a better bound; 0: does not",
      whole_number(0, 1000000));
  app.add_flag("--fixed-intermediate", o.fixed_intermediate,
               "alpha-crown: bounds inside the network stay CROWN's");
  add_choice(app, "--slope-storage", o.storage, {"exact", "bfloat16"},
             "alpha-crown: how moments and best slopes are kept");
}

inline void add_prove(CLI::App& app, SlopeOptions& o) {
  add_choice(
      app, "--prove", o.prove, {"native", "float64"},
      "alpha-crown in float32: whether the last evaluation is one of float64 (default: where "
      "it costs less than a tenth)");
}

/// Of a command whose method has none.
inline void refuse_idle_slopes(const CLI::App& command) {
  for (const char* name : {"--iterations", "--lr", "--lr-decay", "--patience",
                           "--fixed-intermediate", "--slope-storage", "--prove"})
    if (command.get_option_no_throw(name) && command.count(name) > 0)
      throw ArgumentError(std::string(name) +
                          " is for --method alpha-crown. Fix: leave it away, or give that method");
}

}  // namespace detail
}  // namespace shardbound::inline v0::cli
