// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Whether a property holds, in one call: bounds, points and branch and bound (alpha-CROWN, 2011.13824; beta-CROWN,
// 2103.06624) on engines that there are already. For networks as types: verify_network.hpp.

#include <shardbound/verify/verdict.hpp>

#include <cstddef>
#include <string>
#include <utility>

namespace shardbound::inline v0 {

namespace detail {

/// Throws ArgumentError where the numbers of a property are not as many as it says, or a box is empty or not a number.
inline void check_regions(const Property& property) {
  const auto inputs = static_cast<std::size_t>(property.inputs);
  const auto outputs = static_cast<std::size_t>(property.outputs);
  for (std::size_t k = 0; k < property.regions.size(); ++k) {
    const Region& region = property.regions[k];
    const std::string who = "region " + std::to_string(k) + " of the property: ";
    for (const Box* box : {&region.box, &region.point_box()})
      if (box->lower.size() != inputs || box->upper.size() != inputs)
        throw ArgumentError(who + "its box has " + std::to_string(box->lower.size()) +
                            " lower and " + std::to_string(box->upper.size()) +
                            " upper bounds where there are " + std::to_string(inputs) + " inputs");
    for (std::size_t i = 0; i < inputs; ++i)
      if (!(region.box.lower[i] <= region.box.upper[i]))
        throw ArgumentError(who + "its box is empty at input " + std::to_string(i));
    for (const Conjunction& set : region.unsafe)
      if (set.rows.size() != set.rhs.size() * outputs ||
          (!set.strict.empty() && set.strict.size() != set.rhs.size()))
        throw ArgumentError(who + "a conjunction of " + std::to_string(set.rhs.size()) +
                            " rows has " + std::to_string(set.rows.size()) +
                            " coefficients where each takes " + std::to_string(outputs));
  }
}

}  // namespace detail

/// Whether a property holds for a network that two engines hold: `bounding` searches, in any scalar, `exact`, of float64,
/// judges points and proves what the other could only almost prove. They may be one; what they were prepared for is
/// replaced. A proof holds for the network in real arithmetic, see Verdict. `options.see` is told after every round how
/// the search stands. Where layers split features over ranks, slopes stay CROWN's and neurons are not cut. Throws
/// ArgumentError if engines and property do not fit each other; running out of time is an answer, not an error. Every
/// rank makes the same call and gets the same verdict. (collectives: those of the passes; each round a byte, and, of ranks
/// that search by themselves, how they stand and parts that move)
inline Verdict verify(Engine& bounding, Engine& exact, const Property& property,
                      VerifyOptions options = {}) {
  if (exact.scalar() != "float64")
    throw ArgumentError(
        "proofs and counterexamples are of float64, and this network is of float32. Fix: give the "
        "same network in float64 as well");
  check_property(property, bounding.inputs(), bounding.outputs(), "the property");
  check_property(property, exact.inputs(), exact.outputs(), "the property");
  detail::check_regions(property);
  for (const Engine* engine : {&bounding, &exact})
    if (engine->ranks() > 1 && engine->plan().joint_node() >= 0)
      options.method.optimisation.iterations = 0;
  return Verifier(bounding, exact, property, std::move(options)).run();
}

/// The same on one engine, of float64.
inline Verdict verify(Engine& network, const Property& property, VerifyOptions options = {}) {
  return verify(network, network, property, std::move(options));
}

}  // namespace shardbound::inline v0
