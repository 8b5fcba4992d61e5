// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/bound/crown.hpp>
#include <shardbound/bound/crown_ibp.hpp>
#include <shardbound/bound/ibp.hpp>
#include <tests/support/checked_backend.hpp>
#include <tests/support/same_bits.hpp>
#include <tests/support/zoo.hpp>

using namespace shardbound_test;
using namespace shardbound;

namespace {

const Method methods[] = {Ibp{},
                          CrownIbp{},
                          Crown{},
                          Crown{Intermediates::textbook},
                          {Intermediates::textbook, Descent::one_product}};

/// A device-like backend finds the same bits: nothing was peeked at, read early or assumed zero.
template <class Net, class T>
void both_backends_agree(unsigned seed) {
  const Network<Net, T> network;
  auto host = HostNetwork::random(network, seed);
  Network<Net, T> plain;
  Network<Net, T, CheckedBackend> checked(Self{}, 2);
  host.copy_to(plain), host.copy_to(checked);
  const auto question = Question::random(plain.inputs(), plain.outputs(), 3, 7, 0.5, seed);
  for (const auto& method : methods) {
    const auto number = &method - methods;
    CAPTURE(number);
    CHECK(ask_all(checked, method, question, 16) == ask_all(plain, method, question));
  }
}

/// Work that is recorded pulls down more rows, and finds the same bits each time.
template <class Net>
void recording_changes_nothing(unsigned seed) {
  Network<Net, double, CheckedBackend> network;
  HostNetwork::random(network, seed).copy_to(network);
  const auto question = Question::random(network.inputs(), network.outputs(), 3, 7, 0.5, seed);
  const auto order = in_order(3), rows = in_order(7);
  for (const auto& method : methods) {
    CAPTURE(&method - methods);
    network.backend().recording = false;
    const auto by_hand = ask_all(network, method, question);
    network.backend().recording = true;
    network.backend().replays = 0;
    Pass<double, CheckedBackend> pass(network, method, capacity_of(network, method, 3, 7, 24));
    for (int repeat = 0; repeat < 3; ++repeat) {
      Answer<double> answer;
      ask(pass, question, order, rows, answer);
      CHECK(answer == by_hand);
      for (int d : {0, 2}) {  // fewer sets and rows are other work
        Answer<double> one;
        ask(pass, question, {d}, rows, one);
        CHECK(one.domains[static_cast<std::size_t>(d)] ==
              by_hand.domains[static_cast<std::size_t>(d)]);
      }
    }
    CHECK(network.backend().replays >= 2);
  }
}

InputSet unit_box(std::size_t n) {
  return Box{std::vector<double>(n, -1), std::vector<double>(n, 1)};
}

}  // namespace

TEST_CASE_TEMPLATE("the checked backend finds the same bits", T, double, float) {
  both_backends_agree<zoo::Curves, T>(1);
  both_backends_agree<zoo::Every, T>(1);
  both_backends_agree<zoo::ResNet, T>(2);
  both_backends_agree<zoo::Fork, T>(3);
  both_backends_agree<zoo::Bare, T>(4);
  both_backends_agree<zoo::Lone, T>(5);
  both_backends_agree<zoo::Run, T>(6);
  both_backends_agree<zoo::Nest, T>(7);
}

TEST_CASE_TEMPLATE("a recording finds the same bits", Net, zoo::Mlp, zoo::Curves, zoo::ResNet,
                   zoo::Fork, zoo::Nest) {
  recording_changes_nothing<Net>(23);
}

TEST_CASE_TEMPLATE("after prepare nothing is allocated", B, EigenBackend, CheckedBackend) {
  Network<zoo::Nest, double, B> network;
  HostNetwork::random(network, 1).copy_to(network);
  const auto question = Question::random(4, 2, 5, 11, 0.5, 2);
  for (const auto& method : methods) {
    Pass<double, B> pass(network, method, capacity_of(network, method, 5, 11, 24));
    const MemoryLedger before = network.backend().memory();
    for (int round = 0; round < 3; ++round) {
      Answer<double> answer;
      ask(pass, question, in_order(5), in_order(11), answer);
    }
    CHECK(network.backend().memory().total() == before.total());
    CHECK(network.backend().memory().total_peak() == before.total_peak());
  }
}

TEST_CASE("a pass gives its memory back") {
  const Network<zoo::Nest> network;
  const auto before = network.backend().memory().total();
  { const auto pass = prepare(network, Crown{}, {4, 4}); }
  CHECK(network.backend().memory().total() == before);
}

