// SPDX-License-Identifier: BSD-3-Clause

// What is reckoned is what is there.

#include <doctest/doctest.h>

#include <shardbound/verify/search_memory.hpp>
#include <tests/support/searching.hpp>

#include <limits>
#include <memory>
#include <utility>
#include <vector>

using namespace shardbound_test;

TEST_CASE("a domain that waits takes no more than is reckoned with") {
  const auto engine = searched_engine(3);
  engine->prepare({}, {.domains = 1, .rows = 2});
  const sb::InputSet box(sb::Box{{-1, -1}, {1, 1}});
  engine->run({&box, 1}, {{1, 1, 1, -1}, {0, 0}}, {.outputs = false}, nullptr);
  const auto slopes = std::make_shared<const std::vector<float>>(engine->part_columns(0).size());
  REQUIRE(!slopes->empty());
  sb::SearchPart part;
  part.rows = {{{}, slopes}, {{}, slopes}};
  const auto without = sb::bytes_of(part);
  CHECK(static_cast<double>(without) <= sb::waiting_bytes(engine->plan(), 2));
  CHECK(without > 2 * slopes->size() * sizeof(float));
  for (const sb::PartColumn& column : engine->part_columns(0))
    for (const int side : {1, -1}) {
      part.splits.push_back({column.activation, column.neuron, side});
      for (auto& row : part.rows) row.multipliers.push_back(1);
    }
  CHECK(sb::bytes_of(part) > without);
  CHECK(static_cast<double>(sb::bytes_of(part)) <= sb::waiting_bytes(engine->plan(), 2));
}

TEST_CASE("as many rows as fit, within limits") {
  CHECK(sb::part_rows_within(70, 100.5 * 8 * 70, 1, 4096) == 100);
  CHECK(sb::part_rows_within(70, 0, 16, 4096) == 16);
  CHECK(sb::part_rows_within(70, 1e12, 16, 4096) == 4096);
}

TEST_CASE("rows take less where few neurons are unstable, and all count where activations curve") {
  using Net = sb::Sequential<sb::Input<2>, sb::Linear<40>, sb::ReLU, sb::Linear<5>, sb::Sigmoid,
                             sb::Linear<1>>;
  auto network = std::make_unique<sb::Network<Net>>();
  HostNetwork::random(*network, 3).copy_to(*network);
  sb::EngineOf<double, sb::EigenBackend> engine(std::move(network));
  engine.prepare({}, {});
  const sb::InputSet box(sb::Box{{-0.1, -0.1}, {0.1, 0.1}});
  engine.run({&box, 1}, {}, {}, nullptr, {}, nullptr);
  const auto neurons = sb::split_neurons(engine, 0);
  REQUIRE(neurons.size() == 2);
  const auto count = neurons[0].neuron.size();
  CHECK(count > 0);
  CHECK(count < 40);
  CHECK(sb::unstable_neurons(engine, neurons) == static_cast<double>(count + 5));
  const auto& plan = engine.plan();
  const double all = sb::numbers_per_part_row(plan, sb::activation_features(plan));
  const double some = sb::numbers_per_part_row(plan, static_cast<double>(count + 5));
  CHECK(all - some == static_cast<double>(27 * (40 - count)));
}

TEST_CASE("rows over parts take no more than is reckoned with") {
  // Of the backend's memory, what a row more takes; waves, which have a budget of their own, are as high.
  const auto bytes = [](sb::index_t rows, double* reckoned) {
    using Net = sb::Sequential<sb::Input<20>, sb::Linear<300>, sb::ReLU, sb::Linear<200>, sb::ReLU,
                               sb::Linear<1>>;
    auto network = std::make_unique<sb::Network<Net>>();
    HostNetwork::random(*network, 3).copy_to(*network);
    sb::EngineOf<double, sb::EigenBackend> engine(std::move(network));
    engine.prepare({}, {.rows = rows, .wave = 16, .linear_bounds = true});
    const sb::InputSet box(sb::Box{std::vector<double>(20, -0.05), std::vector<double>(20, 0.05)});
    engine.run({&box, 1}, {.matrix = {1}, .domain = {0}}, {.outputs = false}, nullptr, {}, nullptr);
    const auto neurons = sb::split_neurons(engine, 0);
    sb::PartRow part{.target = std::numeric_limits<double>::infinity()};
    for (const auto& own : neurons)
      for (std::size_t i = 0; i < own.neuron.size(); ++i) {
        const auto point = static_cast<float>(own.lower[i] / 2);
        part.splits.push_back({own.activation, own.neuron[i], 1, point});
      }
    std::vector<sb::PartRow> parts(static_cast<std::size_t>(rows), part);
    for (std::size_t k = 0; k < parts.size(); ++k) parts[k].group = static_cast<std::int32_t>(k);
    engine.bound_parts(parts, {.iterations = 2, .coefficients = true}, nullptr, nullptr);
    const double unstable = sb::unstable_neurons(engine, neurons);
    *reckoned = sizeof(double) * sb::numbers_per_part_row(engine.plan(), unstable);
    return static_cast<double>(engine.memory().total_peak());
  };
  double reckoned = 0;
  const double each = (bytes(1600, &reckoned) - bytes(800, &reckoned)) / 800;
  CHECK(each <= reckoned);
  CHECK(each > reckoned / 2);
}
