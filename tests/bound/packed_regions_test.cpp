// SPDX-License-Identifier: BSD-3-Clause

// What is packed for a region beside what lies for the whole map: the same numbers, where the region's columns are.

#include <doctest/doctest.h>

#include <shardbound/bound/packed_regions.hpp>
#include <tests/support/checked_backend.hpp>
#include <tests/support/convolutions.hpp>

#include <array>

using namespace shardbound_test;
using sb::index_t;

namespace {

/// x (2 x 5 x 6) - 3 x 3 (1) - relu (2) - 3 x 3 (3)
Drawn maps(std::mt19937& random) {
  sb::Geometry first, second;
  first.in_channels = 2, first.out_channels = 3;
  first.rows = {.in = 5, .out = 5, .taps = 3, .before = 1};
  first.columns = {.in = 6, .out = 6, .taps = 3, .before = 1};
  second = first;
  second.in_channels = 3, second.out_channels = 2;
  Drawn drawn;
  const int map = drawn.product(drawn.begin(sb::Shape{2, 5, 6}), first, sb::Shape{3, 5, 6}, random);
  drawn.product(drawn.relu(map), second, sb::Shape{2, 5, 6}, random);
  drawn.plan.fold();
  return drawn;
}

constexpr index_t domains = 2;
const sb::MapRegion region{{1, 3}, {2, 4}};

template <class B>
struct Bench {
  std::mt19937 random{1};
  Drawn drawn = maps(random);
  std::unique_ptr<sb::PlannedNetwork<double, B>> network = network_of<double, B>(drawn, false);
  sb::PlanView plan = network->plan();
  sb::DomainState<double, B> state{*network, domains};
  std::array<sb::MapRegion, 4> regions{region, region, region, region};
  sb::WavePart part{0, 16, regions};
  sb::PackedRegions<double, B> packed{*network, 3 * region.positions(), domains};

  Bench() {
    std::vector<sb::InputSet> sets(domains);
    for (std::size_t d = 0; d < sets.size(); ++d)
      for (std::size_t i = 0; i < 60; ++i) {
        const double centre = std::normal_distribution<double>()(random);
        sets[d].box.lower.push_back(centre - 0.5);
        sets[d].box.upper.push_back(centre + 0.5);
      }
    state.set_domains(sets);
    for (int v = 1; v < plan.size(); ++v) {
      state.interval(v);
      if (plan.is_activation(v)) state.lines(v);
    }
  }
  std::vector<double> read(const double* from, index_t count) {
    std::vector<double> all(static_cast<std::size_t>(count));
    network->backend().to_host(all.data(), from, count);
    return all;
  }
  /// Rows of a region's numbers are those of the map's, `rows` of them.
  void check_packed(int v, const double* found, index_t found_leading, const double* whole,
                    index_t whole_leading, index_t rows) {
    const sb::FeatureMap map = sb::map_of(plan[v]);
    const index_t columns = map.channels * region.positions();
    REQUIRE(found != whole);
    int met = 0;
    for (index_t r = 0; r < rows; ++r) {
      const auto ours = read(found + r * found_leading, columns);
      const auto theirs = read(whole + r * whole_leading, map.features());
      for (index_t i = 0; i < map.features(); ++i)
        if (const index_t c = sb::column_in(region, map.all, i); c >= 0) {
          CHECK(ours[static_cast<std::size_t>(c)] == theirs[static_cast<std::size_t>(i)]);
          ++met;
        }
    }
    CHECK(met == rows * columns);
  }
};

}  // namespace

TEST_CASE_TEMPLATE("bounds of a region", B, sb::EigenBackend, CheckedBackend) {
  Bench<B> bench;
  const sb::BoundsView<const double> whole = bench.state.bounds(1);
  sb::BoundsView<const double> found = whole;
  bench.packed.pack(bench.plan, 1, bench.part, found);
  CHECK(found.features == 3 * region.positions());
  CHECK(found.leading == sb::padded(found.features));
  bench.check_packed(1, found.lower, found.leading, whole.lower, whole.leading, domains);
  bench.check_packed(1, found.upper, found.leading, whole.upper, whole.leading, domains);
  bench.check_packed(1, found.slack, found.leading, whole.slack, whole.leading, domains);
}

TEST_CASE_TEMPLATE("lines, biases and slacks of a sweep", B, sb::EigenBackend, CheckedBackend) {
  Bench<B> bench;
  REQUIRE(bench.plan.length_of_chain(2) == 2);  // ReLU, then the bias below it
  sb::expr::SweepCall<double> whole, found;
  bench.state.fill(2, 0, whole.data);
  bench.state.fill(2, 0, found.data);
  bench.packed.pack(bench.plan, 2, bench.part, domains, found.data);
  const auto &ours = found.data[0].lines, &theirs = whole.data[0].lines;
  const auto check = [&](const sb::expr::Strided<double>& a, const sb::expr::Strided<double>& b) {
    bench.check_packed(2, a.data, a.per_domain, b.data, b.per_domain, domains);
  };
  check(ours.lower_slope, theirs.lower_slope);
  check(ours.lower_intercept, theirs.lower_intercept);
  check(ours.upper_slope, theirs.upper_slope);
  check(ours.upper_intercept, theirs.upper_intercept);
  check(ours.lower_slack, theirs.lower_slack);
  check(ours.upper_slack, theirs.upper_slack);
  const auto &bias = found.data[1], &all = whole.data[1];
  bench.check_packed(1, bias.shift, 0, all.shift, 0, 1);
  bench.check_packed(1, bias.slack, bias.slack_leading, all.slack, all.slack_leading, domains);
}

TEST_CASE_TEMPLATE("a slack alone", B, sb::EigenBackend, CheckedBackend) {
  Bench<B> bench;
  sb::expr::SweepCall<double> whole, found;
  bench.state.fill_charge(1, 0, whole);
  bench.state.fill_charge(1, 0, found);
  bench.packed.pack_slack(bench.plan, 1, bench.part, domains, found.data[0]);
  bench.check_packed(1, found.data[0].slack, found.data[0].slack_leading, whole.data[0].slack,
                     whole.data[0].slack_leading, domains);
}
