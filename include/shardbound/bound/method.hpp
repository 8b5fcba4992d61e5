// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A method is two choices: where the bounds of pre-activations come from, and how far down the rows that
// are asked for are pulled. Ibp, CrownIbp and Crown are names for the useful pairs.

#include <shardbound/core/config.hpp>

namespace shardbound::inline v0 {

enum class Intermediates {
  interval,   ///< interval arithmetic alone
  tightened,  ///< interval bounds re-evaluated from the bounds found so far, intersected with CROWN
              ///< bounds of the neurons that they leave unstable
  textbook,   ///< CROWN bounds of every neuron, intersected with nothing
};

enum class Descent {
  one_product,  ///< through the last affine layer only, over the intervals of its input
  input,        ///< down to the input set
};

struct Method {
  Intermediates intermediates = Intermediates::tightened;
  Descent descent = Descent::input;
};

}  // namespace shardbound::inline v0
