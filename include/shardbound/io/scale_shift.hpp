// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Constants applied to every feature, y = scale x + shift: several in a row are one, one that
// changes nothing is none, and a constant added right after a linear layer without a bias is its
// bias.

#include <shardbound/io/model.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>

namespace shardbound::inline v0::io {

namespace detail {

inline bool changes_nothing(const Step& step) {
  return std::all_of(step.scale.begin(), step.scale.end(), [](double a) { return a == 1; }) &&
         std::all_of(step.shift.begin(), step.shift.end(), [](double b) { return b == 0; });
}

// first := then after first
inline void compose(Step& first, Step then) {
  for (std::size_t i = 0; i < first.scale.size(); ++i) {
    first.shift[i] =
        first.shift[i] == 0 ? then.shift[i] : then.scale[i] * first.shift[i] + then.shift[i];
    first.scale[i] *= then.scale[i];
  }
  first.node = std::move(then.node);
  first.tensor = std::move(then.tensor);
  first.bias = {};
}

}  // namespace detail

/// The same sequence with its scale_shift steps merged, dropped or made a bias. A scale_shift that
/// only adds a constant of the file names it in `bias`; afterwards none has a bias. Throws
/// FormatError naming the node if a merged scale or shift is not finite.
inline Steps simplified(Steps steps, const std::string& file) {
  Steps out;
  for (Step& step : steps) {
    if (step.kind == Step::Kind::scale_shift) {
      if (!out.empty() && out.back().kind == Step::Kind::linear && out.back().bias.empty() &&
          !step.bias.empty()) {
        out.back().bias = std::move(step.bias);
        out.back().tensor = std::move(step.tensor);
        continue;
      }
      if (detail::changes_nothing(step)) continue;
      if (!out.empty() && out.back().kind == Step::Kind::scale_shift) {
        detail::compose(out.back(), std::move(step));
        if (detail::changes_nothing(out.back())) out.pop_back();
        continue;
      }
    }
    out.push_back(std::move(step));
  }
  for (Step& step : out) {
    if (step.kind != Step::Kind::scale_shift) continue;
    step.bias = {};
    for (std::size_t i = 0; i < step.scale.size(); ++i)
      if (!std::isfinite(step.scale[i]) || !std::isfinite(step.shift[i]))
        throw FormatError(file + ": node '" + step.node + "': feature " + std::to_string(i) +
                          " is multiplied by " + std::to_string(step.scale[i]) +
                          " and increased by " + std::to_string(step.shift[i]) +
                          ", which is not finite");
  }
  return out;
}

}  // namespace shardbound::inline v0::io
