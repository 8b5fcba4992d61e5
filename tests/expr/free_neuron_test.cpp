// SPDX-License-Identifier: BSD-3-Clause

// One slot at a time: what its lines may be, what they cost in rounding, how chords move, how sums are made of whole
// numbers, and how parameters step.

#include <doctest/doctest.h>

#include <shardbound/expr/free_neuron.hpp>
#include <shardbound/relax/leaky_relu.hpp>
#include <shardbound/relax/relu.hpp>
#include <shardbound/relax/s_shaped.hpp>
#include <tests/support/random_network.hpp>

#include <algorithm>
#include <vector>

using namespace shardbound;
using namespace shardbound::expr;
using shardbound_test::uniform;

namespace {

/// Neurons of one domain, the first `count` of them unstable when slots were dealt.
template <class T>
struct Drawn {
  static constexpr index_t features = 16, slots = 16;
  using Neurons = FreeNeurons<T>;
  std::vector<T> lower, upper, slack, planes[6], numbers;
  std::vector<std::int32_t> columns, lower_slot, upper_slot;
  FreeCall<T> call;

  template <class F>
  Drawn(const F& f, const std::vector<Interval<T>>& intervals, T e = 0, T gamma = 0, T meets = 0)
      : lower(features),
        upper(features),
        slack(features, e),
        numbers(Neurons::plane_count * slots),
        columns(slots, -1),
        lower_slot(features, -1),
        upper_slot(features, -1) {
    for (auto& plane : planes) plane.assign(features, T(0));
    for (std::size_t i = 0; i < intervals.size(); ++i) {
      lower[i] = intervals[i].lower, upper[i] = intervals[i].upper;
      columns[i] = static_cast<std::int32_t>(i);
    }
    auto& lines = call.lines;
    lines.in = {lower.data(), upper.data(), slack.data(), 1, features, features};
    lines.lower_slope = planes[0].data();
    lines.lower_intercept = planes[1].data();
    lines.upper_slope = planes[2].data();
    lines.upper_intercept = planes[3].data();
    lines.lower_slack = planes[4].data();
    lines.upper_slack = planes[5].data();
    lines.gamma = gamma;
    lines.meets = meets;
    call.neurons = {columns.data(), lower_slot.data(), upper_slot.data(), numbers.data(), 1,
                    slots,          features};
    for (index_t i = 0; i < features; ++i) activation_lines(f, lines, i);
    for (index_t s = 0; s < slots; ++s) free_lines(f, call, 0, s);
  }
  T plane(typename Neurons::Plane which, std::size_t s) const {
    return call.neurons.plane(which)[s];
  }
};

}  // namespace

TEST_CASE("a ReLU across zero may have any slope from 0 to 1, from below alone") {
  using N = FreeNeurons<double>;
  const relax::ReLU f;
  const Drawn<double> drawn(f, {{-1, 3}, {-3, 1}, {0, 2}, {-2, 0}, {0.5, 1}, {-INFINITY, 1}});
  CHECK(drawn.lower_slot ==
        std::vector<std::int32_t>{0, 1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1});
  CHECK(drawn.upper_slot == std::vector<std::int32_t>(16, -1));
  for (const std::size_t s : {0u, 1u}) {
    CHECK(drawn.plane(N::least, s) == 0);
    CHECK(drawn.plane(N::most, s) == 1);
    CHECK(drawn.plane(N::start, s) == drawn.planes[0][s]);  // what CROWN chooses
    CHECK(drawn.plane(N::per_width, s) == 0.25);
    CHECK(drawn.plane(N::origin, s) == drawn.lower[s]);
  }
  CHECK(drawn.plane(N::start, 0) == 1);
  CHECK(drawn.plane(N::start, 1) == 0);
  // The chord from (-1, 0) to (3, 3) has slope 3/4.
  CHECK(drawn.plane(N::lower_rate, 0) == -0.75);
  CHECK(drawn.plane(N::upper_rate, 0) == 0.25);
  for (std::size_t s = 2; s < 16; ++s)
    for (int plane = 0; plane < N::plane_count; ++plane)
      CHECK(drawn.call.neurons.plane(plane)[s] == 0);
}

