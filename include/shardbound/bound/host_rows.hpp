// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Rows of a caller's numbers on the host, as backends want them uploaded: in the network's scalar, each row
// padded.

#include <shardbound/core/shape.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace shardbound::inline v0 {

/// Appends a row of numbers, each as as(number), and the zeros that pad it.
template <class T, class As>
void append_padded(std::vector<T>& to, std::span<const double> row, const As& as) {
  const auto width = static_cast<std::size_t>(padded(static_cast<index_t>(row.size())));
  const std::size_t end = to.size() + width;
  for (double number : row) to.push_back(as(number));
  to.resize(end);
}

}  // namespace shardbound::inline v0
