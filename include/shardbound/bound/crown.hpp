// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// CROWN (1811.00866): every pre-activation is bounded by rows pulled down to the input over the lines
// found so far. By default those bounds are intersected with interval bounds re-evaluated from what is
// known, and only neurons that those leave unstable get rows; Intermediates::textbook gives every neuron
// its CROWN bounds and intersects nothing.

#include <shardbound/bound/pass.hpp>

namespace shardbound::inline v0 {

struct Crown {
  Intermediates intermediates = Intermediates::tightened;

  operator Method() const { return {intermediates, Descent::input}; }
};

/// Bounds of every output over one input set: prepare and run in one call.
template <class T, class Backend>
OutputBounds<T> crown(const Instance<T, Backend>& network, const InputSet& set,
                      Crown options = {}) {
  return prepare(network, options).run({&set, 1}).outputs.front();
}

}  // namespace shardbound::inline v0
