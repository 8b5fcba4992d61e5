// SPDX-License-Identifier: BSD-3-Clause

// What a half-space of a box says of planes over it, against points of the half-space.

#include <doctest/doctest.h>

#include <shardbound/verify/implied_splits.hpp>
#include <tests/support/flat_box.hpp>

#include <algorithm>
#include <random>
#include <span>
#include <utility>
#include <vector>

using namespace shardbound;
using shardbound_test::flat_box;
using shardbound_test::uniform;

namespace {

Plane random_plane(std::mt19937& random, std::size_t n, double constant) {
  Plane plane;
  for (std::size_t i = 0; i < n; ++i)
    plane.coefficients.push_back(i % 7 == 3 ? 0 : uniform(random));
  plane.constant = constant;
  return plane;
}
Plane negative(Plane plane) {
  for (double& c : plane.coefficients) c = -c;
  plane.constant = -plane.constant;
  return plane;
}
double at(const Plane& plane, const std::vector<double>& x) {
  double sum = plane.constant;
  for (std::size_t i = 0; i < x.size(); ++i) sum += plane.coefficients[i] * x[i];
  return sum;
}

HalvedBox::Least highest(const HalvedBox& halved, const Plane& plane, const Plane& row,
                         const HalvedBox::Wanted& wanted = {}) {
  const auto own = halved.scaled(plane), other = halved.scaled(row);
  return halved.highest(own, other, halved.tangent(own, other, 0), halved.tangent(own, other, 1e6),
                        wanted);
}
double least(const Plane& plane, const Box& box) {
  double sum = plane.constant;
  for (std::size_t i = 0; i < box.lower.size(); ++i)
    sum += std::min(plane.coefficients[i] * box.lower[i], plane.coefficients[i] * box.upper[i]);
  return sum;
}
double value_of(const NeuronSplit& split) { return split.side * static_cast<double>(split.point); }

}  // namespace

TEST_CASE("no point of the half-space contradicts what is implied, and much is") {
  std::mt19937 random(1);
  int implied = 0, narrowed = 0, empty = 0, seen = 0;
  for (int draw = 0; draw < 400; ++draw) {
    const std::size_t n = 2 + random() % 12;
    const Box box = flat_box(random, n);
    std::vector<SplitNeurons> neurons(2);
    SplitPlanes planes(2);
    for (std::size_t a = 0; a < 2; ++a) {
      neurons[a].activation = static_cast<int>(2 * a + 2);
      for (std::int32_t i = 0; i < 6; ++i) {
        neurons[a].neuron.push_back(3 * i);
        const Plane own = random_plane(random, n, uniform(random, -1, 1));
        planes[a].push_back({own, negative(own)});  // its input is this plane
        neurons[a].lower.push_back(least(own, box));
        neurons[a].upper.push_back(-least(negative(own), box));
      }
    }
    const Plane row = random_plane(random, n, uniform(random, -1, 2));
    std::vector<NeuronSplit> splits{{2, 0, random() % 2 ? 1 : -1}};
    const NeuronSplit decided = splits.front();
    const ImpliedSplits all(box, neurons, planes);
    ImpliedSplits::Look look{&row, &splits};
    all.append({&look, 1});
    const bool some_left = !look.is_empty;
    CHECK(splits.front() == decided);
    for (const NeuronSplit& split : std::span(splits).subspan(1)) {
      CHECK(value_of(split) <= 0);
      (split.point == 0 ? implied : narrowed) += 1;
    }
    empty += !some_left;
    for (int point = 0; point < 300; ++point) {
      std::vector<double> x;
      for (std::size_t i = 0; i < n; ++i) {
        const double end = row.coefficients[i] > 0 ? box.lower[i] : box.upper[i];
        const double free = box.lower[i] + uniform(random, 0, 1) * (box.upper[i] - box.lower[i]);
        x.push_back(random() % 2 ? end : free);
      }
      if (at(row, x) > 0 || decided.side * at(planes[0][0].above, x) < 0) continue;
      ++seen;
      CHECK(some_left);
      for (const NeuronSplit& split : splits) {
        const auto a = static_cast<std::size_t>(split.activation / 2 - 1);
        const Plane& input = planes[a][static_cast<std::size_t>(split.neuron / 3)].above;
        CHECK(split.side * at(input, x) >= value_of(split));
      }
    }
  }
  CHECK(implied > 300);
  CHECK(narrowed > 300);
  CHECK(empty > 10);
  CHECK(seen > 10000);
}

