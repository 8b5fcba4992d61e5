// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Interval bound propagation (1810.12715): boxes, layer by layer. The rows asked for are folded into the
// last affine layer, which is tighter than bounding the outputs first.

#include <shardbound/bound/pass.hpp>

namespace shardbound::inline v0 {

struct Ibp {
  operator Method() const { return {Intermediates::interval, Descent::one_product}; }
};

/// Bounds of every output over one input set: prepare and run in one call.
template <class T, class Backend>
OutputBounds<T> ibp(const Instance<T, Backend>& network, const InputSet& set) {
  return prepare(network, Ibp{}).run({&set, 1}).outputs.front();
}

}  // namespace shardbound::inline v0
