// SPDX-License-Identifier: BSD-3-Clause

// Operations on one coefficient: a row a . y + c over y = op(x) becomes a row over x that is never above
// it, and what rounding may have cost is counted per unit of |a|.

#include <doctest/doctest.h>

#include <shardbound/backend/eigen/lane_sums.hpp>
#include <shardbound/expr/chain.hpp>
#include <shardbound/relax/hard_sigmoid.hpp>
#include <shardbound/relax/leaky_relu.hpp>
#include <shardbound/relax/relu.hpp>
#include <shardbound/relax/s_shaped.hpp>
#include <tests/support/random_network.hpp>

#include <random>
#include <vector>

using namespace shardbound;
using namespace shardbound::expr;

namespace {

// Two neurons over two domains; numbers that are exact in binary.
struct Lines {
  double lower_slope[4] = {0.5, 2, 4, 8}, lower_intercept[4] = {1, -1, 3, -3};
  double upper_slope[4] = {0.25, 1, -1, 16}, upper_intercept[4] = {10, 20, 30, 40};
  double lower_slack[4] = {1, 2, 3, 4}, upper_slack[4] = {5, 6, 7, 8};

  OperationData<double> data() const {
    OperationData<double> operation;
    const auto of_domain = [](const double* numbers) { return Strided<double>{numbers, 2, 0}; };
    operation.lines = {of_domain(lower_slope),
                       of_domain(lower_intercept),
                       of_domain(upper_slope),
                       of_domain(upper_intercept),
                       of_domain(lower_slack),
                       of_domain(upper_slack),
                       {},
                       {}};
    return operation;
  }
};

template <class Operation>
Coefficient<double> pulled(const OperationData<double>& data, index_t domain, index_t column,
                           double a) {
  Coefficient<double> coefficient{a, 100, 1000};
  Operation::pull_back(Operation::row(data, {7, domain, 7}), column, coefficient);
  return coefficient;
}

bool same(const Coefficient<double>& a, double value, double constant, double slack) {
  return a.value == value && a.constant == constant && a.slack == slack;
}

}  // namespace

TEST_CASE("a nonnegative coefficient takes the lower line, a negative one the upper") {
  const Lines lines;
  using Op = Relaxed<LineKind::any>;
  CHECK(same(pulled<Op>(lines.data(), 0, 1, 4), 8, 100 - 4, 1000 + 4 * 2));
  CHECK(same(pulled<Op>(lines.data(), 0, 1, -4), -4, 100 - 80, 1000 + 4 * 6));
  CHECK(same(pulled<Op>(lines.data(), 1, 0, 2), 8, 100 + 6, 1000 + 2 * 3));  // another domain
  CHECK(same(pulled<Op>(lines.data(), 1, 0, 0), 0, 100, 1000));
}

TEST_CASE("a lower line through the origin has no intercept to read") {
  const Lines lines;
  using Op = Relaxed<LineKind::lower_through_origin>;
  CHECK(same(pulled<Op>(lines.data(), 0, 1, 4), 8, 100, 1000 + 4 * 2));
  CHECK(same(pulled<Op>(lines.data(), 0, 1, -4), -4, 100 - 80, 1000 + 4 * 6));
}

TEST_CASE("scales and shifts, and biases, are exact whatever the sign") {
  const double scale[2] = {2, -3}, shift[2] = {10, 20}, slack[4] = {1, 2, 3, 4};
  OperationData<double> data;
  data.scale = scale;
  data.shift = shift;
  data.slack = slack;
  data.slack_leading = 2;
  CHECK(same(pulled<Scaled>(data, 0, 1, 4), -12, 180, 1008));
  CHECK(same(pulled<Scaled>(data, 1, 1, -4), 12, 20, 1016));
  CHECK(same(pulled<Biased>(data, 0, 0, -4), -4, 60, 1004));
  CHECK(same(pulled<Biased>(data, 1, 1, 0.5), 0.5, 110, 1002));
}

using General = Relaxed<LineKind::any>;
using ThroughOrigin = Relaxed<LineKind::lower_through_origin>;
using OwnSlopes = Freed<relax::FreeSlope>;

// What an activation is in a chain; none of the fixed ones says which activation that was.
static_assert(std::is_same_v<OperationOf<relax::ReLU>, OwnSlopes> &&
              std::is_same_v<OperationOf<relax::LeakyReLU>, OwnSlopes>);