TEST_CASE_TEMPLATE("an activation that is infinite at zero", B, EigenBackend, CheckedBackend) {
  // on positive numbers: padding, which is zero, must never meet it
  Network<Sequential<Input<3>, Reciprocal, Linear<2>, Reciprocal, Linear<1>>, double, B> network;
  const std::vector<double> ones(6, 1), bias(2, 0), row(2, 1), none(1, 0);
  const auto all = [](const std::vector<double>& x) { return std::span<const double>(x); };
  network.set_linear(2, all(ones), all(bias));
  network.set_linear(4, all(row), all(none));
  const InputSet box(Box{{1, 1, 1}, {2, 2, 2}});  // z in [1.5, 3], y = 2 / z
  for (const auto& method : methods) {
    const auto found = prepare(network, method).run({&box, 1}).outputs.front();
    CHECK(found.lower[0] <= 2.0 / 3 + 1e-12);
    CHECK(found.upper[0] >= 4.0 / 3 - 1e-12);
    CHECK(found.lower[0] > -1);
    CHECK(found.upper[0] < 3);
    CHECK(found.slack[0] < 1e-10);
  }
}

TEST_CASE("what is not wanted is not there") {
  Network<zoo::Mlp> network;
  HostNetwork::random(network, 1).copy_to(network);
  auto pass = prepare(network, Crown{}, {.rows = 2, .worst_points = true});
  const auto box = unit_box(5);
  const RowQuery rows{{1, 0, 0, 0, 1, -1}, {0, 0}};
  const auto all = pass.run({&box, 1}, rows, {true, true});
  CHECK(all.outputs.size() == 1);
  CHECK(all.rows.lower.size() == 2);
  CHECK(all.worst_points.size() == 10);
  const auto only_rows = pass.run({&box, 1}, rows, {false, false});
  CHECK(only_rows.outputs.empty());
  CHECK(only_rows.worst_points.empty());
  CHECK(only_rows.rows.lower == all.rows.lower);
  CHECK(pass.run({&box, 1}).rows.lower.empty());
}

TEST_CASE("room for what cannot be is refused") {
  Network<zoo::Mlp> network;
  const auto says = [&](const Method& method, const Capacity& capacity, const char* sentence) {
    CHECK_THROWS_WITH_AS(prepare(network, method, capacity), sentence, ArgumentError);
  };
  says(Crown{}, {.domains = 0},
       "a pass with room for 0 input sets was asked for. Fix: Capacity::domains is at least 1");
  says(Crown{}, {.rows = -3},
       "a pass with room for -3 rows was asked for. Fix: Capacity::rows is at least 0");
  says(
      Crown{}, {.wave = -1},
      "a pass with room for -1 rows in a wave was asked for. Fix: Capacity::wave is at least 1, or "
      "0 for what suits the backend");
  // IBP stops at the last layer, which has no worst input to offer.
  says(
      Ibp{}, {.rows = 2, .worst_points = true},
      "worst points come of rows that are pulled down to the input, which this method does not do. "
      "Fix: CrownIbp or Crown");
  says(Ibp{}, {.rows = 2, .linear_bounds = true},
       "linear bounds come of rows that are pulled down to the input, which this method does not "
       "do. Fix: CrownIbp or Crown");
  says(Crown{}, {.starts = {6}},
       "Capacity names node 6 as one where rows may start; the network's nodes are 0 (the input) "
       "to 5 (the output)");
  says(
      Crown{}, {.coefficients_at = {-2}},
      "Capacity names node -2 as one where coefficients are wanted; the network's nodes are 0 (the "
      "input) to 5 (the output)");
  says(Crown{}, {.given = {0}}, "bounds of node 0 are the input set itself. Fix: give the set");
}

TEST_CASE("bounds of nodes come after a run, and of nodes that are there") {
  Network<zoo::Mlp> network;
  HostNetwork::random(network, 1).copy_to(network);
  auto pass = prepare(network, Crown{});
  const char* const early = "a pass has bounds after a run, and there was none yet";
  CHECK_THROWS_WITH_AS(pass.node_bounds(1), early, ArgumentError);
  CHECK_THROWS_WITH_AS(pass.result(), early, ArgumentError);
  CHECK_THROWS_WITH_AS(pass.compute(), "a pass computes what was loaded before: nothing was",
                       ArgumentError);
  const auto box = unit_box(5);
  pass.run({&box, 1});
  CHECK(pass.node_bounds(5).front().lower.size() == 3);
  for (int node : {-1, 6})
    CHECK_THROWS_WITH_AS(pass.node_bounds(node),
                         ("the network has no node " + std::to_string(node) +
                          ": they are numbered 0 (the input) to 5 (the output)")
                             .c_str(),
                         ArgumentError);
  pass.load({&box, 1});  // what was found before is of other sets now
  CHECK_THROWS_WITH_AS(pass.node_bounds(1), early, ArgumentError);
}

