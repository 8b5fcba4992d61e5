// SPDX-License-Identifier: BSD-3-Clause

// What rows over parts of a domain do with the neurons that are split: a row a . y + c over y = chain(x) becomes, for
// these, a row over x that is less by multiplier * (z - point), where z is what the activation reads.

#include <doctest/doctest.h>

#include <shardbound/expr/split_calls.hpp>
#include <shardbound/relax/free_slope.hpp>

#include <algorithm>
#include <limits>
#include <type_traits>
#include <vector>

using namespace shardbound;
using namespace shardbound::expr;

template <class Call>
constexpr bool is_value =
    std::is_trivially_copyable_v<Call>&& std::is_trivially_destructible_v<Call>;

static_assert(is_value<Splits<float>> && is_value<SplitCall<float>> &&
              is_value<SplitChainCall<float>>);

namespace {

// Three neurons over two domains; numbers that are exact in binary. Lines of the domain are no numbers: nothing that goes
// by its own side may read them.
//
//   row  domain  home  neurons split, side, multiplier
//    0      1      2   2 at least 0, 1/2; 0 at most 0, 2
//    1      0      0   1 at most 0, 4
//    2      1      1   sign 0: only fills up
template <class T>
struct SmallTile {
  static constexpr index_t rows = 3, columns = 3, leading = 4, count = 2;
  std::vector<T> tile = {1, 2, 3, 90, 4, -5, 6, 91, 7, 8, 9, 92};
  std::int32_t index[3] = {}, domain[3] = {1, 0, 1}, home[3] = {2, 0, 1};
  T sign[3] = {1, -1, 0};
  std::vector<std::int32_t> neuron = {1, -1, 0, 1, 2, 0};
  std::vector<T> side = {-1, 0, 1, 1, 1, -1};
  std::vector<T> multiplier = {-4, 0, 1, 1, T(0.5), -2};
  std::vector<T> numbers = std::vector<T>(split_numbers * 6), met = std::vector<T>(6, T(66));
  std::vector<T> taken = std::vector<T>(6, T(77));
  T constant[3] = {10, 20, 30}, slack[3] = {0, 0, 0};
  T lower[8] = {-1, -4, -1, 0, -2, -1, -3, 0}, upper[8] = {1, 8, 1, 0, 1, 1, 4, 0};
  T in_slack[8] = {0, 8, 0, 0, 1, 0, 2, 0};
  T scale[3] = {2, -4, T(0.5)}, shift[3] = {1, -2, 3}, bias[3] = {T(0.25), 8, -1};
  T no_slack[8] = {}, layer_slack[8] = {1, 2, 4, 0, 8, 16, 32, 0};
  std::vector<T> lines = std::vector<T>(8, std::numeric_limits<T>::quiet_NaN());
  std::vector<std::int32_t> slots = std::vector<std::int32_t>(8, 0);
  T weight[3] = {2, 0.5, 1};
  std::vector<T> gradient = std::vector<T>(6, T(55));
  Line<T> above{1, 0}, below{T(0.25), 0};

  T& number(SplitNumber which, std::size_t at) {
    return numbers[static_cast<std::size_t>(which) * 6 + at];
  }
  /// One line a side, as where an activation bends at 0.
  void draw() {
    constexpr T infinity = std::numeric_limits<T>::infinity();
    for (std::size_t at = 0; at < 6; ++at) {
      const bool is_above = side[at] > 0;
      number(SplitNumber::low, at) = is_above ? T(0) : -infinity;
      number(SplitNumber::high, at) = is_above ? infinity : T(0);
      const Line<T> line = is_above ? above : below;
      number(SplitNumber::lower_slope, at) = number(SplitNumber::upper_slope, at) = line.slope;
      number(SplitNumber::lower_intercept, at) = number(SplitNumber::upper_intercept, at) =
          line.intercept;
    }
  }

