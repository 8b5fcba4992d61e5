// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Softmax over one run of features of one domain: intervals, and linear bounds of each output in all of the run's
// features (LSE bounds, Wei et al., 2303.01713). With p_k = e^{x_k} / sum of e^{x_j}:
//
//   below   e^{x_k} over a sum of chords, which is convex: its tangent at the centre
//   above   the chord of e^s over what s = log p_k can be, s = x_k - LSE(x), and the tangent of LSE at the centre
//
// Both are slope (x_k - sum of other_j x_j) + intercept, `other` being the run's. Sums that leave one term out are
// made so that nothing cancels, and shifted so that nothing overflows.

#include <shardbound/expr/mixed.hpp>

namespace shardbound::inline v0::expr {

/// Sums of e^{x_j} over a run but for one term, as sum * e^{scale}; a sum is at least 1 where it has terms.
template <class T>
struct SumsOfOthers {
  index_t top = 0;
  T largest = 0, second = 0;
  T total = 0;  // of e^{x_j - largest}, all of them
  T rest = 0;   // of e^{x_j - second}, all but the top

  static constexpr SumsOfOthers of(const T* x, index_t run) {
    constexpr T infinity = std::numeric_limits<T>::infinity();
    SumsOfOthers all;
    for (index_t j = 1; j < run; ++j)
      if (x[j] > x[all.top]) all.top = j;
    all.largest = x[all.top];
    all.second = -infinity;
    for (index_t j = 0; j < run; ++j)
      if (j != all.top && x[j] > all.second) all.second = x[j];
    for (index_t j = 0; j < run; ++j) {
      all.total += std::exp(x[j] - all.largest);
      if (j != all.top) all.rest += std::exp(x[j] - all.second);
    }
    return all;
  }
  constexpr T scale(index_t k) const { return k == top ? second : largest; }
  /// Without term k, which is at most half of the total.
  constexpr T sum(index_t k, T x) const { return k == top ? rest : total - std::exp(x - largest); }
};

/// Whether a run's bounds are all far from overflow.
template <class T>
constexpr bool is_tame(const BoundsView<const T>& in, index_t first, index_t run) {
  constexpr T most = std::numeric_limits<T>::max() / 16;
  for (index_t at = first; at < first + run; ++at)
    if (!(in.lower[at] > -most && in.upper[at] < most && in.slack[at] < most)) return false;
  return true;
}
template <class T>
constexpr T largest_slack(const BoundsView<const T>& in, index_t first, index_t run) {
  T most = 0;
  for (index_t at = first; at < first + run; ++at) most = std::max(most, in.slack[at]);
  return most;
}

// Run number r of domain d.

/// Each output is least where its own input is and the others are largest.
template <class T>
constexpr void softmax_interval(const MixedCall<T>& call, index_t d, index_t r) {
  const index_t run = call.node.run, first = d * call.in.leading + r * run;
  const index_t to = d * call.out.leading + r * run;
  if (!is_tame(call.in, first, run)) {
    for (index_t k = 0; k < run; ++k) put_bounds(call.out, to + k, T(0), T(1), T(0));
    return;
  }
  const T *const l = call.in.lower + first, *const u = call.in.upper + first;
  const auto most = SumsOfOthers<T>::of(u, run), least = SumsOfOthers<T>::of(l, run);
  // p (1 - p) <= 1/4, for its own feature and for the others together. The roundings of a sum of `run` terms and of the
  // exponents, of which p (1 - p) |exponent| is small.
  const T slack =
      largest_slack(call.in, first, run) / 2 + gamma<T>(2 * run) + std::numeric_limits<T>::min();
  for (index_t k = 0; k < run; ++k) {
    if (run == 1) {
      put_bounds(call.out, to, T(1), T(1), T(0));
      continue;
    }
    const T below = T(1) / (T(1) + most.sum(k, u[k]) * std::exp(most.scale(k) - l[k]));
    const T above = T(1) / (T(1) + least.sum(k, l[k]) * std::exp(least.scale(k) - u[k]));
    put_bounds(call.out, to + k, below, above, slack);
  }
}

template <class T>
constexpr void softmax_value(const MixedCall<T>& call, index_t d, index_t r) {
  const index_t run = call.node.run, first = d * call.in.leading + r * run;
  const index_t to = d * call.out.leading + r * run;
  T largest = call.in.lower[first], sum = 0;
  for (index_t k = 1; k < run; ++k) largest = std::max(largest, call.in.lower[first + k]);
  for (index_t k = 0; k < run; ++k) sum += std::exp(call.in.lower[first + k] - largest);
  for (index_t k = 0; k < run; ++k)
    put_value(call.out, to + k, std::exp(call.in.lower[first + k] - largest) / sum);
}

/// (1 - e^{-w}) / w for w >= 0: the slope of a chord of the exponential over a width w, from its upper end.
template <class T>
constexpr T relative_chord(T width) {
  return width > T(0) ? -std::expm1(-width) / width : T(1);
}

template <class T>
constexpr void constant_lines(const MixedCall<T>& call, index_t out, index_t to) {
  const auto put = [&](const MixedSide<T>& side, T constant) {
    side.slope[to] = side.other[to] = T(0);
    side.intercept[to] = constant;
    side.slack[to] = call.out.slack[out] + cost_of(call.gamma, std::abs(constant));
  };
  put(call.node.lower, call.out.lower[out]);
  put(call.node.upper, call.out.upper[out]);
}

/// Sums over a run of what its features weigh in one side's lines.
template <class T>
struct RunSums {
  T centre = 0;    // of weight * centre
  T size = 0;      // of weight * (the largest that the feature can be)
  T exponent = 0;  // the same times the exponent that the weight came of
  T slack = 0;     // of weight * (the slack of its bounds)
};

template <class T>
constexpr void softmax_lines(const MixedCall<T>& call, index_t d, index_t r) {
  constexpr T u_round = unit_roundoff<T>;
  const index_t run = call.node.run, first = d * call.in.leading + r * run;
  const index_t to = d * call.node.leading + r * run, out = d * call.out.leading + r * run;
  if (run == 1 || !is_tame(call.in, first, run)) {
    for (index_t k = 0; k < run; ++k) constant_lines(call, out + k, to + k);
    return;
  }
  const T *const l = call.in.lower + first, *const u = call.in.upper + first;
  const auto centre = [&](index_t k) { return (l[k] + u[k]) / 2; };
  const auto most = SumsOfOthers<T>::of(u, run), least = SumsOfOthers<T>::of(l, run);
  const T top = most.largest;
  T middle = centre(0), chords = 0, at_centre = 0, sizes = 0;
  for (index_t j = 1; j < run; ++j) middle = std::max(middle, centre(j));
  for (index_t j = 0; j < run; ++j) {
    chords += (std::exp(l[j] - top) + std::exp(u[j] - top)) / 2;
    at_centre += std::exp(centre(j) - middle);
    sizes += size_of(call.in, first + j);
  }
  RunSums<T> below, above;
  const auto add = [&](RunSums<T>& sums, index_t j, T weight, T exponent) {
    const T size = size_of(call.in, first + j);
    sums.centre += weight * centre(j);
    sums.size += weight * size;
    sums.exponent += weight * size * exponent;
    sums.slack += weight * call.in.slack[first + j];
  };
  for (index_t j = 0; j < run; ++j) {
    const T chord = std::exp(u[j] - top) * relative_chord(u[j] - l[j]) / chords;
    const T share = std::exp(centre(j) - middle) / at_centre;
    call.node.lower.other[to + j] = chord;
    call.node.upper.other[to + j] = share;
    add(below, j, chord, top - u[j]);
    add(above, j, share, middle - centre(j));
  }
  // A bound that rounding has moved moves a probability by at most half of that. Each number comes of `run` terms and a
  // few operations, and of an exponent that was rounded in proportion to its size; this is twice what they can do.
  const T beyond = largest_slack(call.in, first, run) / 2;
  const T terms = static_cast<T>(32 * run + 128);
  const T vanished = 4 * std::numeric_limits<T>::min() * (T(1) + sizes);
  const T lse = middle + std::log(at_centre);
  for (index_t k = 0; k < run; ++k) {
    const T own = size_of(call.in, first + k), own_slack = call.in.slack[first + k];
    const auto put = [&](const MixedSide<T>& side, const RunSums<T>& sums, T slope, T intercept,
                         T rounding) {
      side.slope[to + k] = slope;
      side.intercept[to + k] = intercept;
      const T moved = beyond + slope * (own_slack + sums.slack) * (T(1) + terms * u_round);
      const T rounded = u_round * (rounding + 4 * slope * sums.exponent) + vanished;
      side.slack[to + k] = moved + rounded + cost_of(call.meets, slope * (own + sums.size)) +
                           call.gamma * std::abs(intercept);
    };
    const T ratio = std::exp(centre(k) - top) / chords;
    put(call.node.lower, below, ratio, ratio * (T(1) - centre(k) + below.centre),
        (terms + 4 * (top - centre(k)) + 4 * below.size) * ratio * (T(1) + own + below.size));

    // Probabilities [p, P] and their logarithms [a, b], through p = 1 / (1 + t).
    const T t_above = least.sum(k, l[k]) * std::exp(least.scale(k) - u[k]);
    const T t_below = most.sum(k, u[k]) * std::exp(most.scale(k) - l[k]);
    const auto log_of = [](T t, T sum, T exponent) {
      return t < std::numeric_limits<T>::max() ? -std::log1p(t) : -(std::log(sum) + exponent);
    };
    const T exponent_above = least.scale(k) - u[k], exponent_below = most.scale(k) - l[k];
    const T b = log_of(t_above, least.sum(k, l[k]), exponent_above);
    const T a = log_of(t_below, most.sum(k, u[k]), exponent_below);
    const T probability = T(1) / (T(1) + t_above);
    const T slope = probability * relative_chord(std::max(b - a, T(0)));
    put(call.node.upper, above, slope, probability - slope * b - slope * (lse - above.centre),
        probability * (terms + 8 * (std::abs(exponent_above) + std::abs(exponent_below))) +
            slope * terms *
                (T(1) + std::abs(lse) + std::abs(middle) + std::abs(b) + own + above.size));
  }
}

}  // namespace shardbound::inline v0::expr
