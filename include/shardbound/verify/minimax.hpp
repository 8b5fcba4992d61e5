// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What a solver of linear programs is asked: the point of a box where the greatest of some planes is least, and the
// weights whose sum of planes is there at its least. Nothing is taken on trust: weights are proved by sum_is_above, points
// are tried.

#include <shardbound/core/context.hpp>
#include <shardbound/verify/plane.hpp>

#include <optional>
#include <span>
#include <vector>

namespace shardbound::inline v0 {

/// What a solver found, about: `point` (N) in the box, `weights` (K) of the planes, none below 0.
struct Minimax {
  std::vector<double> point, weights;
};

/// Over a finite box, of at least one plane. The sum of the planes with the weights is above 0 over the box if at each of
/// its points some plane is; planes may be compared in units of their own. Nothing if the solver fails or is cancelled.
using MinimaxSolver = std::optional<Minimax> (*)(const Box& box, std::span<const Plane> planes,
                                                 const CancelToken* cancel);

}  // namespace shardbound::inline v0
