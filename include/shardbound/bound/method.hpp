// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A method is three choices: where the bounds of pre-activations come from, how far down the rows that
// are asked for are pulled, and whether the lines that they go by are optimised. Ibp, CrownIbp, Crown and AlphaCrown are
// names for the useful ones.

#include <shardbound/core/precision.hpp>

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

/// How lines are optimised (alpha-CROWN, 2011.13824), with Adam (1412.6980). Names are the field's.
struct Optimisation {
  /// Whose lines: those of all rows, so that bounds inside the network get better as well, or of the rows that are asked
  /// for alone.
  enum class Of { all_rows, last_rows };

  int iterations =
      0;  ///< evaluations of the bounds, with a step between any two; 0: nothing is optimised
  Of of = Of::all_rows;
  double learning_rate = 0.1;
  double decay = 0.98;  ///< of the learning rate, each step
  int patience =
      10;  ///< ends after more evaluations than this without anything better; 0: does not
  double seconds = 0;  ///< ends when this much time is over; 0: does not
  SlopeStorage storage = SlopeStorage::exact;
};

struct Method {
  Intermediates intermediates = Intermediates::tightened;
  Descent descent = Descent::input;
  Optimisation optimisation{};

  bool optimises() const { return optimisation.iterations > 0; }
};

}  // namespace shardbound::inline v0
