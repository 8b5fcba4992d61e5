// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Constants applied to every feature, y = scale x + shift: several in a row are one, one that
// changes nothing is none, and a constant added right after a linear layer without a bias is its
// bias, behind a convolution if it is one of each channel. What one step cannot hold exactly of several is its error.

#include <shardbound/io/folded.hpp>
#include <shardbound/io/step.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace shardbound::inline v0::io {

namespace detail {

inline bool all_are(const std::vector<double>& numbers, double wanted) {
  return std::all_of(numbers.begin(), numbers.end(), [=](double x) { return x == wanted; });
}
inline bool only_shifts(const Step& step) {
  return all_are(step.scale, 1) && all_are(step.scale_error, 0);
}
inline bool changes_nothing(const Step& step) {
  return only_shifts(step) && all_are(step.shift, 0) && all_are(step.shift_error, 0);
}

// One feature's number in a step.
inline Approximation number_at(const std::vector<double>& values, const std::vector<double>& errors,
                               std::size_t feature) {
  return {values[feature], errors.empty() ? 0 : errors[feature]};
}
inline void put_number(std::vector<double>& values, std::vector<double>& errors,
                       std::size_t feature, const Approximation& number) {
  values[feature] = number.value;
  if (errors.empty() && number.error == 0) return;
  errors.resize(values.size());
  errors[feature] = number.error;
}

// run[0] := what all steps of the run do in their order. Each number is rounded once, when all of them are
// in it: constants that cancel meet in full.
inline void compose(std::span<Step> run) {
  Step& all = run.front();
  for (std::size_t i = 0; i < all.scale.size(); ++i) {
    Folded scale(number_at(all.scale, all.scale_error, i));
    Folded shift(number_at(all.shift, all.shift_error, i));
    for (const Step& then : run.subspan(1)) {
      const Approximation factor = number_at(then.scale, then.scale_error, i);
      scale *= factor;
      shift *= factor;
      shift += number_at(then.shift, then.shift_error, i);
    }
    put_number(all.scale, all.scale_error, i, scale.rounded());
    put_number(all.shift, all.shift_error, i, shift.rounded());
  }
  all.node = run.back().node;
  all.tensor = run.back().tensor;
  all.bias = {};
}

// The shift as a bias, if it is all that the step does and a double holds it.
inline void make_bias(Step& step) {
  if (!only_shifts(step) || !all_are(step.shift_error, 0)) return;
  step.bias.name = step.tensor;
  step.bias.rows = static_cast<std::int64_t>(step.shift.size());
  step.bias.columns = 1;
  step.bias.element = ParameterSource::Element::float64;
  step.bias.values = step.shift;
}

// A constant that is added behind a product as the product's bias: one of each output, or of each channel of a
// convolution. Empty if it is no bias: of a map it may differ from position to position.
inline ParameterSource bias_behind(const Step& product, const Step& added) {
  const std::int64_t channels = product.geometry.out_channels;
  if (added.bias.empty() || channels == 0) return added.bias;
  const auto positions = added.shift.size() / static_cast<std::size_t>(channels);
  ParameterSource bias = added.bias;
  bias.rows = channels, bias.columns = 1;
  bias.element = ParameterSource::Element::float64;
  bias.file = nullptr;
  bias.values.clear();
  for (std::size_t i = 0; i < added.shift.size(); ++i) {
    if (i % positions == 0) bias.values.push_back(added.shift[i]);
    if (added.shift[i] != bias.values.back()) return {};
  }
  return bias;
}

inline void check_finite(const Step& step, const std::string& place) {
  for (std::size_t i = 0; i < step.scale.size(); ++i) {
    const auto scale = number_at(step.scale, step.scale_error, i);
    const auto shift = number_at(step.shift, step.shift_error, i);
    if (!std::isfinite(scale.value) || !std::isfinite(shift.value))
      throw FormatError(place + ": feature " + std::to_string(i) + " is multiplied by " +
                        std::to_string(scale.value) + " and increased by " +
                        std::to_string(shift.value) + ", which is not finite");
    if (!std::isfinite(scale.error) || !std::isfinite(shift.error))
      throw FormatError(place + ": what feature " + std::to_string(i) +
                        " is multiplied by and increased by is lost in rounding");
  }
}

}  // namespace detail

/// The same sequence with its scale_shift steps merged, dropped or made a bias. A scale_shift that
/// only adds a constant of the file names it in `bias`; afterwards none has a bias. Throws
/// FormatError, `place` first, if a merged scale or shift is not finite.
inline Steps simplified(Steps steps, const std::string& place) {
  Steps out;
  const auto is_scaled = [](const Step& step) { return step.kind == Step::Kind::scale_shift; };
  for (auto at = steps.begin(); at != steps.end();) {
    if (!is_scaled(*at)) {
      out.push_back(std::move(*at++));
      continue;
    }
    const auto end = std::find_if_not(at, steps.end(), is_scaled);
    const auto takes_bias = [&] {
      return !out.empty() && out.back().kind == Step::Kind::linear && out.back().bias.empty();
    };
    auto last = end;
    if (takes_bias() && end - at > 1 && std::all_of(at, end, detail::only_shifts)) {
      // Were the first of them the bias, those that cancel it would come too late.
      detail::compose({at, end});
      detail::make_bias(*at);
      last = at + 1;
    }
    for (; at != last; ++at) {
      ParameterSource bias =
          takes_bias() ? detail::bias_behind(out.back(), *at) : ParameterSource{};
      if (!bias.empty()) {
        out.back().bias = std::move(bias);
        out.back().tensor = std::move(at->tensor);
      } else if (!detail::changes_nothing(*at)) {
        break;
      }
    }
    if (at != last) {
      detail::compose({at, last});
      if (!detail::changes_nothing(*at)) out.push_back(std::move(*at));
    }
    at = end;
  }
  for (Step& step : out) {
    if (step.kind != Step::Kind::scale_shift) continue;
    step.bias = {};
    detail::check_finite(step, place);
  }
  return out;
}

}  // namespace shardbound::inline v0::io
