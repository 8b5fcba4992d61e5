// SPDX-License-Identifier: BSD-3-Clause

// What bounds of a region left open, through the one call that verifiers make.

#include <doctest/doctest.h>

#include <shardbound/verify/search_neurons.hpp>
#include <tests/support/search_outcome.hpp>
#include <tests/support/small_network.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

using namespace shardbound_test;

TEST_CASE_TEMPLATE("conjunctions of several rows that no point satisfies", T, float, double) {
  int refuted = 0, rounds = 0;
  for (unsigned seed = 0; seed < 8; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const HostNetwork host = searched_host(seed);
    const auto property = property_of(host, random, {1, 2, 3, 1}, {-0.1, -0.3, -0.3, -0.1});
    const auto engine = searched_engine<T>(seed);
    const auto other = std::is_same_v<T, double> ? nullptr : searched_engine(seed);
    const Outcome all = search(*engine, other ? *other : *engine, property, 1, {0, 1, 2, 3});
    CHECK_FALSE(all.hit);
    for (const bool one : all.refuted) refuted += one;
    rounds += all.rounds;
    // Only those that are named.
    const Outcome some = search(*engine, other ? *other : *engine, property, 1, {3, 1});
    CHECK(some.refuted == std::vector<bool>{false, all.refuted[1], false, all.refuted[3]});
  }
  CHECK(refuted >= 26);
  CHECK(rounds > 16);
}

TEST_CASE_TEMPLATE("a counterexample is found on the way, and what it hits is not refuted", T,
                   float, double) {
  int hits = 0;
  for (unsigned seed = 0; seed < 8; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const HostNetwork host = searched_host(seed);
    const auto property = property_of(host, random, {1, 2, 1}, {-0.2, 0.05, -0.2});
    const auto engine = searched_engine<T>(seed);
    const auto other = std::is_same_v<T, double> ? nullptr : searched_engine(seed);
    const Outcome found = search(*engine, other ? *other : *engine, property, 1, {0, 1, 2});
    CHECK_FALSE(found.refuted[1]);
    if (!found.hit) continue;
    ++hits;
    CHECK(found.hit->clause.region == 1);
    CHECK(found.hit->clause.conjunction == 1);
    check_hit(host, property, *found.hit);
  }
  CHECK(hits >= 4);
}

// |x_0| + |x_1| is 0.7 at least, at a number that float32 does not hold: below it, it has a point outside of the box.
TEST_CASE("points of a search in float32 are of the box") {
  const auto engine = small_engine<float>(), exact = small_engine<double>();
  const sb::Property property{2, 2, {{{{0.7, -1e-9}, {2, 1e-9}}, {{{1, 0}, {0.7 - 5e-9}}}}}};
  CHECK(static_cast<double>(0.7f) + 1e-9 < 0.7 - 5e-9);
  const Outcome found = search(*engine, *exact, property, 0, {0});
  CHECK(found.rounds > 0);
  CHECK_FALSE(found.hit);
}

TEST_CASE("rows that a scalar does not hold are neither refuted by it nor an error") {
  const auto engine = small_engine<float>(), exact = small_engine<double>();
  const sb::Box box{{-1, -1}, {1, 1}};
  for (const double size : {1e-60, 1e60}) {  // 0 and infinity in float32
    CAPTURE(size);
    // y_0 = |x_0| + |x_1| is between 0 and 2.
    const sb::Property property{
        2, 2, {{box, {{{size, 0}, {size}}, {{size, 0}, {-size}}, {{-size, 0}, {-3 * size}}}}}};
    const Outcome found = search(*engine, *exact, property, 0, {0, 1, 2});
    CHECK_FALSE(found.refuted[0]);
    if (found.hit) continue;
    CHECK(found.refuted[1]);
    CHECK(found.refuted[2]);
  }
}

