// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/verify/box_bounder.hpp>
#include <tests/support/bumpy_network.hpp>

using namespace shardbound;
using namespace shardbound_test;

namespace {

/// Unsafe: y_0 <= threshold; or y_0 >= greatest and y_1 <= other.
Property property_of(double threshold, double greatest, double other) {
  return {2, 2, {{bumpy_box(), {{{1, 0}, {threshold}}, {{-1, 0, 0, 1}, {-greatest, other}}}}}};
}
OpenBox root_of(const Property& property) {
  OpenBox root;
  root.box = property.regions[0].box;
  root.open = {0, 1};
  return root;
}
bool holds(const Box& box, std::span<const double> x) {
  for (std::size_t i = 0; i < x.size(); ++i)
    if (!(box.lower[i] <= x[i] && x[i] <= box.upper[i])) return false;
  return true;
}

}  // namespace

TEST_CASE("every point that satisfies a conjunction stays in what is left, cut after cut") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    const auto engine = bumpy_engine(seed);
    const auto points = grid_over(bumpy_box(), 101);
    const auto y = engine->values(points);
    const auto [least, greatest] = range_over(*engine, points, 0);
    const Property property = property_of(least + 0.1 * (greatest - least), greatest - 0.1,
                                          range_over(*engine, points, 1).first + 0.5);
    BoxBounder bounder(*engine, property, 0, 16);
    std::vector<OpenBox> boxes = bounder.run(std::vector{root_of(property)}, nullptr);
    for (int round = 0; round < 5; ++round) {
      for (std::size_t d = 0; d < points.size() / 2; ++d)
        for (std::uint32_t c : {0u, 1u}) {
          const Conjunction& set = property.regions[0].unsafe[c];
          if (!(furthest_row(set, std::span(y).subspan(2 * d, 2)).excess < -1e-9)) continue;
          bool found = false;
          for (const OpenBox& box : boxes)
            found = found || (std::count(box.open.begin(), box.open.end(), c) > 0 &&
                              holds(box.box, std::span(points).subspan(2 * d, 2)));
          REQUIRE(found);
        }
      std::erase_if(boxes, [](const OpenBox& box) { return box.open.empty(); });
      boxes = bounder.halves(boxes, nullptr);
    }
  }
}

TEST_CASE("what is said of a box depends on no other") {
  const auto engine = bumpy_engine(3), other = bumpy_engine(3);
  const Property property = property_of(-1, 1, 0);
  BoxBounder together(*engine, property, 0, 64), alone(*other, property, 0, 1);
  std::vector<OpenBox> boxes = together.run(std::vector{root_of(property)}, nullptr);
  for (int round = 0; round < 4; ++round) {
    std::erase_if(boxes, [](const OpenBox& box) { return box.open.empty(); });
    const auto all = together.halves(boxes, nullptr), each = alone.halves(boxes, nullptr);
    REQUIRE(all.size() == 2 * boxes.size());
    REQUIRE(each.size() == all.size());
    for (std::size_t d = 0; d < all.size(); ++d) {
      CHECK(all[d].open == each[d].open);
      if (all[d].open.empty()) continue;
      CHECK(all[d].box == each[d].box);
      CHECK(all[d].margin == each[d].margin);
      CHECK(all[d].excess == each[d].excess);
      CHECK(all[d].point == each[d].point);
      CHECK(all[d].cuts == each[d].cuts);
      CHECK(all[d].signs == each[d].signs);
      CHECK(all[d].share == boxes[d / 2].share / 2);
      CHECK(all[d].margin >= boxes[d / 2].margin);
      CHECK(holds(boxes[d / 2].box, all[d].point));
    }
    boxes = all;
  }
}

TEST_CASE("a box whose ends are next to each other has no cut") {
  const auto engine = bumpy_engine(3);
  Property property = property_of(100, 100, 0);
  property.regions[0].box = {{1, 0.5}, {std::nextafter(1, 2), 0.5}};
  BoxBounder bounder(*engine, property, 0, 4);
  const auto left = bounder.run(std::vector{root_of(property)}, nullptr);
  CHECK(left[0].open == std::vector<std::uint32_t>{0});
  CHECK(left[0].cuts.empty());
  CHECK(left[0].excess < 0);
}

TEST_CASE("rows over inputs refute and clip") {
  // (|x|, x), seen as one output and the input.
  using Net = Sequential<Input<1>, Linear<2>, ReLU, Linear<2>>;
  auto network = std::make_unique<Network<Net>>();
  network->set_linear(1, std::vector<double>{1, -1}, std::vector<double>{0, 0});
  network->set_linear(3, std::vector<double>{1, 1, 1, -1}, std::vector<double>{0, 0});
  EngineOf<double, EigenBackend> engine(std::move(network));
  // |x| <= 1 and x >= 1/2; |x| <= 1 and x >= 3
  Property property{1, 2, {{{{-2}, {2}}, {{{1, 0, 0, -1}, {1, -0.5}}, {{1, 0, 0, -1}, {1, -3}}}}}};
  property.observed = Observed::outputs_and_inputs;
  BoxBounder bounder(engine, property, 0, 4);
  const auto left = bounder.run(std::vector{root_of(property)}, nullptr);
  REQUIRE(left[0].open == std::vector<std::uint32_t>{0});
  CHECK(left[0].box.lower[0] <= 0.5);
  CHECK(left[0].box.lower[0] > 0.49);
  CHECK(left[0].box.upper[0] >= 1);
}