TEST_CASE("a slot is taken back where its neuron has become stable") {
  Drawn<double> drawn(relax::ReLU{}, {{-1, 3}});
  CHECK(drawn.lower_slot[0] == 0);
  drawn.lower[0] = 0.5;
  activation_lines(relax::ReLU{}, drawn.call.lines, 0);
  free_lines(relax::ReLU{}, drawn.call, 0, 0);
  CHECK(drawn.lower_slot[0] == -1);
  CHECK(drawn.plane(FreeNeurons<double>::per_width, 0) == 0);
}

TEST_CASE("a LeakyReLU's slopes begin at its own") {
  using N = FreeNeurons<double>;
  const Drawn<double> drawn(relax::LeakyReLU{0.25}, {{-1, 3}, {-3, 1}});
  for (const std::size_t s : {0u, 1u}) {
    CHECK(drawn.plane(N::least, s) == 0.25);
    CHECK(drawn.plane(N::most, s) == 1);
  }
  CHECK(drawn.plane(N::start, 0) == 1);
  CHECK(drawn.plane(N::start, 1) == 0.25);
}

TEST_CASE("a curve's tangents: on one side of zero anywhere, across it where they are sound") {
  using N = FreeNeurons<double>;
  const relax::Sigmoid f;
  const Drawn<double> drawn(f, {{-3, -1}, {1, 3}, {-2, 2}, {-0.1, 4}});
  CHECK(drawn.lower_slot[0] == 0);  // convex: tangents from below, the chord above
  CHECK(drawn.upper_slot[0] == -1);
  CHECK(drawn.plane(N::least, 0) == -3);
  CHECK(drawn.plane(N::most, 0) == -1);
  CHECK(drawn.plane(N::start, 0) == -2);
  CHECK(drawn.lower_slot[1] == -1);
  CHECK(drawn.upper_slot[1] == 1);
  CHECK(drawn.plane(N::upper_least, 1) == 1);
  CHECK(drawn.plane(N::upper_most, 1) == 3);
  CHECK(drawn.lower_slot[2] == 2);  // tangents on either side
  CHECK(drawn.upper_slot[2] == 2);
  CHECK(drawn.plane(N::most, 2) < 0);
  CHECK(drawn.plane(N::upper_least, 2) > 0);
  CHECK(drawn.plane(N::most, 2) == doctest::Approx(-drawn.plane(N::upper_least, 2)));
  CHECK(drawn.lower_slot[3] == -1);  // the chord passes below the curve
  CHECK(drawn.upper_slot[3] == 3);
}

namespace {

template <class F>
void chords_move_as_said(const F& f, double l, double u) {
  using N = FreeNeurons<double>;
  const Drawn<double> drawn(f, {{l, u}});
  const double per_width = drawn.plane(N::per_width, 0);
  REQUIRE(per_width == doctest::Approx(1 / (u - l)));
  const auto chord = [&](double from, double to, double z) {
    return f.value(from) + (f.value(to) - f.value(from)) / (to - from) * (z - from);
  };
  for (const double z : {l, u, (l + u) / 2, l - 1, u + 2}) {
    const double end = (z - drawn.plane(N::origin, 0)) * per_width, step = 1e-6;
    const double by_lower = (chord(l + step, u, z) - chord(l - step, u, z)) / (2 * step);
    const double by_upper = (chord(l, u + step, z) - chord(l, u - step, z)) / (2 * step);
    CHECK(drawn.plane(N::lower_rate, 0) * (1 - end) == doctest::Approx(by_lower).epsilon(1e-7));
    CHECK(drawn.plane(N::upper_rate, 0) * end == doctest::Approx(by_upper).epsilon(1e-7));
  }
}

/// Lines at any allowed parameter, over inputs that may be off by e, are within the slack that is charged for them,
/// and so is what a row makes of them in its own arithmetic.
template <class F, class T>
void slack_holds(const F& f, unsigned seed) {
  using N = FreeNeurons<T>;
  std::mt19937 random(seed);
  for (int trial = 0; trial < 400; ++trial) {
    const double size = std::pow(10.0, uniform(random, -3, 2));
    T l = static_cast<T>(uniform(random, -size, size)),
      u = static_cast<T>(uniform(random, -size, size));
    if (l > u) std::swap(l, u);
    const T e = trial % 3 ? static_cast<T>(size * std::pow(10.0, uniform(random, -7, -1))) : T(0);
    const Drawn<T> drawn(f, {{l, u}}, e);
    const auto check = [&](bool is_lower) {
      const T least = drawn.plane(is_lower ? N::least : N::upper_least, 0);
      const T most = drawn.plane(is_lower ? N::most : N::upper_most, 0);
      for (int sample = 0; sample < 40; ++sample) {
        const T alpha = sample == 0 ? least
                        : sample == 1
                            ? most
                            : std::clamp(static_cast<T>(uniform(random, least, most)), least, most);
        const auto line = f.at(alpha);
        const long double from = static_cast<long double>(l) - e,
                          to = static_cast<long double>(u) + e;
        const long double z = sample % 4 == 0   ? from
                              : sample % 4 == 1 ? to
                              : sample % 4 == 2 ? std::clamp<long double>(alpha, from, to)
                                                : from + (to - from) * uniform(random, 0, 1);
        const long double y = f.value(z);
        const long double exact = line.slope * z + line.intercept;
        const T rounded = line.slope * static_cast<T>(z) + line.intercept;
        for (const long double value : {exact, static_cast<long double>(rounded)}) {
          const long double outside = is_lower ? value - y : y - value;
          REQUIRE(outside <= drawn.planes[is_lower ? 4 : 5][0]);
        }
      }
    };
    if (drawn.lower_slot[0] >= 0) check(true);
    if (drawn.upper_slot[0] >= 0) check(false);
  }
}

}  // namespace