  SplitCall<T> split_call() {
    return {{tile.data(), rows, columns, leading},
            {index, domain, sign, rows, home},
            {neuron.data(), nullptr, {}, numbers.data(), 6, met.data(), count, multiplier.data()},
            taken.data()};
  }
  SplitChainCall<T> chain_call() {
    SplitChainCall<T> call;
    call.of = split_call();
    call.sums = {constant, slack};
    call.in = {lower, upper, in_slack, 2, columns, leading};
    call.weight = weight;
    call.gradient = gradient.data();
    return call;
  }
  OperationData<T> activation() const {
    OperationData<T> data;
    const Strided<T> nothing{lines.data(), leading, 0};
    data.lines = {nothing, nothing, nothing, nothing, nothing, nothing, {}, {}};
    data.lines.lower.slot = slots.data();
    data.lines.lower.per_domain = leading;
    data.lines.lower.value = lines.data();
    data.lines.lower.leading = 1;
    return data;
  }
  OperationData<T> scaled(const T* of_slack) const {
    OperationData<T> data;
    data.scale = scale;
    data.shift = shift;
    data.slack = of_slack;
    data.slack_leading = leading;
    return data;
  }
  OperationData<T> biased(const T* of_slack) const {
    OperationData<T> data;
    data.shift = bias;
    data.slack = of_slack;
    data.slack_leading = leading;
    return data;
  }
  void take() {
    for (index_t r = 0; r < rows; ++r) take_splits(split_call(), r);
  }
};

using Lines = Relaxed<LineKind::any>;

/// y and what the activation reads, for one input of one neuron: `steps` is the chain from below.
template <class T>
struct At {
  T y, met;
};
enum class OneStep { scale, bias, bend };
template <class T>
At<T> value(const SmallTile<T>& t, const std::vector<OneStep>& from_below, std::size_t column,
            T side, T x) {
  T y = x, met = 0;
  for (const OneStep step : from_below) {
    if (step == OneStep::scale) y = t.scale[column] * y + t.shift[column];
    if (step == OneStep::bias) y += t.bias[column];
    if (step == OneStep::bend) {
      met = y;
      const auto& line = side > 0 ? t.above : t.below;
      y = line.slope * y + line.intercept;
    }
  }
  return {y, met};
}

template <class Chain, class T>
void check_chain(const std::vector<OneStep>& from_below) {
  SmallTile<T> t;
  t.above = {T(0.5), T(0.25)};
  t.below = {-1, 2};
  t.draw();
  t.take();
  const auto above = t.taken;
  auto call = t.chain_call();
  // From the top down.
  index_t at = 0;
  for (auto step = from_below.rbegin(); step != from_below.rend(); ++step)
    call.data[at++] = *step == OneStep::scale  ? t.scaled(t.no_slack)
                      : *step == OneStep::bias ? t.biased(t.no_slack)
                                               : t.activation();
  for (index_t r = 0; r < 3; ++r) pull_splits<Chain>(call, r);
  CHECK(t.taken[3] == 77);
  CHECK(t.taken[4] == 77);
  CHECK(t.constant[2] == 30);
  CHECK(t.slack[2] == 0);
  for (const std::size_t r : {0u, 1u})
    for (const T x : {T(0), T(1), T(-3)}) {
      T before = r == 0 ? 10 : 20, after = t.constant[r];
      for (std::size_t k = 0; k < 2; ++k) {
        const auto split = static_cast<std::size_t>(t.home[r]) * 2 + k;
        if (t.neuron[split] < 0) continue;
        const auto [y, met] =
            value(t, from_below, static_cast<std::size_t>(t.neuron[split]), t.side[split], x);
        before += above[r * 2 + k] * y - t.multiplier[split] * met;
        after += t.taken[r * 2 + k] * x;
      }
      CHECK(before == after);
    }

  // Points go the other way.
  const T x[6] = {3, -1, 2, 5, 6, 7};
  std::copy(x, x + 6, t.taken.begin());
  for (index_t r = 0; r < 3; ++r) push_splits<Chain>(call, r);
  for (const std::size_t r : {0u, 1u})
    for (std::size_t k = 0; k < 2; ++k) {
      const auto split = static_cast<std::size_t>(t.home[r]) * 2 + k;
      if (t.neuron[split] < 0) {
        CHECK(t.taken[r * 2 + k] == x[r * 2 + k]);
        CHECK(t.gradient[r * 2 + k] == 0);
        continue;
      }
      const auto [y, met] = value(t, from_below, static_cast<std::size_t>(t.neuron[split]),
                                  t.side[split], x[r * 2 + k]);
      CHECK(t.taken[r * 2 + k] == y);
      CHECK(t.gradient[r * 2 + k] == -t.weight[r] * met);
    }
  for (const std::size_t k : {4u, 5u}) {
    CHECK(t.taken[k] == x[k]);
    CHECK(t.gradient[k] == 0);
  }
}

}  // namespace

