// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/bound/crown.hpp>
#include <shardbound/bound/output_rows.hpp>
#include <tests/support/random_network.hpp>
#include <tests/support/zoo.hpp>

using namespace shardbound_test;

namespace {

struct Setting {
  sb::Network<zoo::Mlp> network;
  HostNetwork host = HostNetwork::random(network, 2);
  sb::MethodPlan method{network.plan(), sb::Crown{}, {.domains = 2}};
  sb::DomainState<double, sb::EigenBackend> state{network, 2};
  sb::RowPass<double, sb::EigenBackend> rows{network, method.routes(), 16, 0};
  sb::NeuronLists<double, sb::EigenBackend> lists{network, method.most_listed()};
  sb::OutputRows<double, sb::EigenBackend> outputs{network, method};
  std::vector<sb::InputSet> sets;

  Setting() {
    host.copy_to(network);
    std::mt19937 random(3);
    for (int d = 0; d < 2; ++d) sets.push_back(random_box(random, 5, 0.4));
  }
  /// Over the first `domains` sets.
  void run(std::size_t domains = 2) {
    state.set_domains({sets.data(), domains});
    for (int v = 1; v < network.plan().size(); ++v) {
      state.interval(v);
      if (network.plan().is_activation(v)) state.lines(v);
    }
    outputs.load(static_cast<sb::index_t>(domains));
    lists.list_all(network.plan().output(), state);
    outputs.run(rows, {&network.backend(), &network.exchange(), nullptr, nullptr}, state, lists);
  }
  sb::Bounds<double> read() const {
    sb::Bounds<double> found;
    outputs.read(found);
    return found;
  }
};

}  // namespace

TEST_CASE("outputs are bounded from both sides over every domain") {
  Setting s;
  for (const std::size_t domains : {2, 1}) {
    s.run(domains);
    const auto found = s.read();
    REQUIRE(found.outputs.size() == domains);
    std::mt19937 random(5);
    for (std::size_t d = 0; d < domains; ++d) {
      const auto& box = s.sets[d].box;
      for (int sample = 0; sample < 50; ++sample) {
        std::vector<double> x;
        for (std::size_t i = 0; i < box.lower.size(); ++i)
          x.push_back(box.lower[i] == box.upper[i] ? box.lower[i]
                                                   : uniform(random, box.lower[i], box.upper[i]));
        const auto y = s.host.values(x).back();
        for (std::size_t i = 0; i < y.size(); ++i) {
          const auto& own = found.outputs[d];
          CHECK(static_cast<long double>(own.lower[i]) - own.slack[i] <= y[i]);
          CHECK(static_cast<long double>(own.upper[i]) + own.slack[i] >= y[i]);
        }
      }
    }
  }
}

TEST_CASE("an objective is one side of all outputs, and knows what was found") {
  Setting s;
  s.run();
  const auto found = s.read();
  for (const int sign : {1, -1}) {
    CAPTURE(sign);
    const auto objective = s.outputs.objective(sign);
    CHECK(objective.start == s.network.plan().output());
    CHECK(objective.matrix.data == nullptr);  // the features themselves
    CHECK(objective.rows ==
          (sign > 0 ? sb::Trajectory::Rows::outputs : sb::Trajectory::Rows::outputs_from_above));
    CHECK(objective.targets.empty());
    CHECK(objective.groups.empty());
    REQUIRE(objective.entries.size() == 6);
    REQUIRE(objective.known.lower.size() == 6);
    REQUIRE(objective.known.slack.size() == 6);
    for (std::size_t e = 0; e < 6; ++e) {
      const auto& own = found.outputs[e / 3];
      CHECK(objective.entries[e] == sb::ListEntry{static_cast<std::int32_t>(e % 3),
                                                  static_cast<std::int32_t>(e / 3), sign});
      CHECK(objective.known.lower[e] == (sign > 0 ? own.lower[e % 3] : -own.upper[e % 3]));
      CHECK(objective.known.slack[e] <= own.slack[e % 3]);
    }
  }
}

TEST_CASE(
    "what is taken of one side is read, and leaves the other as it was, until the next load") {
  Setting s;
  s.run();
  const auto before = s.read();
  auto above = s.outputs.objective(-1).known;
  for (std::size_t e = 0; e < above.lower.size(); ++e) above.lower[e] += 0.125, above.slack[e] = 1;
  s.outputs.take(-1, above);
  CHECK(s.outputs.objective(-1).known.lower == above.lower);
  CHECK(s.outputs.objective(-1).known.slack == above.slack);
  auto below = s.outputs.objective(1).known;
  for (double& lower : below.lower) lower += 0.0625;
  s.outputs.take(1, below);
  CHECK(s.outputs.objective(-1).known.lower == above.lower);  // both are kept
  const auto found = s.read();
  for (std::size_t d = 0; d < 2; ++d)
    for (std::size_t i = 0; i < 3; ++i) {
      CHECK(found.outputs[d].lower[i] == before.outputs[d].lower[i] + 0.0625);
      CHECK(found.outputs[d].upper[i] == -above.lower[3 * d + i]);
      CHECK(found.outputs[d].slack[i] == 1);
    }
  s.run();
  const auto again = s.read();
  for (std::size_t d = 0; d < 2; ++d) {
    CHECK(again.outputs[d].lower == before.outputs[d].lower);
    CHECK(again.outputs[d].upper == before.outputs[d].upper);
    CHECK(again.outputs[d].slack == before.outputs[d].slack);
  }
}