TEST_CASE("chords follow their interval's ends") {
  chords_move_as_said(relax::ReLU{}, -1, 2);
  chords_move_as_said(relax::LeakyReLU{0.2}, -3, 1);
  chords_move_as_said(relax::Sigmoid{}, -4, -1);
  chords_move_as_said(relax::Sigmoid{}, -2, 3);
  chords_move_as_said(relax::Tanh{}, 0.5, 0.75);
}

TEST_CASE_TEMPLATE("the slack covers every line that may be chosen", T, double, float) {
  slack_holds<relax::ReLU, T>({}, 1);
  slack_holds<relax::LeakyReLU, T>({0.125}, 2);
  slack_holds<relax::Sigmoid, T>({}, 3);
  slack_holds<relax::Tanh, T>({}, 4);
}

TEST_CASE("what sums of constants and meetings cost is in the slack of free lines") {
  const auto slacks = [](double gamma, double meets) {
    const Drawn<double> drawn(relax::Tanh{}, {{-1, 1}}, 0.0, gamma, meets);
    return std::pair(drawn.planes[4][0], drawn.planes[5][0]);
  };
  const auto [lower, upper] = slacks(0, 0);
  CHECK(slacks(0.5, 0).first >= lower + 0.5 * 0.05);
  CHECK(slacks(0, 0.5).first >= lower + 0.5 * 0.4);
  CHECK(slacks(0, 0.5).second >= upper + 0.5 * 0.4);
}

// ---- sums over rows ---------------------------------------------------------------------------------

TEST_CASE("whole parts add up to the same bits in any order") {
  std::mt19937 random(1);
  std::vector<double> numbers;
  for (int i = 0; i < 5000; ++i)
    numbers.push_back(uniform(random, -1, 1) * std::pow(2.0, uniform(random, -40, 12)));
  const auto sum = [&] {
    double high = 0, low = 0;
    for (double x : numbers) {
      const auto parts = in_whole_parts(x);
      CHECK((parts.high == std::nearbyint(parts.high) && parts.low == std::nearbyint(parts.low)));
      high += parts.high, low += parts.low;
    }
    return std::pair(high, low);
  };
  const auto first = sum();
  for (int trial = 0; trial < 5; ++trial) {
    std::shuffle(numbers.begin(), numbers.end(), random);
    CHECK(sum() == first);
  }
  long double exact = 0;
  for (double x : numbers) exact += x;
  const long double found =
      (first.first + first.second / static_cast<long double>(ChordSums::finer)) / ChordSums::fine;
  CHECK(std::abs(static_cast<double>(found - exact)) <= 5000 * 0x1p-38);
}

TEST_CASE("a number is what its whole parts say, to 2^-38, and what is too large is cut") {
  std::mt19937 random(2);
  for (int trial = 0; trial < 20'000; ++trial) {
    const double x = uniform(random, -1, 1) * std::pow(2.0, uniform(random, -45, 28));
    const auto [high, low] = in_whole_parts(x);
    const long double found =
        (high + low / static_cast<long double>(ChordSums::finer)) / ChordSums::fine;
    REQUIRE(std::abs(static_cast<double>(found - x)) <= 0x1p-39);
  }
  for (const double x : {1e300, static_cast<double>(INFINITY)}) {
    CHECK(in_whole_parts(x).high == ChordSums::most);
    CHECK(in_whole_parts(-x).high == -ChordSums::most);
    CHECK(in_whole_parts(x).low == 0);
  }
  CHECK(in_whole_parts(NAN).high == 0);
  CHECK(in_whole_parts(NAN).low == 0);
  CHECK(in_whole_parts(0).high == 0);
}

