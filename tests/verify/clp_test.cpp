// SPDX-License-Identifier: BSD-3-Clause

// Linear programs whose answers are known, and those of random planes, whose weights and point prove each other.

#include <doctest/doctest.h>

#include <shardbound/clp.hpp>
#include <tests/support/flat_box.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <thread>
#include <vector>

using namespace shardbound;
using shardbound_test::flat_box;
using shardbound_test::uniform;

namespace {

std::vector<Plane> random_planes(std::mt19937& random, std::size_t n, std::size_t count) {
  std::vector<Plane> planes(count);
  for (Plane& plane : planes) {
    const double size = std::ldexp(1.0, static_cast<int>(random() % 20) - 10);
    for (std::size_t i = 0; i < n; ++i)
      plane.coefficients.push_back(random() % 4 ? size * uniform(random) : 0);
    plane.constant = size * uniform(random, -2, 1);
  }
  return planes;
}
double at(const Plane& plane, const std::vector<double>& x) {
  double sum = plane.constant;
  for (std::size_t i = 0; i < x.size(); ++i) sum += plane.coefficients[i] * x[i];
  return sum;
}
double greatest(const std::vector<Plane>& planes, const std::vector<double>& x) {
  double most = -std::numeric_limits<double>::infinity();
  for (const Plane& plane : planes) most = std::max(most, at(plane, x));
  return most;
}

}  // namespace

TEST_CASE("two planes cross where the greater is least") {
  const Box box{{-1, 2}, {2, 4}};
  const std::vector<Plane> planes{{{1, 0}, 0}, {{-1, 0}, 1}};
  const auto found = clp::minimax(box, planes, nullptr);
  REQUIRE(found);
  CHECK(found->point[0] == doctest::Approx(0.5));
  CHECK(found->point[1] >= 2);
  CHECK(found->point[1] <= 4);
  CHECK(found->weights[0] == doctest::Approx(found->weights[1]));
  CHECK(sum_is_above(0, box, planes, found->weights));
}

TEST_CASE("either a point has all planes at 0 or below, or weights prove that there is none") {
  std::mt19937 random(1);
  int points = 0, proofs = 0;
  for (int draw = 0; draw < 1000; ++draw) {
    CAPTURE(draw);
    const std::size_t n = 1 + random() % 12, count = 1 + random() % 15;
    const Box box = flat_box(random, n, 3);
    const auto planes = random_planes(random, n, count);
    const auto found = clp::minimax(box, planes, nullptr);
    REQUIRE(found);
    REQUIRE(found->point.size() == n);
    REQUIRE(found->weights.size() == count);
    for (std::size_t i = 0; i < n; ++i) {
      CHECK(found->point[i] >= box.lower[i]);
      CHECK(found->point[i] <= box.upper[i]);
    }
    const bool has_point = greatest(planes, found->point) <= 0;
    const bool has_proof = sum_is_above(0, box, planes, found->weights);
    CHECK(has_point != has_proof);
    points += has_point;
    proofs += has_proof;
  }
  CHECK(points > 100);
  CHECK(proofs > 100);
}

TEST_CASE("planes without anything in them, a box that is a point, and equal planes") {
  const Box point{{1, 2}, {1, 2}};
  const std::vector<Plane> planes{{{1, 1}, -2}, {{0, 0}, 0}};
  const auto one = clp::minimax(point, planes, nullptr);
  REQUIRE(one);
  CHECK(one->point == point.lower);
  CHECK(sum_is_above(0, point, planes, one->weights));
  const std::vector<Plane> same(30, Plane{{1, -1}, 0.5});
  const Box box{{0, 0}, {1, 1}};
  const auto many = clp::minimax(box, same, nullptr);
  REQUIRE(many);
  CHECK(greatest(same, many->point) == doctest::Approx(-0.5));
}

TEST_CASE("numbers that are not finite are no plane, and prove nothing") {
  constexpr double inf = std::numeric_limits<double>::infinity();
  const Box box{{-1}, {1}};
  for (const double bad : {inf, -inf, std::numeric_limits<double>::quiet_NaN()})
    for (const std::vector<Plane>& planes :
         {std::vector<Plane>{{{bad}, 0}, {{1}, 0}}, std::vector<Plane>{{{1}, bad}, {{1}, 0}}}) {
      const auto found = clp::minimax(box, planes, nullptr);
      if (found) CHECK_FALSE(sum_is_above(0, box, planes, found->weights));
    }
}

TEST_CASE("who is cancelled finds nothing") {
  std::mt19937 random(3);
  const Box box = flat_box(random, 40, 3);
  const auto planes = random_planes(random, 40, 200);
  CancelToken cancel;
  CHECK(clp::minimax(box, planes, &cancel));
  cancel.cancel();
  CHECK_FALSE(clp::minimax(box, planes, &cancel));
}

TEST_CASE("threads that ask at once get what one gets") {
  std::mt19937 random(4);
  const Box box = flat_box(random, 10, 3);
  const auto planes = random_planes(random, 10, 60);
  const auto expected = clp::minimax(box, planes, nullptr);
  REQUIRE(expected);
  std::vector<Minimax> found(4);
  std::vector<std::thread> threads;
  for (Minimax& own : found)
    threads.emplace_back([&] {
      for (int k = 0; k < 20; ++k) own = *clp::minimax(box, planes, nullptr);
    });
  for (std::thread& thread : threads) thread.join();
  for (const Minimax& own : found) {
    CHECK(own.point == expected->point);
    CHECK(own.weights == expected->weights);
  }
}
