// SPDX-License-Identifier: BSD-3-Clause

// Bounds inside small networks, tightened: no point of the box is beyond them, and they come near to what points reach.

#include <doctest/doctest.h>

#include <shardbound/verify/neuron_bounds.hpp>
#include <tests/support/searching.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <random>
#include <utility>
#include <vector>

using namespace shardbound_test;

namespace {

constexpr std::size_t second = 3;  // the node that the second activation reads

/// An engine whose last run was over the box.
template <class T = double>
std::unique_ptr<sb::Engine> engine_over(const sb::InputSet& box, unsigned seed,
                                        sb::AnyCommunicator communicator = {}) {
  auto engine = searched_engine<T>(seed, std::move(communicator));
  engine->prepare({}, {});
  engine->run({&box, 1}, {}, {}, nullptr);
  return engine;
}
std::vector<sb::GivenBounds> tightened(sb::Engine& engine, const sb::InputSet& box, int cuts,
                                       sb::index_t rows = 64, sb::Engine* alone = nullptr) {
  sb::NeuronBounds bounds(engine, box, alone);
  bounds.tighten({cuts, rows, {}}, nullptr, nullptr);
  return bounds.given();
}
bool same(const std::vector<sb::GivenBounds>& a, const std::vector<sb::GivenBounds>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const sb::GivenBounds& x, const sb::GivenBounds& y) {
                      return x.node == y.node && x.lower == y.lower && x.upper == y.upper;
                    });
}
/// What the features of the second activation's input are at points of a grid, least and most.
std::pair<std::vector<double>, std::vector<double>> reached(const HostNetwork& host,
                                                            const sb::Box& box) {
  constexpr int cuts = 60;
  std::vector<double> least, most;
  for (int i = 0; i <= cuts; ++i)
    for (int j = 0; j <= cuts; ++j) {
      const auto at = [&](std::size_t k, int step) {
        return box.lower[k] + (box.upper[k] - box.lower[k]) * step / cuts;
      };
      const auto all = host.values({at(0, i), at(1, j)});
      const auto& x = all.at(second);
      least.resize(x.size(), 1e9);
      most.resize(x.size(), -1e9);
      for (std::size_t k = 0; k < x.size(); ++k) {
        least[k] = std::min(least[k], static_cast<double>(x[k]));
        most[k] = std::max(most[k], static_cast<double>(x[k]));
      }
    }
  return {least, most};
}

}  // namespace

TEST_CASE_TEMPLATE("no point is beyond them, and with cuts enough some come near", T, double,
                   float) {
  double first_excess = 0, last_excess = 0;
  for (unsigned seed = 0; seed < 12; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const sb::Box box = random_box(random);
    const sb::InputSet set(box);
    const auto [least, most] = reached(searched_host(seed), box);
    const auto engine = engine_over<T>(set, seed);
    std::vector<sb::GivenBounds> before = sb::NeuronBounds(*engine, set).given();
    for (const int cuts : {0, 1, 4, 40}) {
      engine->prepare({}, {});
      engine->run({&set, 1}, {}, {}, nullptr);
      const auto found = tightened(*engine, set, cuts);
      REQUIRE(found.size() == before.size());
      const auto& own = found.back();
      REQUIRE(own.node == static_cast<int>(second));
      for (std::size_t i = 0; i < least.size(); ++i) {
        CHECK(own.lower[i] <= least[i] + 1e-12);
        CHECK(own.upper[i] >= most[i] - 1e-12);
        CHECK(own.lower[i] >= before.back().lower[i]);
        CHECK(own.upper[i] <= before.back().upper[i]);
        // Of neurons that stay unstable: nobody tightens others.
        if (own.lower[i] >= 0 || own.upper[i] <= 0) continue;
        const double excess = own.upper[i] - own.lower[i] - (most[i] - least[i]);
        if (cuts == 0) first_excess += excess;
        if (cuts == 40) last_excess += excess;
      }
      before = found;
    }
  }
  CHECK(first_excess > 1);
  CHECK(last_excess < 0.1 * first_excess);
}

TEST_CASE("they do not depend on how many rows are bounded at once, and on ranks") {
  std::mt19937 random(5);
  const sb::InputSet box(random_box(random));
  const auto engine = engine_over(box, 5);
  const auto expected = tightened(*engine, box, 6);
  for (const sb::index_t rows : {1, 6, 200}) {
    const auto fresh = engine_over(box, 5);
    CHECK(same(tightened(*fresh, box, 6, rows), expected));
  }
  for (const int ranks : {2, 3})
    sb::threads::run(ranks, [&](auto& communicator) {
      const auto shared = engine_over(box, 5, sb::AnyCommunicator(communicator));
      const auto alone = shared->alone();
      REQUIRE(alone);
      CHECK(same(tightened(*shared, box, 6, 5, alone.get()), expected));
      const auto again = engine_over(box, 5, sb::AnyCommunicator(communicator));
      CHECK(same(tightened(*again, box, 6), expected));
    });
}

TEST_CASE("what tightening costs grows with cuts, and is nothing where nothing can be cut") {
  const sb::InputSet box(sb::Box{{-1, -1}, {1, 1}}), point(sb::Box{{0.5, 0.5}, {0.5, 0.5}});
  const auto engine = engine_over(box, 1);
  const sb::NeuronBounds bounds(*engine, box);
  CHECK(bounds.price(4) > bounds.price(1));
  CHECK(bounds.price(1) > 0);
  CHECK(bounds.unstable_width() > 0);
  const auto other = engine_over(point, 1);
  CHECK(sb::NeuronBounds(*other, point).price(4) == 0);
}