static_assert(std::is_same_v<OperationOf<relax::Tanh>, Freed<relax::Tanh>>);
static_assert(std::is_same_v<OperationOf<relax::HardSigmoid>, General>);  // none to offer
static_assert(std::is_same_v<OwnSlopes::Fixed, ThroughOrigin> &&
              std::is_same_v<Freed<relax::Tanh>::Fixed, General>);

static_assert(Chain<Biased>::length == 1 && Chain<Scaled, General, Biased>::length == 3);
static_assert(
    std::is_same_v<FreeLineIn<Chain<Scaled, Freed<relax::Tanh>, Biased>>::type, relax::Tanh>);
static_assert(std::is_same_v<FreeLineIn<Chain<OwnSlopes>>::type, relax::FreeSlope>);
static_assert(std::is_void_v<FreeLineIn<Chain<Scaled, General, Biased>>::type>);
static_assert(std::is_same_v<WithFixedLines<Chain<Scaled, OwnSlopes, Biased>>::type,
                             Chain<Scaled, ThroughOrigin, Biased>>);
static_assert(std::is_same_v<WithFixedLines<Chain<General, Biased>>::type, Chain<General, Biased>>);
static_assert(goes_by_lines<General> && goes_by_lines<OwnSlopes> && !goes_by_lines<Scaled>);
static_assert(!Chain<Biased>::writes && !Chain<Charged>::writes);
static_assert(Chain<Scaled, Biased>::writes && Chain<OwnSlopes>::writes);

namespace {

/// Random numbers for every operation of a chain: 24 columns, 3 domains, 5 rows; a third of the columns have
/// parameters of the rows' own.
template <class T>
struct Numbers {
  static constexpr index_t columns = 24, domains = 3, rows = 5, slots = 8;
  std::mt19937 random;
  std::vector<T> planes[9], parameters[2];
  std::vector<std::int32_t> slot[2];
  OperationData<T> data[longest_chain];

  explicit Numbers(unsigned seed) : random(seed) {
    for (auto& plane : planes)
      for (index_t i = 0; i < domains * columns; ++i) plane.push_back(number());
    for (int side = 0; side < 2; ++side) {
      for (index_t i = 0; i < rows * slots; ++i) parameters[side].push_back(number());
      for (index_t i = 0; i < domains * columns; ++i)
        slot[side].push_back(random() % 3 ? -1 : static_cast<std::int32_t>(random() % slots));
    }
    const auto of_domain = [&](int i) { return Strided<T>{planes[i].data(), columns, 0}; };
    for (auto& one : data) {
      one.lines = {of_domain(0),
                   of_domain(1),
                   of_domain(2),
                   of_domain(3),
                   of_domain(4),
                   of_domain(5),
                   {slot[0].data(), columns, parameters[0].data(), slots},
                   {slot[1].data(), columns, parameters[1].data(), slots}};
      one.scale = planes[6].data();
      one.shift = planes[7].data();
      one.slack = planes[8].data();
      one.slack_leading = columns;
    }
  }
  T number() { return static_cast<T>(shardbound_test::uniform(random, -2, 2)); }
};

/// A row a . y + c on its way down and a point z on its way up: both ways the same value.
template <class T, class C>
void up_is_down_transposed(unsigned seed) {
  using Lanes = shardbound::detail::Lanes<T>;
  Numbers<T> numbers(seed);
  const T tolerance = std::is_same_v<T, double> ? T(1e-12) : T(1e-4);
  for (index_t home = 0; home < Numbers<T>::rows; ++home) {
    const index_t domain = home % Numbers<T>::domains;
    const auto row = C::template Row<T>::of(numbers.data, {home, domain, home});
    std::vector<T> a, z, top(Numbers<T>::columns);
    for (index_t c = 0; c < Numbers<T>::columns; ++c) {
      a.push_back(numbers.random() % 7 ? numbers.number() : T(0));
      z.push_back(numbers.number());
    }
    T below = 0, constant = 0, above = 0, slack = 0;
    std::vector<T> pulled;
    for (index_t c = 0; c < Numbers<T>::columns; ++c) {
      const auto at = static_cast<std::size_t>(c);
      Coefficient<T> one{a[at], T(0), T(0)};
      row.pull_back(c, one);
      pulled.push_back(one.value);
      below += one.value * z[at];
      constant += one.constant;
      slack += one.slack;
      top[at] = row.push_forward(c, a[at], z[at]);
      above += a[at] * top[at];
    }
    REQUIRE(std::abs(below + constant - above) <= tolerance * (1 + std::abs(above)));
    // Several at once are the same.
    Lanes constants, slacks;
    for (index_t c = 0; c < Numbers<T>::columns; c += lanes) {
      Coefficient<Lanes> some{Lanes::load(a.data() + c), constants, slacks};
      row.pull_back(c, some);
      constants = some.constant, slacks = some.slack;
      const Lanes up = row.push_forward(c, Lanes::load(a.data() + c), Lanes::load(z.data() + c));
      for (index_t lane = 0; lane < lanes; ++lane) {
        const auto at = static_cast<std::size_t>(c + lane);
        REQUIRE(some.value[lane] == doctest::Approx(pulled[at]).epsilon(1e-6));
        REQUIRE(up[lane] == doctest::Approx(top[at]).epsilon(1e-5));
      }
    }
    REQUIRE(std::abs(constants.total() - constant) <= tolerance * 100);
    REQUIRE(std::abs(slacks.total() - slack) <= tolerance * 100);
  }
}

template <class... C>
void all_of(unsigned seed) {
  (up_is_down_transposed<double, C>(seed), ...);
  (up_is_down_transposed<float, C>(seed), ...);
}

}  // namespace