TEST_CASE_TEMPLATE("what is split leaves the tile and comes back, by the homes of rows", T, float,
                   double) {
  SmallTile<T> t;
  const auto before = t.tile;
  t.take();
  CHECK(t.tile == std::vector<T>{0, 2, 0, 90, 4, 0, 6, 91, 7, 8, 9, 92});
  CHECK(t.taken == std::vector<T>{3, 1, -5, 77, 77, 77});
  t.taken[0] = 33;
  for (index_t r = 0; r < 3; ++r) return_splits(t.split_call(), r);
  auto after = before;
  after[2] = 33;
  CHECK(t.tile == after);
}

TEST_CASE_TEMPLATE("a coefficient takes the line of its side, less what the split is worth", T,
                   float, double) {
  SmallTile<T> t;
  t.draw();
  for (const SplitNumber slack : {SplitNumber::lower_slack, SplitNumber::upper_slack})
    for (const std::size_t at : {0u, 5u}) t.number(slack, at) = 32 * unit_roundoff<T>;
  t.take();
  auto call = t.chain_call();
  call.data[0] = t.activation();
  for (index_t r = 0; r < 3; ++r) pull_splits<Chain<Lines>>(call, r);
  // 3 * 1 - 1/2; 1 * 1/4 + 2; -5 * 1/4 + 4
  CHECK(t.taken == std::vector<T>{T(2.5), T(2.25), T(2.75), 77, 77, 77});
  CHECK(t.constant[0] == 10);
  CHECK(t.constant[1] == 20);
  CHECK(t.constant[2] == 30);
  // Inputs are up to 6, 3 and 16.
  const double u = unit_roundoff<T>;
  const double first = 2.5 * 2 * u * 6 + 32 * u + 2.25 * 2 * u * 3;
  const double second = 5 * 32 * u + 2.75 * 2 * u * 16;
  CHECK(static_cast<double>(t.slack[0]) / first == doctest::Approx(1).epsilon(1e-5));
  CHECK(static_cast<double>(t.slack[1]) / second == doctest::Approx(1).epsilon(1e-5));
  CHECK(t.slack[2] == 0);
}

TEST_CASE("where branches meet below, what comes out costs that as well") {
  SmallTile<double> t;
  t.draw();
  t.take();
  auto call = t.chain_call();
  call.data[0] = t.activation();
  call.meets = 1;
  pull_splits<Chain<Lines>>(call, 0);
  CHECK(t.slack[0] == doctest::Approx(2.5 * 6 + 2.25 * 3));
}

TEST_CASE("the slack of scales and biases is for the coefficients that reach them") {
  SmallTile<double> t;
  t.draw();
  t.take();
  auto call = t.chain_call();
  call.data[0] = t.scaled(t.layer_slack);
  call.data[1] = t.activation();
  call.data[2] = t.biased(t.layer_slack);
  for (index_t r = 0; r < 2; ++r) pull_splits<Chain<Scaled, Lines, Biased>>(call, r);
  // 3 -> 3/2 -> 1, 1 -> 2 -> 5/2 over domain 1; -5 -> 20 -> 9 over domain 0.
  CHECK(t.taken == std::vector<double>{1, 2.5, 9, 77, 77, 77});
  CHECK(t.constant[0] == 10 + 3 * 3 + 1 * 1 - 1 + 2.5 * 0.25);
  CHECK(t.constant[1] == 20 - 5 * -2 + 9 * 8);
  CHECK(t.slack[0] == doctest::Approx(3 * 32 + 1 * 8 + 1 * 32 + 2.5 * 8));
  CHECK(t.slack[1] == doctest::Approx(5 * 2 + 9 * 2));
}