TEST_CASE("where no point is known to be in a region, none is a counterexample") {
  const auto engine = small_engine();
  sb::Property property{2, 2, {{{{0.5, -1}, {0.5, 1}}, {{{1, 0}, {2}}}}}};
  CHECK(search(*engine, *engine, property, 0, {0}).hit);
  property.regions[0].points = {{0.5, -1}, {0.25, 1}};
  const Outcome found = search(*engine, *engine, property, 0, {0});
  CHECK(found.rounds > 1);
  CHECK_FALSE(found.hit);
  CHECK_FALSE(found.refuted[0]);
}

// x_0 is between two numbers next to each other, one of which stands for it: at x_1 = 0, which is as far off as it gets, the
// threshold is met, but no certificate says so for all that x_0 may be.
TEST_CASE("a search goes on where a point was not certified") {
  const auto run = [](sb::Engine& engine, sb::Engine& exact) {
    sb::Region region{{{0.7, -1e-17}, {std::nextafter(0.7, 1.0), 1e-17}}, {{{1, 0}, {0.7}}}};
    region.points = {{0.7, -1e-17}, {0.7, 1e-17}};
    region.between = {true, false};
    const Outcome found = search(engine, exact, {2, 2, {region}}, 0, {0});
    CHECK_FALSE(found.hit);
    CHECK_FALSE(found.refuted[0]);
    CHECK(found.rounds > 1);
    CHECK(found.counts.undecided > 0);
  };
  const auto engine = small_engine(), exact = small_engine();
  run(*engine, *engine);
  run(*small_engine<float>(), *exact);
}

TEST_CASE("what is as good as decided needs no parts") {
  const auto engine = small_engine();
  const sb::Property property = [] {
    sb::Property far = at_least(10);
    far.regions[0].unsafe.push_back(
        {{-1, 0, 0, 1}, {-2.5, -2.5}});  // y_1 is least where y_0 is small
    return far;
  }();
  const Outcome found = search(*engine, *engine, property, 0, {0});
  CHECK(found.refuted == std::vector<bool>{true, false});
  CHECK(found.rounds == 0);
}

TEST_CASE_TEMPLATE("a search that begins anew, with better bounds inside, is as right", T, float,
                   double) {
  int refuted = 0, anew = 0;
  for (unsigned seed = 0; seed < 12; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const HostNetwork host = searched_host(seed);
    const auto none = property_of(host, random, {1, 2}, {-0.02, -0.05}),
               some = property_of(host, random, {1}, {0.001});
    const auto engine = searched_engine<T>(seed);
    const auto other = std::is_same_v<T, double> ? nullptr : searched_engine(seed);
    const auto impatient = [&](const sb::Property& property,
                               const std::vector<std::size_t>& conjunctions) {
      auto request = request_of();
      request.options.patience = 4;
      return search(*engine, other ? *other : *engine, property, 1, conjunctions,
                    std::move(request));
    };
    const Outcome without = impatient(none, {0, 1}), with = impatient(some, {0});
    CHECK_FALSE(without.hit);
    for (const bool one : without.refuted) refuted += one;
    CHECK_FALSE(with.refuted[0]);
    if (with.hit) check_hit(host, some, *with.hit);
    anew += without.beginnings - 1 + with.beginnings - 1;
  }
  CHECK(refuted >= 20);
  CHECK(anew > 3);
}