TEST_CASE("on the way up a chain does the transpose of what it does on the way down") {
  using R = ThroughOrigin;
  using S = General;
  using FreeR = OwnSlopes;
  using FreeS = Freed<relax::Sigmoid>;
  for (unsigned seed = 1; seed <= 10; ++seed) {
    all_of<Chain<Biased>, Chain<Scaled>, Chain<Charged>, Chain<Scaled, Biased>>(seed);
    all_of<Chain<R>, Chain<R, Biased>, Chain<Scaled, R, Biased>, Chain<R, Scaled, Biased>>(seed);
    all_of<Chain<S>, Chain<S, Biased>, Chain<Scaled, S, Biased>, Chain<S, Scaled, Biased>>(seed);
    all_of<Chain<FreeR>, Chain<FreeR, Biased>, Chain<Scaled, FreeR, Biased>,
           Chain<FreeR, Scaled, Biased>>(seed);
    all_of<Chain<FreeS>, Chain<FreeS, Biased>, Chain<Scaled, FreeS, Biased>,
           Chain<FreeS, Scaled, Biased>>(seed);
  }
}

TEST_CASE("a row's own lines are those of its parameters, where its columns have a slot") {
  Numbers<double> numbers(3);
  using C = Chain<Freed<relax::Sigmoid>>;
  using Fixed = Chain<General>;
  int own = 0, fixed = 0;
  for (index_t home = 0; home < 5; ++home) {
    const index_t domain = home % 3;
    const RowPlace at{home, domain, home};
    const auto row = C::Row<double>::of(numbers.data, at);
    const auto plain = Fixed::Row<double>::of(numbers.data, at);
    for (index_t c = 0; c < 24; ++c)
      for (const double a : {1.5, -0.5}) {
        const int side = a > 0 ? 0 : 1;
        const auto slot = numbers.slot[side][static_cast<std::size_t>(domain * 24 + c)];
        Coefficient<double> one{a, 0, 0}, other{a, 0, 0};
        row.pull_back(c, one);
        plain.pull_back(c, other);
        CHECK(one.slack == other.slack);
        if (slot < 0) {
          CHECK(same(one, other.value, other.constant, other.slack));
          ++fixed;
        } else {
          const auto line = relax::Sigmoid{}.at(
              numbers.parameters[side][static_cast<std::size_t>(home * 8 + slot)]);
          CHECK(one.value == a * line.slope);
          CHECK(one.constant == a * line.intercept);
          ++own;
        }
      }
  }
  CHECK(own > 20);
  CHECK(fixed > 20);
}

TEST_CASE("a coefficient and a point meet right at the activation") {
  Numbers<double> numbers(4);
  using C = Chain<Scaled, OwnSlopes, Biased>;
  const auto row = C::Row<double>::of(numbers.data, {1, 2, 1});
  for (index_t c = 0; c < 24; ++c) {
    const auto met = row.meet(c, 0.75, -1.25);
    const auto at = static_cast<std::size_t>(c);
    CHECK(met.a == 0.75 * numbers.planes[6][at]);
    CHECK(met.z == -1.25 + numbers.planes[7][at]);
  }
}
