// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What counts as a counterexample: a point of the region whose outputs, as the network's own scalar gives them, satisfy
// every row; if that is float32, one of float32 numbers, in float32 and in float64. Any other point - of doubles for a
// network of float32, or of a region that no double is in - counts only if bounds certify it in real arithmetic, or an
// exact one close by.

#include <shardbound/bound/engine.hpp>
#include <shardbound/verify/certificate.hpp>
#include <shardbound/verify/clause.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

struct Counterexample {
  Clause clause;
  std::vector<double> x, y;
};

class Judge {
 public:
  /// `network` works in float64; certificates replace what it was prepared for. `float32`, if there, makes the same
  /// network in float32, when first a point of one is found.
  Judge(Engine& network, const Property& property, std::function<Engine&()> float32)
      : network_(&network), property_(&property), float32_(std::move(float32)) {}

  /// A counterexample that is certified, while none was found of float32 numbers.
  const std::optional<Counterexample>& spare() const { return spare_; }

  bool satisfies(Clause clause, std::span<const double> y) const {
    return std::all_of(y.begin(), y.end(), [](double v) { return std::isfinite(v); }) &&
           furthest_row(set_of(clause), y).excess <= 0;
  }

  /// The first of the points (D, N_in) that satisfies a clause, with outputs y (D, N_out), and counts. Every rank makes
  /// the same call.
  std::optional<Counterexample> first_hit(Clause clause, std::span<const double> points,
                                          std::span<const double> y, const CancelToken* cancel) {
    const Region& region = property_->regions[clause.region];
    const auto n = static_cast<std::size_t>(property_->inputs);
    const auto m = static_cast<std::size_t>(property_->outputs);
    const bool single = static_cast<bool>(float32_);
    std::optional<Counterexample> deepest;
    std::vector<double> candidates;  // of float32
    std::vector<bool> whole;
    double least = 0;
    for (std::size_t d = 0; d < points.size() / n && whole.size() < most_candidates; ++d) {
      const auto in = points.subspan(d * n, n), out = y.subspan(d * m, m);
      if (!satisfies(clause, out)) continue;
      Counterexample hit{clause, {in.begin(), in.end()}, {out.begin(), out.end()}};
      if (!single && region.between.empty()) return hit;
      if (single) whole.push_back(round_to_float32(region, in, candidates));
      const double excess = furthest_row(set_of(clause), out).excess;
      if (deepest && !(excess < least)) continue;
      least = excess;
      deepest = std::move(hit);
    }
    if (!deepest) return {};
    others_ = true;
    if (single) {
      const auto exact = network_->values(candidates);
      const auto rounded = float32_().values(candidates);
      std::optional<Counterexample> mixed;
      for (std::size_t d = 0; d < whole.size(); ++d) {
        const auto in = std::span(candidates).subspan(d * n, n);
        const auto out = std::span(exact).subspan(d * m, m);
        if (!satisfies(clause, out) || !satisfies(clause, std::span(rounded).subspan(d * m, m)))
          continue;
        Counterexample hit{clause, {in.begin(), in.end()}, {out.begin(), out.end()}};
        if (whole[d]) return hit;
        if (!mixed) mixed = std::move(hit);
      }
      if (mixed && stands(*mixed, cancel)) return mixed;
    }
    if (spare_ || !stands(*deepest, cancel)) return {};
    if (!single) return deepest;
    spare_ = std::move(deepest);
    return {};
  }

  /// Whether the network was asked about other points than those, since this was last asked.
  bool has_moved() { return std::exchange(others_, false); }

 private:
  static constexpr std::size_t most_candidates = 16;  // points that are rounded to float32 at once
  static constexpr int most_certificates = 32;        // that are tried for, in all

  const Conjunction& set_of(Clause clause) const {
    return property_->regions[clause.region].unsafe[clause.conjunction];
  }

  bool stands(const Counterexample& hit, const CancelToken* cancel) {
    return certificates_++ < most_certificates &&
           certified(*network_, *property_, hit.clause, hit.x, cancel);
  }

  // Appends the nearest point of float32 in the region. Coordinates that have none there stay what they are - in float32
  // they are rounded, and no longer inside - and it says false.
  static bool round_to_float32(const Region& region, std::span<const double> x,
                               std::vector<double>& to) {
    const Box& box = region.point_box();
    bool whole = true;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double low = static_cast<double>(round_up<float>(box.lower[i]));
      const double high = static_cast<double>(round_down<float>(box.upper[i]));
      const bool some = low <= high && !region.is_between(i);
      to.push_back(some ? std::clamp(static_cast<double>(static_cast<float>(x[i])), low, high)
                        : x[i]);
      whole = whole && some;
    }
    return whole;
  }

  Engine* network_;
  const Property* property_;
  std::function<Engine&()> float32_;
  std::optional<Counterexample> spare_;
  int certificates_ = 0;
  bool others_ = false;
};

}  // namespace shardbound::inline v0