TEST_CASE_TEMPLATE("where activations curve, boxes are cut at points until they are decided", Net,
                   CurvedNet, MixedNet) {
  int refuted = 0, rounds = 0;
  for (unsigned seed = 0; seed < 6; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const HostNetwork host = searched_host<Net>(seed);
    const auto none = property_of(host, random, {1, 2, 1}, {-0.05, -0.05, -0.01}),
               some = property_of(host, random, {1}, {0.02});
    sb::NeuronSearchRequest request = request_of();
    request.options.most_parts = 1000;  // in vain if these do not do: what 3000 decide, they do
    const auto engine = searched_engine<double, Net>(seed);
    const Outcome alone = search(*engine, *engine, none, 1, {0, 1, 2}, request);
    CHECK_FALSE(alone.hit);
    for (const bool one : alone.refuted) refuted += one;
    rounds += alone.rounds;
    // float32 guesses, float64 proves.
    const auto guessing = searched_engine<float, Net>(seed);
    for (sb::Engine* searching : {engine.get(), guessing.get()}) {
      const Outcome with = search(*searching, *engine, some, 1, {0}, request);
      CHECK_FALSE(with.refuted[0]);
      if (with.hit) check_hit(host, some, *with.hit);
    }
    CHECK_FALSE(search(*guessing, *engine, none, 1, {0, 1, 2}, request).hit);
    sb::threads::run(2, [&](auto& comm) {
      const auto shared = searched_engine<double, Net>(seed, comm);
      const Outcome found = search(*shared, *shared, none, 1, {0, 1, 2}, request);
      if (comm.rank() != 0) return;
      CHECK(found.refuted == alone.refuted);
      CHECK(found.counts.domains == alone.counts.domains);
    });
  }
  CHECK(refuted >= 12);
  CHECK(rounds > 30);
}

TEST_CASE("more rows go at once where memory has room for them, and the domains are the same") {
  /// Knows how many rows were asked about at once.
  struct Counting : sb::EngineOf<double, sb::EigenBackend> {
    using EngineOf::EngineOf;
    std::size_t most = 0;
    sb::PartBounds bound_parts(std::span<const sb::PartRow> parts, const sb::PartOptions& options,
                               const sb::CancelToken* cancel, sb::Observer* observer) override {
      most = std::max(most, parts.size());
      return EngineOf::bound_parts(parts, options, cancel, observer);
    }
  };
  constexpr unsigned seed = 6;
  std::mt19937 random(seed);
  const HostNetwork host = searched_host(seed);
  const auto property = property_of(host, random, {1, 2, 1}, {-0.01, -0.02, -0.01});
  sb::Network<SearchedNet> network;
  host.copy_to(network);
  const auto counts_of = [&](double row_bytes, std::size_t* most) {
    Counting engine(network);
    auto request = request_of(4);
    request.options.row_bytes = row_bytes;
    const Outcome found = search(engine, engine, property, 1, {0, 1, 2}, std::move(request));
    *most = engine.most;
    return found;
  };
  std::size_t as_asked = 0, little = 0, much = 0, few = 0;
  const Outcome expected = counts_of(0, &as_asked);
  CHECK(expected.counts.domains > 20);
  CHECK(as_asked == 4);
  // A row takes so much at most.
  const double each = sizeof(double) * sb::numbers_per_part_row(network.plan(), 11);
  for (const auto& [bytes, most] :
       {std::pair{0.5 * each, &little}, {7.5 * each, &few}, {1e9, &much}}) {
    const Outcome found = counts_of(bytes, most);
    CHECK(found.refuted == expected.refuted);
    CHECK(found.counts.domains == expected.counts.domains);
  }
  CHECK(little == 4);
  CHECK(few > 4);
  CHECK(few < much);
}

TEST_CASE("a search that is cancelled says so") {
  constexpr unsigned seed = 6;
  std::mt19937 random(seed);
  const HostNetwork host = searched_host(seed);
  const auto property = property_of(host, random, {1}, {-1e-3});
  const auto engine = searched_engine(seed);
  sb::Attack attack(*engine, property, {});
  int rounds = 0;
  const auto run = [&](int cancelled_after) {
    sb::CancelToken token;
    if (cancelled_after == 0) token.cancel();
    auto request = request_of();
    request.cancel = &token;
    rounds = 0;
    request.see = [&](const sb::SearchProgress&) {
      if (++rounds == cancelled_after) token.cancel();
    };
    sb::SearchOfNeurons search(*engine, *engine, property, 1, attack, request);
    search.run({0});
  };
  CHECK_THROWS_AS(run(0), sb::Cancelled);
  CHECK(rounds == 0);
  CHECK_THROWS_AS(run(2), sb::Cancelled);
  CHECK(rounds == 2);
  // The engine is as good as new.
  CHECK_NOTHROW(run(1 << 20));
  CHECK(rounds > 2);
}
