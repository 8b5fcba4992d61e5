// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Bounds for a person to read.

#include <shardbound/bound/result.hpp>
#include <shardbound/core/decimal.hpp>

#include <cstddef>
#include <iomanip>
#include <iostream>

namespace shardbound::inline v0 {

/// One line an output and what rounding may add to either side, all shortened outwards:
/// "Y_0   [-0.25, 3] +- 1e-15".
template <class T>
void print(const OutputBounds<T>& bounds, std::ostream& out = std::cout) {
  for (std::size_t i = 0; i < bounds.lower.size(); ++i)
    out << "Y_" << std::left << std::setw(4) << i << '[' << decimal_below(bounds.lower[i], 9)
        << ", " << decimal_above(bounds.upper[i], 9) << "] +- " << decimal_above(bounds.slack[i], 2)
        << '\n';
}

}  // namespace shardbound::inline v0
