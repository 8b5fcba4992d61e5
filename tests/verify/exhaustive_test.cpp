// SPDX-License-Identifier: BSD-3-Clause

// Thousands of small random networks whose every piece is enumerated: whether a threshold is a millionth above the least
// value there is or below it, is decided, always, and rightly.

#include <doctest/doctest.h>

#include <shardbound/clp.hpp>
#include <shardbound/verify/search_neurons.hpp>
#include <shardbound/verify/verdict.hpp>
#include <tests/support/searching.hpp>
#include <tests/support/simplices.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

using namespace shardbound_test;

namespace {

using OneLayer = sb::Sequential<sb::Input<2>, sb::Linear<5>, sb::ReLU, sb::Linear<2>>;
using TwoLayers =
    sb::Sequential<sb::Input<2>, sb::Linear<4>, sb::ReLU, sb::Linear<4>, sb::ReLU, sb::Linear<2>>;
using ThreeInputs =
    sb::Sequential<sb::Input<3>, sb::Linear<4>, sb::ReLU, sb::Linear<3>, sb::ReLU, sb::Linear<2>>;
using OtherBends = sb::Sequential<sb::Input<2>, sb::Linear<3>, sb::LeakyReLU, sb::Linear<3>,
                                  sb::Abs, sb::Linear<2>>;

sb::Box box_of(std::mt19937& random, sb::index_t sides) {
  sb::Box box;
  for (sb::index_t i = 0; i < sides; ++i) {
    const double centre = uniform(random), half = uniform(random, 0.1, 1.5);
    box.lower.push_back(centre - half);
    box.upper.push_back(centre + half);
  }
  return box;
}
sb::Conjunction rows_of(std::mt19937& random, std::size_t rows) {
  sb::Conjunction set;
  for (std::size_t r = 0; r < rows; ++r) {
    for (int i = 0; i < 2; ++i) set.rows.push_back(uniform(random));
    set.rhs.push_back(r == 0 ? 0 : uniform(random, -0.5, 0.5));
  }
  return set;
}

template <class Net, class T>
std::unique_ptr<sb::Engine> engine_for(const HostNetwork& host, sb::AnyCommunicator comm = {}) {
  auto network = std::make_unique<sb::Network<Net, T>>(std::move(comm));
  host.copy_to(*network);
  return std::make_unique<sb::EngineOf<T, sb::EigenBackend>>(std::move(network));
}

enum class Found { refuted, hit, nothing };
Found decide(sb::Engine& engine, sb::Engine& exact, const sb::Property& property, unsigned seed,
             sb::SearchProgress& counts) {
  sb::Attack attack(exact, property, {});
  sb::NeuronSearchRequest request;
  request.options.rows = 32;
  // Few steps and many leaves, or more steps.
  request.options.bounding.iterations = seed % 2 ? 10 : 2;
  request.options.minimax = &sb::clp::minimax;
  sb::SearchOfNeurons search(engine, exact, property, 0, attack, std::move(request));
  const auto hit = search.run({0});
  counts.add(search.progress());
  CHECK_FALSE((hit && search.refuted()[0]));
  return hit ? Found::hit : search.refuted()[0] ? Found::refuted : Found::nothing;
}

struct Asked {
  HostNetwork host;
  sb::Property property;
  double least;  // of the conjunction's distance; its thresholds are 0 or what they were drawn

  /// With thresholds that some point meets, if these are moved up by `above`; below 0: that none does.
  sb::Property at(double above) const {
    sb::Property moved = property;
    for (double& threshold : moved.regions[0].unsafe[0].rhs) threshold += least + above;
    return moved;
  }
};
/// To halves: neurons that are equal, or 0 at corners and along sides of the box, which may have no width.
void round(HostNetwork& host, sb::Box& box) {
  const auto to_halves = [](std::vector<double>& numbers) {
    for (double& x : numbers) x = std::round(2 * x) / 2;
  };
  for (int v = 1; v < host.plan().size(); ++v) {
    to_halves(host.numbers(v).weight);
    to_halves(host.numbers(v).bias);
  }
  to_halves(box.lower);
  to_halves(box.upper);
}
template <class Net>
Asked asked_of(unsigned seed) {
  std::mt19937 random(seed);
  const sb::Network<Net> network;
  Asked asked{HostNetwork::random(network, seed, 1.5), {network.inputs(), 2, {}}, 0};
  sb::Box box = box_of(random, network.inputs());
  if (seed % 5 == 4) round(asked.host, box);
  asked.property.regions = {{box, {rows_of(random, seed % 3 == 2 ? 2 : 1)}}};
  const Simplices pieces(asked.host, box);
  asked.least = static_cast<double>(pieces.least_distance(asked.property.regions[0].unsafe[0]));
  return asked;
}

}  // namespace

