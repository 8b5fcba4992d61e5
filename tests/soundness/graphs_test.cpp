// SPDX-License-Identifier: BSD-3-Clause

// Random graphs of layers, written as files and opened at run time: points of a box never escape its bounds, and
// ranks and waves never show.

#include <doctest/doctest.h>

#include <shardbound/io/open.hpp>
#include <shardbound/shardbound.hpp>
#include <tests/support/random_graph.hpp>
#include <tests/support/ranks.hpp>
#include <tests/support/temporary.hpp>

#include <random>

using namespace shardbound_test;

namespace {

constexpr int graphs = 150;

sb::Box random_box(std::mt19937& random) {
  sb::Box box;
  for (std::size_t i = 0; i < RandomGraph::inputs; ++i) {
    const double centre = static_cast<double>(random() % 65) / 16 - 2;
    const double radius = static_cast<double>(random() % 5) / 8;
    box.lower.push_back(centre - radius);
    box.upper.push_back(centre + radius);
  }
  return box;
}

/// Lower and upper bounds and their slack, one behind the other.
template <class T>
std::vector<T> bounds_on(const std::string& path, const sb::Box& box, const sb::Method& method,
                         int ranks, const sb::Policies& policies, sb::index_t wave = 0) {
  return on_ranks(ranks, [&](sb::AnyCommunicator communicator) {
    const auto network = sb::onnx::open<T>(path, std::move(communicator), policies);
    const sb::InputSet set(box);
    sb::Capacity capacity;
    capacity.wave = wave;
    const auto found = sb::prepare(network, method, capacity).run({&set, 1}).outputs.front();
    std::vector<T> numbers = found.lower;
    numbers.insert(numbers.end(), found.upper.begin(), found.upper.end());
    numbers.insert(numbers.end(), found.slack.begin(), found.slack.end());
    return numbers;
  });
}

}  // namespace

TEST_CASE_TEMPLATE("points never escape", T, float, double) {
  int tight = 0, compared = 0;
  for (unsigned seed = 0; seed < graphs; ++seed) {
    CAPTURE(seed);
    SeededChoices choices(seed);
    const RandomGraph graph(choices);
    const Temporary file(".onnx", graph.bytes());
    std::mt19937 random(seed + 1000);
    const sb::Box box = random_box(random);
    const auto network = sb::onnx::open<T>(file.name());
    for (const sb::Method& method :
         {sb::Method(sb::Ibp{}), sb::Method(sb::CrownIbp{}), sb::Method(sb::Crown{}),
          sb::Method(sb::Crown{sb::Intermediates::textbook})}) {
      const sb::InputSet set(box);
      const auto found = sb::prepare(network, method).run({&set, 1}).outputs.front();
      for (int sample = 0; sample < 20; ++sample) {
        Point x;
        for (std::size_t i = 0; i < box.lower.size(); ++i)
          x.push_back(box.lower[i] +
                      (box.upper[i] - box.lower[i]) * static_cast<long double>(random() % 17) / 16);
        const Point y = graph.value(x);
        REQUIRE(y.size() == found.lower.size());
        for (std::size_t i = 0; i < y.size(); ++i) {
          // What long double itself rounds is far below the slack, but for graphs of constants alone.
          const long double own = 1e-17L * (1 + std::fabs(y[i]));
          CHECK(y[i] + own >= static_cast<long double>(found.lower[i]) - found.slack[i]);
          CHECK(y[i] - own <= static_cast<long double>(found.upper[i]) + found.slack[i]);
          tight += found.upper[i] - found.lower[i] < 100;
          ++compared;
        }
      }
    }
  }
  CHECK(tight * 2 > compared);  // or it would be no wonder
}

TEST_CASE("ranks, gathered weights and waves never show in bits") {
  for (unsigned seed = 0; seed < graphs; seed += 5) {
    CAPTURE(seed);
    SeededChoices choices(seed);
    const Temporary file(".onnx", RandomGraph(choices).bytes());
    std::mt19937 random(seed);
    const sb::Box box = random_box(random);
    const auto whole = [](sb::WeightCut cut) { return sb::Policies{cut}; };
    const auto alone = bounds_on<double>(file.name(), box, sb::Crown{}, 1, {});
    CHECK(bounds_on<double>(file.name(), box, sb::Crown{}, 3, whole(sb::WeightCut::whole)) ==
          alone);
    CHECK(bounds_on<double>(file.name(), box, sb::Crown{}, 3, whole(sb::WeightCut::panels), 1) ==
          alone);
    const sb::Policies rows{sb::WeightCut::whole, sb::Policies::Of::rows_and_columns};
    const auto cut = bounds_on<double>(file.name(), box, sb::Crown{}, 3, rows);
    const std::size_t bounds = alone.size() / 3 * 2;  // the slack is a matter of ranks
    for (std::size_t i = 0; i < bounds; ++i)
      CHECK(std::abs(cut[i] - alone[i]) <= 1e-10 * (1 + std::abs(alone[i])));
  }
}
