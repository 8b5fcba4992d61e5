// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Bounds for a person to read.

#include <shardbound/bound/result.hpp>

#include <iomanip>
#include <iostream>

namespace shardbound::inline v0 {

/// One line an output, to nearest, and what rounding may add to either side:
/// "Y_0   [-0.25, 3] +- 1e-15".
template <class T>
void print(const OutputBounds<T>& bounds, std::ostream& out = std::cout) {
  const auto precision = out.precision();
  for (std::size_t i = 0; i < bounds.lower.size(); ++i)
    out << "Y_" << std::left << std::setw(4) << i << std::setprecision(9) << '[' << bounds.lower[i]
        << ", " << bounds.upper[i] << "] +- " << std::setprecision(2) << bounds.slack[i] << '\n';
  out.precision(precision);
}

}  // namespace shardbound::inline v0
