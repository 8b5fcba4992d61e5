// SPDX-License-Identifier: BSD-3-Clause

// Convolutions over several ranks: whatever policy each product has, bounds are those of one rank - bit by bit where
// matrices are whole or gathered panel by panel, up to rounding where they are multiplied in parts.

#include <tests/support/convolutions.hpp>
#include <tests/support/ranks.hpp>

#include <shardbound/backend/eigen/backend.hpp>
#include <shardbound/bound/alpha_crown.hpp>
#include <shardbound/bound/crown.hpp>
#include <shardbound/bound/crown_ibp.hpp>
#include <shardbound/bound/ibp.hpp>
#include <shardbound/bound/pass.hpp>

using namespace shardbound_test;

namespace {

using Numbers = std::vector<std::vector<double>>;

sb::InputSet box_around(sb::index_t features, double radius, std::mt19937& random) {
  std::uniform_real_distribution<double> uniform(-1, 1);
  sb::InputSet set;
  for (sb::index_t i = 0; i < features; ++i) {
    const double centre = uniform(random), reach = radius * std::abs(uniform(random));
    set.box.lower.push_back(centre - reach);
    set.box.upper.push_back(centre + reach);
  }
  return set;
}

/// Bounds of every node and of the outputs.
Numbers bounds_on(sb::AnyCommunicator communicator, const Drawn& drawn, const sb::Method& method,
                  std::span<const sb::InputSet> sets, sb::index_t wave, int threads = 1) {
  const auto network = network_of<double>(drawn, false, std::move(communicator), threads);
  sb::Capacity capacity;
  capacity.domains = static_cast<sb::index_t>(sets.size());
  capacity.wave = wave;
  sb::Pass<double, sb::EigenBackend> pass(*network, method, capacity);
  const auto found = pass.run(sets);
  Numbers all;
  for (const auto& output : found.outputs) {
    all.push_back(output.lower);
    all.push_back(output.upper);
  }
  for (int v = 1; v < network->plan().size(); ++v)
    for (const auto& box : pass.node_bounds(v)) {
      all.push_back(box.lower);
      all.push_back(box.upper);
    }
  return all;
}

enum class Cuts { in_place, any };

/// The same network with a policy drawn for each product.
Drawn with_policies(Drawn drawn, Cuts cuts, std::mt19937& random) {
  const sb::WeightCut all[] = {sb::WeightCut::panels, sb::WeightCut::whole, sb::WeightCut::rows,
                               sb::WeightCut::columns};
  for (sb::Node& node : drawn.plan.nodes) {
    node.unit = 1;
    node.split = false;
    if (node.kind == sb::NodeKind::product) node.cut = all[random() % (cuts == Cuts::any ? 4 : 2)];
  }
  return drawn;
}

bool splits(const Drawn& drawn) {
  bool any = false;
  for (const sb::Node& node : drawn.plan.nodes)
    any = any || (node.kind == sb::NodeKind::product && node.cut == sb::WeightCut::rows) ||
          (node.kind == sb::NodeKind::product && node.cut == sb::WeightCut::columns);
  return any;
}

void check_seed(unsigned seed, Cuts cuts) {
  std::mt19937 random(seed);
  const Drawn drawn = drawn_convolutions(random, Joins::any),
              cut = with_policies(drawn, cuts, random);
  const sb::index_t inputs = drawn.plan.view()[0].features;
  const std::vector<sb::InputSet> sets = {box_around(inputs, 0.3, random),
                                          box_around(inputs, 0.1, random)};
  std::vector<sb::Method> methods = {sb::Ibp{}, sb::CrownIbp{}, sb::Crown{},
                                     sb::Crown{sb::Intermediates::textbook}};
  if (!splits(cut)) methods.push_back(sb::AlphaCrown{{.iterations = 3}});
  for (std::size_t method = 0; method < methods.size(); ++method) {
    const sb::index_t wave = random() % 2 == 0 ? 0 : 8 * static_cast<sb::index_t>(1 + random() % 6);
    CAPTURE(seed);
    CAPTURE(method);
    CAPTURE(wave);
    const Numbers alone = bounds_on(sb::AnyCommunicator{}, drawn, methods[method], sets, 0);
    for (int ranks : {1, 2, 3}) {
      CAPTURE(ranks);
      const Numbers found = on_ranks(ranks, [&](sb::AnyCommunicator communicator) {
        return bounds_on(std::move(communicator), cut, methods[method], sets, wave);
      });
      if (!splits(cut) || ranks == 1)
        CHECK(found == alone);
      else
        CHECK(distance(found, alone) <= 1e-10);
    }
  }
}

}  // namespace

TEST_CASE("convolutions in place or in panels: the same bits over ranks") {
  for (unsigned seed = 0; seed < 25; ++seed) check_seed(seed, Cuts::in_place);
}

TEST_CASE("convolutions with any policies: the same bounds over ranks") {
  for (unsigned seed = 100; seed < 150; ++seed) check_seed(seed, Cuts::any);
}

TEST_CASE("kernels at rest are about 1/P on each rank") {
  std::mt19937 random(1);
  for (const sb::WeightCut policy :
       {sb::WeightCut::whole, sb::WeightCut::panels, sb::WeightCut::rows, sb::WeightCut::columns}) {
    Drawn drawn;
    sb::Geometry g;
    g.in_channels = 48, g.out_channels = 96;
    g.rows = g.columns = {.in = 4, .out = 4, .taps = 3, .before = 1};
    drawn.begin(sb::Shape{48, 4, 4});
    drawn.product(0, g, sb::Shape{96, 4, 4}, random, policy);
    drawn.plan.fold();
    for (const int ranks : {1, 2, 3}) {
      const auto bytes = on_ranks(ranks, [&](sb::AnyCommunicator communicator) {
        const auto network = network_of<double>(drawn, false, std::move(communicator));
        return network->backend().memory().current(sb::Category::weights);
      });
      // The kernel, and what ranks hold whole: a number or a few for each feature.
      const std::size_t kernel = 96 * 48 * 9 * sizeof(double), vectors = 96 * 16 * sizeof(double);
      const std::size_t own =
          policy == sb::WeightCut::whole ? kernel : kernel / static_cast<std::size_t>(ranks);
      CAPTURE(static_cast<int>(policy));
      CAPTURE(ranks);
      CHECK(bytes >= own);
      CHECK(bytes <= own + own / 10 + 4 * vectors);
    }
  }
}
