// SPDX-License-Identifier: BSD-3-Clause

// Bounds that a caller vouches for: taken as they are, or met with what a pass finds; for each domain, on every
// backend and any number of ranks.

#include <doctest/doctest.h>

#include <shardbound/bound/crown.hpp>
#include <shardbound/bound/ibp.hpp>
#include <tests/support/checked_backend.hpp>
#include <tests/support/random_network.hpp>
#include <tests/support/zoo.hpp>

using namespace shardbound_test;
using sb::Given;
using sb::GivenBounds;

namespace {

/// A node's bounds in all domains as a pass found them, widened by its slack.
template <class T, class B>
GivenBounds bounds_of(const sb::Pass<T, B>& pass, int node, Given how) {
  GivenBounds given{.node = node, .how = how};
  for (const auto& domain : pass.node_bounds(node))
    for (std::size_t i = 0; i < domain.lower.size(); ++i) {
      given.lower.push_back(static_cast<double>(domain.lower[i]) - domain.slack[i]);
      given.upper.push_back(static_cast<double>(domain.upper[i]) + domain.slack[i]);
    }
  return given;
}

/// A network, and boxes to bound it over.
template <class B>
struct Setting {
  sb::Network<zoo::Mlp, double, B> network;
  std::vector<sb::InputSet> sets;

  Setting() {
    HostNetwork::random(network, 2).copy_to(network);
    std::mt19937 random(3);
    for (int d = 0; d < 2; ++d) sets.push_back(random_box(random, 5, 0.4));
  }
  auto pass(const sb::Method& method) {
    return std::make_unique<sb::Pass<double, B>>(network, method,
                                                 sb::Capacity{.domains = 2, .given = {1, 3, 4}});
  }
};

}  // namespace

TEST_CASE_TEMPLATE("as they are: a pass that is told what another found finds the same", B,
                   sb::EigenBackend, CheckedBackend) {
  Setting<B> s;
  const auto crown = s.pass(sb::Crown{sb::Intermediates::textbook});
  const auto wanted = crown->run(s.sets);
  const std::vector<GivenBounds> given{bounds_of(*crown, 1, Given::as_they_are),
                                       bounds_of(*crown, 3, Given::as_they_are)};
  // CROWN-IBP, told CROWN's bounds, is CROWN.
  const auto told = s.pass(sb::CrownIbp{});
  const auto found = told->run(s.sets, {}, {}, nullptr, given);
  for (std::size_t d = 0; d < 2; ++d)
    for (std::size_t i = 0; i < 3; ++i) {
      CHECK(found.outputs[d].lower[i] ==
            doctest::Approx(wanted.outputs[d].lower[i]).epsilon(1e-10));
      CHECK(found.outputs[d].upper[i] ==
            doctest::Approx(wanted.outputs[d].upper[i]).epsilon(1e-10));
    }
  CHECK(told->node_bounds(3)[1].slack[0] == 0);  // the caller vouches for them
  // The next run is told nothing, and knows nothing of it.
  const auto alone = s.pass(sb::CrownIbp{})->run(s.sets);
  CHECK(told->run(s.sets).outputs[0].lower == alone.outputs[0].lower);
}

TEST_CASE_TEMPLATE("intersected: neuron by neuron the tighter side holds", B, sb::EigenBackend,
                   CheckedBackend) {
  for (const sb::Method& method : {sb::Method(sb::CrownIbp{}), sb::Method(sb::Crown{}),
                                   sb::Method(sb::Crown{sb::Intermediates::textbook})}) {
    Setting<B> s;
    const auto pass = s.pass(method);
    const auto before = pass->run(s.sets);
    const auto own = pass->node_bounds(3);
    GivenBounds given = bounds_of(*pass, 3, Given::intersected);
    std::size_t unstable = 0;  // of domain 0, or its bounds would not matter
    while (!(own[0].lower[unstable] < 0 && own[0].upper[unstable] > 0)) ++unstable;
    const double low = own[0].lower[unstable], high = own[0].upper[unstable];
    for (std::size_t i = 0; i < given.lower.size(); ++i) given.lower[i] -= 1, given.upper[i] += 1;
    given.lower[unstable] = low / 2;  // one side tighter
    given.upper[unstable] = high;
    const auto found = pass->run(s.sets, {}, {}, nullptr, {&given, 1});
    const auto met = pass->node_bounds(3);
    CHECK(met[0].lower[unstable] == given.lower[unstable]);
    for (std::size_t i = 0; i < 17; ++i) {
      if (i != unstable) CHECK(met[0].lower[i] == own[0].lower[i]);
      CHECK(met[0].upper[i] == own[0].upper[i]);
      CHECK(met[1].lower[i] == own[1].lower[i]);
    }
    CHECK(found.outputs[1].lower == before.outputs[1].lower);
    CHECK_FALSE(found.outputs[0].lower == before.outputs[0].lower);
  }
}

