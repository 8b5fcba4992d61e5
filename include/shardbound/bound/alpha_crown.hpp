// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// alpha-CROWN (2011.13824): CROWN whose lines are optimised, each row's own, by default also those of the rows that bound
// neurons inside the network. Any line that it tries is sound, so every bound on the way is one.

#include <shardbound/bound/pass.hpp>

namespace shardbound::inline v0 {

struct AlphaCrown {
  Optimisation optimisation{.iterations = 20};
  Intermediates intermediates = Intermediates::tightened;

  operator Method() const { return {intermediates, Descent::input, optimisation}; }
};

/// Bounds of every output over one input set, each side optimised by itself: prepare and run in one call. No bound is
/// looser than CROWN's.
template <class T, class Backend>
OutputBounds<T> alpha_crown(const Instance<T, Backend>& network, const InputSet& set,
                            const AlphaCrown& options = {}) {
  return prepare(network, options).run({&set, 1}).outputs.front();
}

}  // namespace shardbound::inline v0