TEST_CASE_TEMPLATE("rows and points go through chains in any order", T, float, double) {
  using S = Scaled;
  using B = Biased;
  check_chain<Chain<Lines>, T>({OneStep::bend});
  check_chain<Chain<Relaxed<LineKind::lower_through_origin>>, T>({OneStep::bend});
  check_chain<Chain<Freed<relax::FreeSlope>>, T>({OneStep::bend});
  check_chain<Chain<S, Lines>, T>({OneStep::bend, OneStep::scale});
  check_chain<Chain<Lines, S>, T>({OneStep::scale, OneStep::bend});
  check_chain<Chain<Lines, B>, T>({OneStep::bias, OneStep::bend});
  check_chain<Chain<S, Lines, S>, T>({OneStep::scale, OneStep::bend, OneStep::scale});
  check_chain<Chain<S, Freed<relax::FreeSlope>, B>, T>(
      {OneStep::bias, OneStep::bend, OneStep::scale});
  check_chain<Chain<S, S, Lines>, T>({OneStep::bend, OneStep::scale, OneStep::scale});
  check_chain<Chain<Lines, S, B>, T>({OneStep::bias, OneStep::scale, OneStep::bend});
}

namespace {

/// The least value of row r over a box of what its split neurons read, below the chain; leaves the points where it is
/// taken.
double bound_of_row(SmallTile<double>& t, std::size_t r) {
  t.constant[0] = 10, t.constant[1] = 20;
  const std::vector<double> fresh = {1, 2, 3, 90, 4, -5, 6, 91, 7, 8, 9, 92};
  t.tile = fresh;
  t.draw();
  t.take();
  auto call = t.chain_call();
  call.data[0] = t.scaled(t.no_slack);
  call.data[1] = t.activation();
  call.data[2] = t.biased(t.no_slack);
  pull_splits<Chain<Scaled, Lines, Biased>>(call, static_cast<index_t>(r));
  double least = t.constant[r];
  for (std::size_t k = 0; k < 2; ++k) {
    const auto split = static_cast<std::size_t>(t.home[r]) * 2 + k;
    if (t.neuron[split] < 0) continue;
    const auto at =
        static_cast<std::size_t>(t.domain[r]) * 4 + static_cast<std::size_t>(t.neuron[split]);
    double& a = t.taken[r * 2 + k];
    const double x = a >= 0 ? t.lower[at] : t.upper[at];
    least += a * x;
    a = x;
  }
  return least;
}

}  // namespace

TEST_CASE("gradients are what the bound gains from a multiplier") {
  SmallTile<double> t;
  int moved = 0;
  for (const std::size_t r : {0u, 1u}) {
    bound_of_row(t, r);
    auto call = t.chain_call();
    call.data[0] = t.scaled(t.no_slack);
    call.data[1] = t.activation();
    call.data[2] = t.biased(t.no_slack);
    push_splits<Chain<Scaled, Lines, Biased>>(call, static_cast<index_t>(r));
    const auto gradient = t.gradient;
    for (std::size_t k = 0; k < 2; ++k) {
      const auto split = static_cast<std::size_t>(t.home[r]) * 2 + k;
      if (t.neuron[split] < 0) continue;
      const double here = t.multiplier[split], h = 1e-3;
      t.multiplier[split] = here + h;
      const double more = bound_of_row(t, r);
      t.multiplier[split] = here - h;
      const double less = bound_of_row(t, r);
      t.multiplier[split] = here;
      CHECK(gradient[r * 2 + k] ==
            doctest::Approx(t.weight[r] * (more - less) / (2 * h)).epsilon(1e-9));
      moved += gradient[r * 2 + k] != 0;
    }
  }
  CHECK(moved == 3);
}
