// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// CROWN-IBP (1906.06316): interval bounds for every pre-activation, then one pass of rows from the
// output down to the input over the lines that those give.

#include <shardbound/bound/pass.hpp>

namespace shardbound::inline v0 {

struct CrownIbp {
  operator Method() const { return {Intermediates::interval, Descent::input}; }
};

/// Bounds of every output over one input set: prepare and run in one call.
template <class T, class Backend>
OutputBounds<T> crown_ibp(const Instance<T, Backend>& network, const InputSet& set) {
  return prepare(network, CrownIbp{}).run({&set, 1}).outputs.front();
}

}  // namespace shardbound::inline v0
