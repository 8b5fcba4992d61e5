// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What a search over neurons finds of a property, through the one call that verifiers make.

#include <shardbound/verify/search_neurons.hpp>
#include <tests/support/searching.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <utility>
#include <vector>

namespace shardbound_test {

inline sb::NeuronSearchRequest request_of(sb::index_t rows = 64) {
  sb::NeuronSearchRequest request;
  request.options.rows = rows;
  return request;
}

struct Outcome {
  std::optional<sb::Counterexample> hit;
  std::vector<bool> refuted;
  sb::SearchProgress counts;  // after the last round
  int rounds = 0, beginnings = 0;
};

/// Of all conjunctions of the region, or of those that are named.
inline Outcome search(sb::Engine& engine, sb::Engine& exact, const sb::Property& property,
                      std::size_t region, const std::vector<std::size_t>& conjunctions,
                      sb::NeuronSearchRequest request = request_of()) {
  // Attacks replace what their engine was prepared for only where a point is to be certified.
  sb::Attack attack(exact, property, {});
  Outcome outcome;
  std::uint64_t seen =
      0;  // a search that begins anew bounds its conjunctions alone in its first round
  double share = 2;
  request.see = [&](const sb::SearchProgress& progress) {
    ++outcome.rounds;
    outcome.beginnings += progress.share < share && progress.domains - seen <= conjunctions.size();
    seen = progress.domains;
    share = progress.share;
  };
  sb::SearchOfNeurons search(engine, exact, property, region, attack, std::move(request));
  outcome.hit = search.run(conjunctions);
  outcome.refuted = search.refuted();
  outcome.counts = search.progress();
  return outcome;
}
inline void check_hit(const HostNetwork& host, const sb::Property& property,
                      const sb::Counterexample& hit) {
  const sb::Region& region = property.regions[hit.clause.region];
  for (std::size_t i = 0; i < hit.x.size(); ++i) {
    CHECK(hit.x[i] >= region.box.lower[i]);
    CHECK(hit.x[i] <= region.box.upper[i]);
  }
  CHECK(distance(host, region.unsafe[hit.clause.conjunction], hit.x) <= 1e-12);
}

/// A region of one box, behind another that nobody asks about.
inline sb::Property property_of(const HostNetwork& host, std::mt19937& random,
                                const std::vector<std::size_t>& rows,
                                const std::vector<double>& above) {
  sb::Property property{2, 2, {}};
  property.regions.push_back({random_box(random), {}});
  property.regions.push_back({random_box(random), {}});
  sb::Region& region = property.regions[1];
  for (std::size_t c = 0; c < rows.size(); ++c)
    region.unsafe.push_back(next_to_minimum(host, region.box, rows[c], above[c], random));
  return property;
}

}  // namespace shardbound_test