TEST_CASE("bounds that contradict each other become the hull of both") {
  Setting<sb::EigenBackend> s;
  const auto pass = s.pass(sb::Ibp{});
  pass->run(s.sets);
  const double high = pass->node_bounds(4)[0].upper[0];  // after a ReLU
  GivenBounds given{
      .node = 4, .lower = std::vector<double>(34, -1e9), .upper = std::vector<double>(34, 1e9)};
  given.lower[0] = high + 1;
  given.upper[0] = high + 2;
  pass->run(s.sets, {}, {}, nullptr, {&given, 1});
  CHECK(pass->node_bounds(4)[0].lower[0] == high);
  CHECK(pass->node_bounds(4)[0].upper[0] == high + 1);
}

TEST_CASE("float rounds outwards") {
  sb::Network<zoo::Lone, float> network;
  auto pass = sb::prepare(network, sb::Ibp{}, {.given = {1}});
  const sb::InputSet box(sb::Box{{-1, -1, -1}, {1, 1, 1}});
  const GivenBounds given{1, {0.1, 0.1, 0.1}, {0.3, 0.3, 0.3}, Given::as_they_are};
  pass.run({&box, 1}, {}, {}, nullptr, {&given, 1});
  const auto found = pass.node_bounds(1)[0];
  CHECK(static_cast<double>(found.lower[0]) <= 0.1);
  CHECK(static_cast<double>(found.upper[0]) >= 0.3);
}

TEST_CASE("what does not fit is refused") {
  Setting<sb::EigenBackend> s;
  const auto pass = s.pass(sb::Crown{});
  const auto says = [&](const GivenBounds& given, const char* sentence, auto error) {
    using E = decltype(error);
    CHECK_THROWS_WITH_AS(pass->run(s.sets, {}, {}, nullptr, {&given, 1}), sentence, E);
  };
  const auto many = [](std::size_t count, double x) { return std::vector<double>(count, x); };
  const sb::ArgumentError argument("");
  const sb::ShapeError shape("");
  says({2, many(18, 0), many(18, 1)},
       "the bounds given for node 2 (ReLU): there is no room for them. Fix: name the node in "
       "Capacity::given",
       argument);
  says({9, {}, {}}, "the network has no node 9: they are numbered 0 (the input) to 5 (the output)",
       argument);
  says({1, many(9, 0), many(18, 1)},
       "the bounds given for node 1 (Linear<9>) are 9 lower and 18 upper ones where 2 domains have "
       "9 "
       "features each",
       shape);
  auto lower = many(18, 0);
  lower[11] = 2;
  says({1, lower, many(18, 1)},
       "the bounds given for node 1 (Linear<9>) are empty in domain 1 at feature 2", argument);
  lower[11] = NAN;
  says({1, lower, many(18, 1)},
       "the bounds given for node 1 (Linear<9>) are not numbers in domain 1 at feature 2",
       argument);
  const std::vector<GivenBounds> twice(2, GivenBounds{1, many(18, 0), many(18, 1)});
  CHECK_THROWS_WITH_AS(pass->run(s.sets, {}, {}, nullptr, twice),
                       "the bounds given for node 1 (Linear<9>) come twice", sb::ArgumentError);
}
