// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Verdicts on networks whose parameters are set, as `crown` is bounds on them.

#include <shardbound/bound/engine_of.hpp>
#include <shardbound/verify/verify.hpp>

#include <type_traits>
#include <utility>

namespace shardbound::inline v0 {

/// Whether no point of the property's boxes reaches its unsafe sets: `unsat` if that is proved, by more than rounding can
/// have done; `sat` with a counterexample; `timeout` after `options.timeout` seconds; else `unknown`. Boxes are (N_in),
/// rows of conjunctions (S, N_out). `options.see` is told after every round how the search stands, on every rank alike.
/// Throws ArgumentError if network and property do not fit each other or weights are not set. Every rank makes the same
/// call and gets the same verdict. See the overload for engines.
template <class T, class Backend>
Verdict verify(const Instance<T, Backend>& network, const Property& property,
               VerifyOptions options = {}) {
  static_assert(
      std::is_same_v<T, double>,
      "shardbound::verify: a network of float can search, and one of double has to prove. "
      "Fix: give both, verify(network, the same in double, property).");
  EngineOf<T, Backend> engine(network);
  return verify(engine, property, std::move(options));
}

/// The same of one network in two scalars, whose numbers are the same: bounds of either are proofs, and nothing looks
/// whether they were set alike. The first bounds and searches, in half the memory if it is of float, and the second proves
/// what the first only guesses. A counterexample to a network of float is one of float numbers that stands in both, if there
/// is one.
template <class T, class Backend, class OtherBackend>
Verdict verify(const Instance<T, Backend>& bounding, const Instance<double, OtherBackend>& exact,
               const Property& property, VerifyOptions options = {}) {
  EngineOf<T, Backend> searching(bounding);
  EngineOf<double, OtherBackend> proving(exact);
  if (std::is_same_v<T, float> && !options.attack.float32)
    options.attack.float32 = [&searching]() -> Engine& { return searching; };
  return verify(searching, proving, property, std::move(options));
}

}  // namespace shardbound::inline v0