TEST_CASE("chords give their gains to both bounds, by domain, and begin again") {
  Drawn<double> drawn(relax::ReLU{}, {{-1, 3}});
  double lower[16] = {1}, upper[16] = {2}, sums[4 * 16] = {};
  const double largest = 8;
  const auto whole = in_whole_parts(0.5), end = in_whole_parts(0.125);
  sums[0] = whole.high, sums[16] = whole.low, sums[32] = end.high, sums[48] = end.low;
  const ChordCall<double> call{drawn.call.neurons, {sums, 16}, &largest, {lower, upper, 16}};
  for (index_t s = 0; s < 16; ++s) add_chord(call, 0, s);
  CHECK(lower[0] == 1 - 0.75 * (4 - 1));
  CHECK(upper[0] == 2 + 0.25 * 1);
  for (double sum : sums) CHECK(sum == 0);
  CHECK(lower[1] == 0);
}

TEST_CASE("a row counts what its bound is worth, a number that is none counts nothing") {
  const std::int32_t index[] = {3, 3, 3, 3, 1, 0}, domain[] = {0, 0, 1, 1, 0, 0};
  const double sign[] = {1, -1, 1, -1, 1, 0};
  double lower[16] = {}, upper[16] = {};
  lower[3] = 0.5, upper[3] = -0.25, lower[8 + 3] = 2, upper[8 + 3] = 4, lower[1] = INFINITY;
  WeighCall<double> call;
  call.rows = {index, domain, sign, 6};
  call.of = {lower, upper, 8};
  const double expected[] = {0.5, 0.25, 2,
                             -4,  0,    0};  // a negative's lower bound is minus the upper
  for (index_t r = 0; r < 6; ++r) CHECK(weigh(call, r) == expected[r]);
}

TEST_CASE("rows begin where lines do, each at home") {
  Drawn<double> drawn(relax::Tanh{}, {{-1, 2}, {-2, 1}});
  const std::int32_t index[] = {0, 0, 0}, domain[] = {0, 0, 0}, home[] = {2, 0, 1};
  const double sign[] = {1, -1, 0};
  std::vector<double> lower(48, 9), upper(48, 9);
  const ParametersCall<double> call{
      {index, domain, sign, 3, home}, drawn.call.neurons, lower.data(), upper.data()};
  for (index_t r = 0; r < 3; ++r)
    for (index_t s = 0; s < 16; ++s) begin_parameter(call, r, s);
  using N = FreeNeurons<double>;
  for (const std::size_t row : {0u, 2u})
    for (std::size_t s = 0; s < 16; ++s) {
      CHECK(lower[row * 16 + s] == drawn.plane(N::start, s));
      CHECK(upper[row * 16 + s] == drawn.plane(N::upper_start, s));
    }
  for (std::size_t s = 0; s < 16; ++s) CHECK(lower[16 + s] == 9);  // a row that only fills up
}

TEST_CASE("parameters are brought within what they may be now") {
  Drawn<double> drawn(relax::Tanh{}, {{-1, 2}, {-2, 1}});
  const std::int32_t index[] = {0, 0}, domain[] = {0, 0}, home[] = {1, 0};
  const double sign[] = {1, 0};
  std::vector<double> lower(32, -50), upper(32, 50);
  lower[16] = NAN, upper[16] = NAN;
  const ParametersCall<double> call{
      {index, domain, sign, 2, home}, drawn.call.neurons, lower.data(), upper.data()};
  for (index_t r = 0; r < 2; ++r)
    for (index_t s = 0; s < 16; ++s) confine_parameter(call, r, s);
  using N = FreeNeurons<double>;
  CHECK(drawn.plane(N::most, 0) > drawn.plane(N::least, 0));
  for (std::size_t s = 0; s < 16; ++s) {
    CHECK(lower[16 + s] == drawn.plane(N::least, s));
    CHECK(upper[16 + s] == drawn.plane(s == 0 ? N::upper_least : N::upper_most, s));
    CHECK(lower[s] == -50);  // a row that only fills up
  }
}