TEST_CASE("nothing is bounded while weights are missing") {
  Network<zoo::Mlp> network;
  auto pass = prepare(network, Crown{});
  const auto box = unit_box(5);
  CHECK(network.missing().size() == 3);
  CHECK_THROWS_WITH_AS(pass.run({&box, 1}),
                       "node 1 (Linear<9>) misses its weight and bias, and 2 more layers miss "
                       "theirs. Fix: set them, or load a file, before bounding",
                       ArgumentError);
  HostNetwork::random(network, 1).copy_to(network);
  CHECK(network.missing().empty());
  CHECK_NOTHROW(pass.run({&box, 1}));
}

TEST_CASE("questions that do not fit are refused") {
  Network<zoo::Mlp> network;
  HostNetwork::random(network, 1).copy_to(network);
  auto pass = prepare(network, Crown{}, {2, 1});
  const std::vector<InputSet> sets(3, unit_box(5));
  const auto run = [&](std::size_t count, const RowQuery& query) {
    pass.run(std::span(sets).first(count), query);
  };
  CHECK_THROWS_WITH_AS(run(0, {}), "0 input sets for a pass prepared for 1 to 2", ArgumentError);
  CHECK_THROWS_AS(run(3, {}), ArgumentError);
  CHECK_THROWS_WITH_AS(run(1, {std::vector<double>(6), {0, 0}}),
                       "2 rows for a pass prepared for 1, counting each for every domain and side. "
                       "Fix: Capacity::rows",
                       ArgumentError);
  CHECK_THROWS_WITH_AS(run(1, {{1, 2}, {0}}),
                       "the rows to bound hold 2 numbers where 1 rows of 3 outputs belong",
                       ShapeError);
  CHECK_THROWS_WITH_AS(run(1, {{1, std::nan(""), 0}, {0}}),
                       "row 0 to bound is not finite at feature 1", ArgumentError);
  CHECK_THROWS_WITH_AS(run(2, {{1, 0, 0}, {2}}), "a row names domain 2 of 2", ArgumentError);
  CHECK_THROWS_AS(run(2, {{1, 0, 0}, {-1}}), ArgumentError);
  CHECK_NOTHROW(run(2, {{1, 0, 0}, {1}}));
}

TEST_CASE("a recording fits runs with as many bounds of fewer rows") {
  using Net = Sequential<Input<2>, Linear<2>, ReLU, Linear<2>>;
  Network<Net, double, CheckedBackend> network;
  for (int layer : {0, 1}) network.set_linear(network.linear(layer), {1, 0, 0, 1}, {0, 0});
  network.backend().recording = true;
  network.backend().replays = 0;
  Capacity capacity;
  capacity.rows = 2;
  auto pass = prepare(network, Crown{}, capacity);
  const InputSet set(Box{{1, 10}, {2, 20}});
  for (int repeat = 0; repeat < 2; ++repeat) {
    const auto both = pass.run({&set, 1}, {.matrix = {1, 0}, .sides = Sides::both});
    CHECK(both.rows.lower[0] == doctest::Approx(1));
    CHECK(both.rows.upper[0] == doctest::Approx(2));
    const auto two = pass.run({&set, 1}, {.matrix = {1, 0, 0, -1}});
    CHECK(two.rows.lower[0] == doctest::Approx(1));
    CHECK(two.rows.lower[1] == doctest::Approx(-20));
  }
  CHECK(network.backend().replays == 3);
}

TEST_CASE("what did not fit is not computed, and what was stopped is no result") {
  Network<zoo::Mlp> network;
  HostNetwork::random(network, 1).copy_to(network);
  Capacity capacity;
  capacity.rows = 1;
  auto pass = prepare(network, Crown{}, capacity);
  const auto box = unit_box(5);
  pass.run({&box, 1}, {.matrix = {1, 0, 0}});
  CHECK_THROWS_AS(pass.load({&box, 1}, {.matrix = std::vector<double>(3000)}), ArgumentError);
  CHECK_THROWS_WITH_AS(pass.compute(), "a pass computes what was loaded before: nothing was",
                       ArgumentError);
  pass.run({&box, 1});
  CancelToken token;
  token.expire_at(CancelToken::Clock::now());
  CHECK_THROWS_AS(pass.compute(&token), Cancelled);
  CHECK_THROWS_AS(pass.result(), ArgumentError);
}