TEST_CASE("the best multiplier is found: a plane that only just keeps its sign") {
  // x + y >= 1 leaves of the unit square what is above its diagonal, where x + 2 y >= 1.
  const Box square{{0, 0}, {1, 1}};
  const HalvedBox halved(square);
  const Plane row{{-1, -1}, 1};
  for (const double margin : {1e-4, -1e-4}) {
    const Plane plane{{1, 2}, -1 + margin};
    const auto found = highest(halved, plane, row);
    CHECK((found.value >= 0 && halved.is_above(0, plane, found.multiplier, row)) == (margin > 0));
  }
  // What is nowhere below 0 needs no half-space, and what is always below it has none.
  const Plane above{{1, 1}, 0.5}, below{{1, 1}, -3};
  CHECK(highest(halved, above, row).multiplier == 0);
  CHECK(highest(halved, below, row).value < 0);
  // Over the triangle x + 2 y is 1 at least, and 0 over the square: what is gained is gained nearly.
  const Plane input{{1, 2}, 0};
  CHECK(highest(halved, input, row, {0, 0.1, 5}).value > 0.875);
  CHECK(highest(halved, input, row, {0, 0.1, 5}).value < 1 + 1e-5);
  CHECK(highest(halved, input, row, {0, 1.1, 5}).value < 1.1);  // nothing is worth so much
}

// Over x + y >= 1 again, of the square from 0 to 2: z = x - y - 0.5 is from -2.5 to 1.5 over all of it.
TEST_CASE("intervals become narrower in their places, and those that leave nothing are noticed") {
  const Box box{{0, 0}, {2, 2}};
  const std::vector<SplitNeurons> neurons{{2, {4}, {-2.5}, {1.5}, {0}}};
  const Plane input{{1, -1}, -0.5};
  const ImpliedSplits all(box, neurons, {{{input, negative(input)}}});
  const auto look = [&](const Plane& row, std::vector<NeuronSplit> splits) {
    ImpliedSplits::Look one{&row, &splits};
    all.append({&one, 1});
    return std::pair{one.is_empty, splits};
  };
  using Splits = std::vector<NeuronSplit>;
  const Plane right{{-1, 0}, 1};  // x >= 1, where z >= -1.5
  const auto [is_empty, splits] = look(right, {});
  REQUIRE(splits.size() == 1);
  CHECK_FALSE(is_empty);
  CHECK(splits[0].side == 1);
  CHECK(static_cast<double>(splits[0].point) == doctest::Approx(-1.5).epsilon(0.01));
  CHECK(splits[0].point < -1.5F);
  const auto nearer = look(right, {{2, 4, 1, -2}}).second;  // in the place of what was there
  REQUIRE(nearer.size() == 1);
  CHECK(static_cast<double>(nearer[0].point) == doctest::Approx(-1.5).epsilon(0.01));
  CHECK(look(right, {{2, 4, 1, -1.25F}}) == std::pair{false, Splits{{2, 4, 1, -1.25F}}});
  CHECK(look(right, {{2, 4, 1, -1.55F}}).second[0].point == -1.55F);  // too little to be worth it
  CHECK(look(right, {{2, 4, -1, 0}}) == std::pair{false, Splits{{2, 4, -1, 0}}});  // decided
  const Plane corner{{-1, 1}, 1};  // x - y >= 1, where z >= 0.5
  CHECK(look(corner, {{2, 4, 1, -1}}) == std::pair{false, Splits{{2, 4, 1, 0}}});
  CHECK(look(corner, {{2, 4, -1, 0}}).first);
  // What a split leaves of the box.
  REQUIRE(all.half_space_of({2, 4, 1}));
  CHECK(all.half_space_of({2, 4, 1})->coefficients == negative(input).coefficients);
  CHECK(all.half_space_of({2, 4, -1})->coefficients == input.coefficients);
  CHECK_FALSE(all.half_space_of({2, 5, 1}));
  CHECK_FALSE(all.half_space_of({2, 4, 1, -1}));
}

TEST_CASE("a product with a few vectors is each vector's own") {
  std::mt19937 random(2);
  for (const std::size_t length : {1, 7, 40}) {
    FewProducts matrix;
    std::vector<std::vector<float>> rows(70), vectors(6);
    const auto draw = [&](std::vector<float>& to) {
      for (std::size_t i = 0; i < length; ++i) to.push_back(static_cast<float>(uniform(random)));
    };
    for (auto& row : rows) draw(row), matrix.add(row);
    for (auto& vector : vectors) draw(vector);
    const auto all = matrix.times(vectors);
    for (std::size_t v = 0; v < vectors.size(); ++v) {
      const auto one = matrix.times(std::span(vectors).subspan(v, 1));
      for (std::size_t r = 0; r < rows.size(); ++r) {
        double sum = 0;
        for (std::size_t i = 0; i < length; ++i)
          sum += static_cast<double>(rows[r][i]) * static_cast<double>(vectors[v][i]);
        CHECK(all[v * rows.size() + r] == doctest::Approx(sum).epsilon(1e-4));
        CHECK(all[v * rows.size() + r] == one[r]);
      }
    }
  }
}

TEST_CASE("rounding is paid for") {
  // Terms of 1e16 leave nothing of 1.
  const Box box{{-1e16, -1e16}, {1e16, 1e16}};
  const HalvedBox halved(box);
  const Plane plane{{1, -1}, 1}, row{{-1, 1}, 0};
  CHECK_FALSE(halved.is_above(0, plane, 1, row));
  const Box unit{{-1, -1}, {1, 1}};
  CHECK(HalvedBox(unit).is_above(0, plane, 1, row));
}