TEST_CASE_TEMPLATE("every threshold next to the least value is decided", Net, OneLayer, TwoLayers,
                   ThreeInputs, OtherBends) {
  sb::SearchProgress counts;
  for (unsigned seed = 0; seed < 600; ++seed) {
    CAPTURE(seed);
    const Asked asked = asked_of<Net>(seed);
    const auto engine = engine_for<Net, double>(asked.host);
    CHECK(decide(*engine, *engine, asked.at(-1e-6), seed, counts) == Found::refuted);
    CHECK(decide(*engine, *engine, asked.at(1e-6), seed, counts) == Found::hit);
    // Nearer than rounding anything else may come out.
    if (seed % 4 == 0)
      CHECK(decide(*engine, *engine, asked.at(1e-15), seed, counts) != Found::refuted);
  }
  CHECK(counts.domains > 5000);
}

TEST_CASE("what float32 guesses and float64 proves is right, and so is what ranks find together") {
  sb::SearchProgress counts;
  for (unsigned seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    const Asked asked = asked_of<TwoLayers>(seed);
    const auto exact = engine_for<TwoLayers, double>(asked.host);
    const auto guessing = engine_for<TwoLayers, float>(asked.host);
    CHECK(decide(*guessing, *exact, asked.at(-1e-4), seed, counts) == Found::refuted);
    CHECK(decide(*guessing, *exact, asked.at(1e-4), seed, counts) == Found::hit);
  }
  for (const int ranks : {2, 3})
    sb::threads::run(ranks, [&](auto& comm) {
      sb::SearchProgress own;
      for (unsigned seed = 0; seed < 10; ++seed) {
        const Asked asked = asked_of<TwoLayers>(seed);
        const auto shared = engine_for<TwoLayers, double>(asked.host, comm);
        CHECK(decide(*shared, *shared, asked.at(-1e-6), seed, own) == Found::refuted);
        CHECK(decide(*shared, *shared, asked.at(1e-6), seed, own) == Found::hit);
      }
    });
}

TEST_CASE("a search without linear programs is never wrong, and leaves some undecided") {
  int undecided = 0;
  for (unsigned seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    const Asked asked = asked_of<TwoLayers>(seed);
    const auto engine = engine_for<TwoLayers, double>(asked.host);
    for (const double above : {-1e-6, 1e-6}) {
      const sb::Property property = asked.at(above);
      sb::Attack attack(*engine, property, {});
      sb::NeuronSearchRequest request;
      request.options.leaf_iterations = 50;
      sb::SearchOfNeurons search(*engine, *engine, property, 0, attack, std::move(request));
      const auto hit = search.run({0});
      if (above < 0) CHECK_FALSE(hit);
      if (above > 0) CHECK_FALSE(search.refuted()[0]);
      undecided += !hit && !search.refuted()[0];
    }
  }
  CHECK(undecided > 10);
}

TEST_CASE_TEMPLATE("a search over inputs is never wrong, and decides nearly all", Net, OneLayer,
                   TwoLayers, ThreeInputs, OtherBends) {
  using Answer = sb::Verdict::Answer;
  int undecided = 0;
  for (unsigned seed = 0; seed < 40; ++seed) {
    CAPTURE(seed);
    const Asked asked = asked_of<Net>(seed);
    const auto engine = engine_for<Net, double>(asked.host);
    const auto answer_to = [&](double above) {
      sb::VerifyOptions options;
      options.inputs.most_boxes = 2000;
      return sb::Verifier(*engine, *engine, asked.at(above), options).run().answer;
    };
    const Answer below = answer_to(-1e-6), above = answer_to(1e-6);
    CHECK(below != Answer::sat);
    CHECK(above != Answer::unsat);
    CHECK(answer_to(1e-15) != Answer::unsat);
    undecided += (below == Answer::unknown) + (above == Answer::unknown);
  }
  CHECK(undecided <= 12);
}