TEST_CASE("a recording is not started past its deadline") {
  Network<zoo::Mlp, double, CheckedBackend> network;
  HostNetwork::random(network, 1).copy_to(network);
  network.backend().recording = true;
  auto pass = prepare(network, Crown{});
  const auto box = unit_box(5);
  for (int run = 0; run < 2; ++run) pass.run({&box, 1});
  REQUIRE(network.backend().replays == 1);
  CancelToken token;
  token.expire_at(CancelToken::Clock::now());
  CHECK_THROWS_AS(pass.run({&box, 1}, {}, {}, &token), Cancelled);
  CHECK(network.backend().replays == 1);
  CHECK_NOTHROW(pass.run({&box, 1}));
}

TEST_CASE("a run is stopped, and the next one is whole") {
  Network<zoo::Mlp> network;
  HostNetwork::random(network, 1).copy_to(network);
  auto pass = prepare(network, Crown{});
  const auto box = unit_box(5);
  const auto before = pass.run({&box, 1}).outputs.front();
  CancelToken token;
  token.cancel();
  CHECK_THROWS_AS(pass.run({&box, 1}, {}, {}, &token), Cancelled);
  CHECK(pass.run({&box, 1}).outputs.front().lower == before.lower);
}

TEST_CASE("an observer sees every node on the way up, and every wave of rows") {
  struct Seen : Observer {
    void see(const Progress& progress) override { all.push_back(progress); }
    std::vector<Progress> all;
  };
  Network<zoo::Mlp> network;
  HostNetwork::random(network, 1).copy_to(network);
  Capacity capacity;
  capacity.wave = 16;
  capacity.domains = 8;
  auto pass = prepare(network, Crown{Intermediates::textbook}, capacity);
  const std::vector<InputSet> boxes(8, unit_box(5));
  Seen seen;
  pass.run(boxes, {}, {}, nullptr, {}, &seen);
  int node = 0;
  index_t wave = 0, waves = 0, done = 0;
  for (const Progress& progress : seen.all) {
    if (progress.rows == 0) {
      CHECK(wave == waves);  // the last node's
      CHECK(progress.node == ++node);
      wave = waves = done = 0;
      continue;
    }
    CHECK(progress.node == node);
    CHECK(progress.wave == ++wave);
    CHECK(progress.done >= done);
    CHECK(progress.done < progress.rows);
    done = progress.done;
    waves = progress.waves;
  }
  CHECK(node == network.plan().size() - 1);
  CHECK(wave == waves);
  CHECK(waves == 2 * 8 * network.outputs() / 16);
}

TEST_CASE("activations that follow each other: rows begin in lines of this run, not of the last") {
  using Net = sb::Sequential<sb::Input<1>, sb::Linear<1>, sb::ReLU, sb::Sigmoid>;
  sb::Network<Net> net;
  const double one[] = {1}, zero[] = {0};
  net.set_linear(1, one, zero);
  for (const auto mode : {sb::Intermediates::tightened, sb::Intermediates::textbook}) {
    auto pass = sb::prepare(net, sb::Crown{mode});
    for (const auto& [l, u] : {std::pair{-5.0, -4.0}, {2.0, 3.0}, {-1.0, 1.0}}) {
      const sb::InputSet box(sb::Box{{l}, {u}});
      const auto bounds = pass.run({&box, 1}).outputs[0];
      for (double x = l; x <= u; x += 0.125) {
        const double y = 1 / (1 + std::exp(-std::max(x, 0.0)));
        CHECK(bounds.lower[0] - bounds.slack[0] <= y);
        CHECK(bounds.upper[0] + bounds.slack[0] >= y);
      }
    }
  }
}

TEST_CASE("coefficients that cancel where paths meet are paid for") {
  // y = big h - big h - x with h = x on [1, 2], in every order of the three paths: -2 <= y <= -1.
  using Net =
      sb::Sequential<sb::Input<1>, sb::Concat<sb::Identity, sb::ReLU, sb::ReLU>, sb::Linear<1>>;
  const sb::InputSet box(sb::Box{{1}, {2}});
  std::vector<double> weights = {-1e16, -1, 1e16};
  do {
    sb::Network<Net> net;
    const double zero[] = {0};
    net.set_linear(net.product_nodes()[0], weights, zero);
    const auto bounds = sb::crown(net, box);
    CHECK(bounds.lower[0] - bounds.slack[0] <= -2);
    CHECK(bounds.upper[0] + bounds.slack[0] >= -1);
    // The same as a row of a query on the branches themselves.
    using Open = sb::Sequential<sb::Input<1>, sb::Concat<sb::Identity, sb::ReLU, sb::ReLU>>;
    sb::Network<Open> open;
    auto pass = sb::prepare(open, sb::Crown{}, {1, 1, 0, 1 << 20});
    const auto rows = pass.run({&box, 1}, {weights, {0}}).rows;
    CHECK(rows.lower[0] - rows.slack[0] <= -2);
  } while (std::next_permutation(weights.begin(), weights.end()));
}
