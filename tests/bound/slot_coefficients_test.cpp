// SPDX-License-Identifier: BSD-3-Clause

// Coefficients on unstable neurons are those that an ordinary run finds among all features, whoever has the rows.

#include <doctest/doctest.h>

#include <shardbound/shardbound.hpp>
#include <tests/support/asked_slots.hpp>
#include <tests/support/checked_backend.hpp>

#include <limits>

using namespace shardbound_test;

namespace {

// Scales below and above an activation, one that does not bend, and a sum that is read by one that does.
using Net = sb::Sequential<sb::Input<3>, sb::Linear<30>, sb::ScaleShift, sb::ReLU, sb::Linear<19>,
                           sb::LeakyReLU, sb::ScaleShift, sb::Linear<9>, sb::Tanh, sb::Linear<9>,
                           sb::Residual<sb::Linear<9>>, sb::Abs, sb::Linear<2>>;

template <class T, class Backend = sb::EigenBackend>
using Asked = AskedSlots<Net, T, Backend>;

}  // namespace

TEST_CASE_TEMPLATE("each row's on the unstable neurons of its domain", T, float, double) {
  Asked<T> asked;
  REQUIRE(asked.activations.size() == 4);
  const auto found = asked.found();
  CHECK(found.kept.size() == 18);
  CHECK(asked.check(found) > 150);
  const auto& first = found.coefficients[0];
  CHECK(!first.neurons[0].empty());
  CHECK(first.neurons[1].size() > first.neurons[0].size());
  CHECK(first.slots < 30);  // less than all
}

TEST_CASE("whoever has the rows, and however they go by") {
  Asked<double> alone;
  const std::size_t count = alone.check(alone.found());
  Asked<double, CheckedBackend> checked;
  CHECK(checked.check(checked.found()) == count);
  Asked<double> narrow({}, sb::Store::replicated, 16);
  CHECK(narrow.check(narrow.found()) == count);
  for (const int ranks : {2, 3})
    for (const sb::Store store : {sb::Store::replicated, sb::Store::fully_sharded})
      sb::threads::run(ranks, [&](auto& communicator) {
        Asked<double> shared(communicator, store);
        const auto found = shared.found();
        const std::size_t own = shared.check(found);
        CHECK(own == count);
      });
}

TEST_CASE("rows that are good enough leave none, and the others close up") {
  Asked<double> asked;
  for (std::size_t k = 0; k < asked.parts.size(); k += 3)
    asked.parts[k].target = -std::numeric_limits<double>::infinity();
  const auto found = asked.found();
  CHECK(found.kept.size() == 12);
  CHECK(asked.check(found) > 100);
}

TEST_CASE("where a row is split its coefficient is there as well") {
  // 2 relu(x0) - 3 relu(x1) + relu(x2) over [-1, 1]^3
  using Small = sb::Sequential<sb::Input<3>, sb::Linear<3>, sb::ReLU, sb::Linear<1>>;
  sb::Network<Small> network;
  network.set_linear(1, {1, 0, 0, 0, 1, 0, 0, 0, 1}, {0, 0, 0});
  network.set_linear(3, {2, -3, 1}, {0});
  sb::Pass<double, sb::EigenBackend> pass(network, sb::Method{}, {.rows = 1});
  const sb::InputSet box(sb::Box{{-1, -1, -1}, {1, 1, 1}});
  pass.run({&box, 1}, {.matrix = {1}, .domain = {0}}, {.outputs = false});
  const sb::PartRow part{.row = 0,
                         .splits = {{2, 0, 1}, {2, 1, -1}},
                         .target = std::numeric_limits<double>::infinity()};
  const auto found = pass.bound_parts({&part, 1}, {.iterations = 3, .coefficients = true});
  REQUIRE(found.coefficients.size() == 1);
  const auto own = found.coefficients[0].of(0, 0);
  CHECK(std::vector<double>(own.begin(), own.end()) == std::vector<double>{2, -3, 1});
}
