// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// How a device multiplies. What a choice costs in accuracy is in the slack of every bound.

namespace shardbound::inline v0 {

/// native: products in the scalar's own arithmetic. tf32x3: products of float32 matrices as three products
/// of their TF32 pieces on tensor cores, compensated, so that nearly all digits are kept. The slack accounts
/// for either's rounding. Sums outside of products, and double, are always native.
enum class Precision { native, tf32x3 };

/// How optimised slopes keep Adam's moments and the best slopes there were, which no proof depends on.
enum class SlopeStorage {
  exact,     ///< as numbers of the network's scalar
  bfloat16,  ///< in two bytes
};

}  // namespace shardbound::inline v0
