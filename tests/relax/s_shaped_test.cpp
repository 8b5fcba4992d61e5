// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/relax/s_shaped.hpp>
#include <tests/support/line_check.hpp>

using namespace shardbound;

static_assert(Relaxation<relax::Sigmoid> && Relaxation<relax::Tanh>);
static_assert(Optimisable<relax::Sigmoid> && Optimisable<relax::Tanh>);
static_assert(relax::Sigmoid::frees_upper && relax::Tanh::frees_upper);
static_assert(!relax::free_line_holds_everywhere<relax::Sigmoid>);

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
    const long double s = z < 0 ? 1 : -1,
                      near = -std::expm1(-std::abs(static_cast<long double>(z)));
    CHECK(close(s * relax::curve::Sigmoid::second_derivative(z),
                e * near / ((1 + e) * (1 + e) * (1 + e))));
    const long double square = 1 + e * e;
    CHECK(close(s * relax::curve::Tanh::second_derivative(z),
                8 * e * e * near * (1 + e) / (square * square * square)));
  }
  for (const T z :
       {T(1e3), T(1e30), std::numeric_limits<T>::max(), std::numeric_limits<T>::infinity()})
    for (const T x : {z, -z}) {
      CHECK(relax::curve::Sigmoid::second_derivative(x) == 0);
      CHECK(relax::curve::Tanh::second_derivative(x) == 0);
    }
}

TEST_CASE_TEMPLATE("which tangents may be optimised", T, float, double) {
  using shardbound_test::is_free_in, shardbound_test::nothing_free;
  const auto check = [](const auto& f) {
    const auto left = f.freedom(T(-3), T(-1)), right = f.freedom(T(1), T(3));
    CHECK(is_free_in<T>(left.lower, -3, -1, -2));
    CHECK(is_free_in<T>(right.upper, 1, 3, 2));
    CHECK_FALSE(left.upper.is_free());
    CHECK_FALSE(right.lower.is_free());
    CHECK(is_free_in<T>(f.freedom(T(-2), T(0)).lower, -2, 0, -1));
    CHECK(is_free_in<T>(f.freedom(T(0), T(2)).upper, 0, 2, 1));

    // across zero: from the tangency outwards; the chord, where that is a line, is fixed
    const auto both = f.freedom(T(-6), T(6));
    CHECK(both.lower.least == -6);
    CHECK(both.lower.most < 0);
    CHECK(both.lower.start == both.lower.most);
    CHECK(is_free_in<T>(both.upper, -both.lower.most, 6, -both.lower.most));
    const auto more = f.freedom(T(-6), T(0.5));
    CHECK_FALSE(more.upper.is_free());
    CHECK(more.lower.start == T(-2.75));  // the midpoint is left of the tangency
    CHECK(more.lower.most > more.lower.start);
    const auto chord = f.freedom(T(-0.2), T(4));
    CHECK_FALSE(chord.lower.is_free());
    CHECK(chord.upper.is_free());

    // where there is hardly an interval, nothing is
    CHECK(nothing_free(f.freedom(T(1), T(1))));
    CHECK(nothing_free(f.freedom(T(0), T(0))));
    CHECK(nothing_free(relax::freedoms(f, T(1), T(1))));
    CHECK(nothing_free(f.freedom(T(-1), std::nextafter(T(-1), T(0)))));
    CHECK(nothing_free(f.freedom(T(-1e-9), T(1e-9))));
    CHECK(nothing_free(relax::freedoms(f, -std::numeric_limits<T>::infinity(), T(1))));
    CHECK(nothing_free(relax::freedoms(f, std::numeric_limits<T>::quiet_NaN(), T(1))));
  };
  check(relax::Sigmoid{});
  check(relax::Tanh{});
}

TEST_CASE_TEMPLATE("every tangent that may be chosen encloses its curve", T, float, double) {
  CHECK(shardbound_test::worst_free_violation<T>(relax::Sigmoid{}, sigmoid, 3000, 3) <= 1);
  CHECK(shardbound_test::worst_free_violation<T>(relax::Tanh{}, hyperbolic, 3000, 4) <= 1);
}

TEST_CASE_TEMPLATE("an S-shaped line that is fixed is the chord", T, float, double) {
  std::mt19937 random(5);
  int fixed = 0;
  const auto check = [&](const auto& f, T l, T u) {
    const auto free = f.freedom(l, u);
    const auto lines = f.line(l, u);
    const auto misses = [&](const Line<T>& line, T z) {
      return std::abs(line.slope * z + line.intercept - f.value(z)) >
             32 * std::numeric_limits<T>::epsilon();
    };
    const auto is_fixed_chord = [&](const Freedom<T>& freedom, const Line<T>& line) {
      fixed += !freedom.is_free();
      return freedom.is_free() || (!misses(line, l) && !misses(line, u));
    };
    return is_fixed_chord(free.lower, lines.lower) && is_fixed_chord(free.upper, lines.upper);
  };
  for (int i = 0; i < 2000; ++i) {
    const T a = static_cast<T>(shardbound_test::uniform(random, -6, 6));
    const T b = static_cast<T>(shardbound_test::uniform(random, -6, 6));
    if (std::abs(a - b) < T(1e-3)) continue;
    REQUIRE(check(relax::Sigmoid{}, std::min(a, b), std::max(a, b)));
    REQUIRE(check(relax::Tanh{}, std::min(a, b), std::max(a, b)));
  }
  CHECK(fixed > 1000);
}

TEST_CASE("S-shaped gradients against differences") {
  std::mt19937 random(6);
  const auto check = [&](const auto& f) {
    const double alpha = shardbound_test::uniform(random, -8, 8);
    const double z = shardbound_test::uniform(random, -8, 8), h = 1e-5;
    REQUIRE(std::abs(f.at_gradient(alpha, z) - shardbound_test::gain(f, alpha, z)) <= 1e-8);
    REQUIRE(std::abs(f.derivative(z) - (f.value(z + h) - f.value(z - h)) / (2 * h)) <= 1e-9);
  };
  for (int i = 0; i < 500; ++i) {
    check(relax::Sigmoid{});
    check(relax::Tanh{});
  }
}
