// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/relax/s_shaped.hpp>
#include <tests/support/line_check.hpp>

using namespace shardbound;

static_assert(Relaxation<relax::Sigmoid> && Relaxation<relax::Tanh>);

namespace {

long double sigmoid(long double z) { return 1 / (1 + std::exp(-z)); }
long double hyperbolic(long double z) { return std::tanh(z); }

/// A line of the reference's table: [l, u], then slope and intercept below and above.
struct Reference {
  double l, u;
  Line<double> lower, upper;
};

/// The reference takes tangency from a grid, rounded to the safe side; exact tangents are no wider, and
/// at no end further away than 1 % of the function's range.
template <class F>
void no_wider_than(const F& f, const std::vector<Reference>& table) {
  const auto at = [](const Line<double>& line, double z) {
    return line.slope * z + line.intercept;
  };
  for (const auto& row : table) {
    const double l = row.l, u = row.u;
    const auto &lower = row.lower, &upper = row.upper;
    CAPTURE(l);
    CAPTURE(u);
    const auto ours = f.line(l, u);
    const double middle = (l + u) / 2, gap = at(upper, middle) - at(lower, middle);
    CHECK(at(ours.upper, middle) - at(ours.lower, middle) <= gap + 2e-8);
    const double margin = (f.value(u) - f.value(l)) / 100 + 2e-8;
    for (const double z : {l, u}) {
      CHECK(std::abs(at(ours.lower, z) - at(lower, z)) <= margin);
      CHECK(std::abs(at(ours.upper, z) - at(upper, z)) <= margin);
    }
  }
}

}  // namespace

TEST_CASE("sigmoid against the worked numbers") {
  no_wider_than(relax::Sigmoid{}, {{-3, -1, {0.10499359, 0.32919009}, {0.11075777, 0.37969920}},
                                   {-2, 0.5, {0.21789499, 0.48424255}, {0.20130256, 0.52180805}},
                                   {-0.5, 2, {0.20130256, 0.47819195}, {0.21789499, 0.51575745}},
                                   {-1, 1, {0.23541787, 0.49524811}, {0.23541787, 0.50475189}},
                                   {0.3, 2.5, {0.15895423, 0.52675625}, {0.15868490, 0.58002503}},
                                   {-6, 6, {0.10967349, 0.33841422}, {0.10967349, 0.66158578}},
                                   {1, 1, {0.19661193, 0.53444665}, {0.19661193, 0.53444665}}});
}

TEST_CASE("tanh against the worked numbers") {
  no_wider_than(relax::Tanh{}, {{-3, -1, {0.07065082, -0.82272593}, {0.11673030, -0.64486386}},
                                {-2, 0.5, {0.59658581, -0.18770960}, {0.57045789, 0.17688821}},
                                {-0.5, 2, {0.57045789, -0.17688821}, {0.59658581, 0.18770960}},
                                {-1, 1, {0.81350196, -0.05587497}, {0.81350196, 0.05587497}},
                                {0.3, 2.5, {0.31604622, 0.19649875}, {0.21615246, 0.58273821}},
                                {-6, 6, {0.25468121, -0.53064614}, {0.25468121, 0.53064614}}});
}

TEST_CASE_TEMPLATE("S-shaped lines and ranges enclose their curve", T, float, double) {
  CHECK(shardbound_test::worst_violation<T>(relax::Sigmoid{}, sigmoid, 20'000, 1) <= 1);
  CHECK(shardbound_test::worst_violation<T>(relax::Tanh{}, hyperbolic, 20'000, 2) <= 1);
}

// Loose lines would be sound too: on ordinary intervals both touch the curve, or nearly.
TEST_CASE_TEMPLATE("S-shaped lines touch their curve", T, float, double) {
  std::mt19937 random(3);
  const auto gap = [](const auto& f, T l, T u) {
    const auto lines = f.line(l, u);
    T below = 1, above = 1;
    for (int i = 0; i <= 400; ++i) {
      const T z = l + (u - l) * static_cast<T>(i) / 400, y = f.value(z);
      below = std::min(below, y - (lines.lower.slope * z + lines.lower.intercept));
      above = std::min(above, lines.upper.slope * z + lines.upper.intercept - y);
    }
    return std::max(below, above);
  };
  for (int i = 0; i < 2000; ++i) {
    const T a = static_cast<T>(shardbound_test::uniform(random, -6, 6));
    const T b = static_cast<T>(shardbound_test::uniform(random, -6, 6));
    REQUIRE(gap(relax::Sigmoid{}, std::min(a, b), std::max(a, b)) <= T(1e-4));
    REQUIRE(gap(relax::Tanh{}, std::min(a, b), std::max(a, b)) <= T(1e-3));
  }
}

TEST_CASE_TEMPLATE("derivatives are accurate relative to their own size", T, float, double) {
  const auto close = [](T got, long double wanted) {
    return std::abs(got - wanted) <= 8 * std::numeric_limits<T>::epsilon() * wanted;
  };
  for (const T z : {T(0), T(0.5), T(-3), T(12), T(-20), T(40)}) {
    CAPTURE(z);
    const long double e = std::exp(-std::abs(static_cast<long double>(z)));
    CHECK(close(relax::curve::Sigmoid::derivative(z), e / ((1 + e) * (1 + e))));
    CHECK(close(relax::curve::Tanh::derivative(z), 4 * e * e / ((1 + e * e) * (1 + e * e))));
  }
}
