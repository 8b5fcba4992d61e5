// SPDX-License-Identifier: BSD-3-Clause

// Neuron by neuron: intervals and lines hold for every input that its bounds allow, given their slack.

#include <doctest/doctest.h>

#include <shardbound/expr/neuron.hpp>
#include <shardbound/relax/log.hpp>
#include <shardbound/relax/reciprocal.hpp>
#include <shardbound/relax/sign.hpp>
#include <shardbound/relax/sqrt.hpp>
#include <tests/support/line_check.hpp>

#include <array>

using namespace shardbound;
using shardbound_test::uniform;

namespace {

template <class T>
struct Planes {
  index_t domains, features, leading = padded(features);
  std::vector<T> numbers[3];

  Planes(index_t d, index_t n) : domains(d), features(n) {
    for (auto& plane : numbers) plane.resize(static_cast<std::size_t>(d * leading));
  }
  BoundsView<T> view() {
    return {numbers[0].data(), numbers[1].data(), numbers[2].data(), domains, features, leading};
  }
  T& lower(std::size_t i) { return numbers[0][i]; }
  T& upper(std::size_t i) { return numbers[1][i]; }
  T& slack(std::size_t i) { return numbers[2][i]; }
};

template <class T, class Body>
void for_each_neuron(const Planes<T>& in, const Body& body) {
  for (index_t d = 0; d < in.domains; ++d)
    for (index_t i = 0; i < in.features; ++i) body(d * in.leading + i, i);
}

/// Bounds of all sizes with errors from none to larger than the interval.
template <class T>
Planes<T> random_bounds(unsigned seed) {
  Planes<T> in(4, 501);
  std::mt19937 random(seed);
  for (std::size_t i = 0; i < in.numbers[0].size(); ++i) {
    if (static_cast<index_t>(i) % in.leading >= in.features) continue;
    const double centre = uniform(random, -4, 4), reach = std::pow(10, uniform(random, -9, 1));
    in.lower(i) = static_cast<T>(centre - (random() % 8 ? reach : 0));
    in.upper(i) = std::max(in.lower(i), static_cast<T>(centre + (random() % 8 ? reach : 0)));
    in.slack(i) = random() % 4 ? static_cast<T>(std::pow(10, uniform(random, -9, 0))) : 0;
  }
  return in;
}

/// Bounds and lines hold; what f is not defined for, bounds nothing. How many inputs are such.
template <class F, class T>
int encloses(const F& f) {
  auto in = random_bounds<T>(1);
  Planes<T> out(in.domains, in.features), lower_line(in.domains, in.features),
      upper_line(in.domains, in.features);
  expr::PointwiseCall<T> call;
  call.in = in.view();
  call.out = out.view();
  call.lower_slope = lower_line.numbers[0].data();
  call.lower_intercept = lower_line.numbers[1].data();
  call.lower_slack = lower_line.numbers[2].data();
  call.upper_slope = upper_line.numbers[0].data();
  call.upper_intercept = upper_line.numbers[1].data();
  call.upper_slack = upper_line.numbers[2].data();
  call.gamma = gamma<T>(1);
  for_each_neuron(in, [&](index_t at, index_t) {
    expr::activation_interval(f, call, at);
    expr::activation_lines(f, call, at);
  });
  std::mt19937 random(2);
  int outside = 0, undefined = 0;
  for (std::size_t i = 0; i < in.numbers[0].size(); ++i) {
    if (static_cast<index_t>(i) % in.leading >= in.features) {
      REQUIRE(out.lower(i) == 0);  // padding is nobody's
      REQUIRE(lower_line.numbers[0][i] == 0);
      continue;
    }
    for (const auto* plane : {&out, &lower_line, &upper_line})
      for (const auto& numbers : plane->numbers) outside += std::isnan(numbers[i]);
    const long double l = static_cast<long double>(in.lower(i)) - in.slack(i);
    const long double u = static_cast<long double>(in.upper(i)) + in.slack(i);
    for (int s = 0; s < 30; ++s) {
      const long double z = s == 0   ? l
                            : s == 1 ? u
                                     : std::clamp(l + (u - l) * uniform(random, 0, 1), l, u);
      const long double y = f.value(z);
      const auto line = [&](Planes<T>& plane) {
        return plane.numbers[0][i] * z + static_cast<long double>(plane.numbers[1][i]);
      };
      if (y != y) {  // f is not defined there
        constexpr T infinity = std::numeric_limits<T>::infinity();
        outside += !(out.lower(i) == -infinity && out.upper(i) == infinity);
        outside += !(line(lower_line) - lower_line.numbers[2][i] == -infinity);
        outside += !(line(upper_line) + upper_line.numbers[2][i] == infinity);
        ++undefined;
        continue;
      }
      outside += y < static_cast<long double>(out.lower(i)) - out.slack(i);
      outside += y > static_cast<long double>(out.upper(i)) + out.slack(i);
      const long double own = 1 + 4 * unit_roundoff<T>;  // of a slack's own last place
      outside += y < line(lower_line) - own * lower_line.numbers[2][i];
      outside += y > line(upper_line) + own * upper_line.numbers[2][i];
    }
  }
  CHECK(outside == 0);
  return undefined;
}

}  // namespace

TEST_CASE_TEMPLATE("intervals and lines hold within their errors and slacks", T, float, double) {
  std::mt19937 random(5);
  int undefined = 0;
  for_each_known_activation([&]<class F>(const F&) {
    CAPTURE(F::name);
    const int draws = relax::coefficient_count<F> == 0 ? 1 : 8;
    for (int draw = 0; draw < draws; ++draw)
      undefined += encloses<F, T>(
          relax::with_coefficients<F>(shardbound_test::random_coefficients<F>(random)));
  });
  CHECK(undefined > 1000);
}

namespace {

/// Bounds of one neuron, given those of its input.
template <class T, class F>
std::array<T, 3> bounds_of(const F& f, T l, T u, T e) {
  Planes<T> in(1, 1), out(1, 1);
  in.lower(0) = l, in.upper(0) = u, in.slack(0) = e;
  expr::PointwiseCall<T> call;
  call.in = in.view();
  call.out = out.view();
  expr::activation_interval(f, call, 0);
  return {out.lower(0), out.upper(0), out.slack(0)};
}

}  // namespace

TEST_CASE_TEMPLATE(
    "an input that may be out of the domain bounds nothing; one that is not costs its slope", T,
    float, double) {
  constexpr T infinity = std::numeric_limits<T>::infinity();
  const auto nothing = std::array<T, 3>{-infinity, infinity, T(0)};
  CHECK(bounds_of(relax::Sqrt{}, T(0), T(4), T(1e-20)) == nothing);
  CHECK(bounds_of(relax::Sqrt{}, T(-1e-20), T(4), T(0)) == nothing);
  CHECK(bounds_of(relax::Log{}, T(1), T(4), T(1)) == nothing);
  CHECK(bounds_of(relax::Reciprocal{}, T(-4), T(-1), T(2)) == nothing);
  const auto exact =
      bounds_of(relax::Sqrt{}, T(0), T(4), T(0));  // upright at zero, and nothing moves
  CHECK(exact[0] == 0);
  CHECK(exact[1] == 2);
  CHECK(exact[2] < T(1e-5));
  const auto moved = bounds_of(relax::Sqrt{}, T(1), T(4), T(0.75));
  CHECK(moved[2] == doctest::Approx(0.75));  // 0.5 / sqrt(0.25) * 0.75
  // a jump costs what it is, also where it has no slope
  const auto jumps = bounds_of(relax::Sign{}, T(1), T(2), T(1.5));
  CHECK(jumps[2] == doctest::Approx(2));
  CHECK(bounds_of(relax::Sign{}, T(-1), T(2), T(1))[2] < T(1e-5));
}

TEST_CASE_TEMPLATE("a scale and shift holds, whatever its sign and however far off it may be", T,
                   float, double) {
  auto in = random_bounds<T>(3);
  Planes<T> out(in.domains, in.features);
  std::mt19937 random(4);
  std::vector<T> scale(static_cast<std::size_t>(in.leading)), shift(scale.size()),
      scale_error(scale.size()), shift_error(scale.size()), slack(in.numbers[0].size());
  for (std::size_t i = 0; i < static_cast<std::size_t>(in.features); ++i) {
    scale[i] = i % 9 ? static_cast<T>(uniform(random, -3, 3)) : 0;
    shift[i] = static_cast<T>(uniform(random, -3, 3));
    scale_error[i] = i % 3 ? static_cast<T>(uniform(random, 0, 1e-3)) : 0;
    shift_error[i] = i % 4 ? static_cast<T>(uniform(random, 0, 1e-3)) : 0;
  }
  expr::PointwiseCall<T> call;
  call.in = in.view();
  call.out = out.view();
  call.scale = scale.data();
  call.shift = shift.data();
  call.scale_error = scale_error.data();
  call.shift_error = shift_error.data();
  call.lower_slack = slack.data();
  for_each_neuron(in, [&](index_t at, index_t i) { expr::scaled_interval(call, at, i); });
  int outside = 0, cheap = 0;
  for (std::size_t i = 0; i < slack.size(); ++i)
    for (const long double z : {static_cast<long double>(in.lower(i)) - in.slack(i),
                                static_cast<long double>(in.upper(i)) + in.slack(i)})
      for (const int side : {-1, 0, 1}) {
        const auto j = i % static_cast<std::size_t>(in.leading);
        const long double off = side * (scale_error[j] * std::abs(z) + shift_error[j]);
        const long double kept = scale[j] * z + shift[j], y = kept + off;
        outside += y < static_cast<long double>(out.lower(i)) - out.slack(i);
        outside += y > static_cast<long double>(out.upper(i)) + out.slack(i);
        outside += out.lower(i) > out.upper(i);
        cheap += static_cast<long double>(slack[i]) < std::abs(y - kept);
      }
  CHECK(outside == 0);
  CHECK(cheap == 0);
}

TEST_CASE_TEMPLATE("what overflowed bounds nothing, and nothing is NaN", T, float, double) {
  constexpr T infinity = std::numeric_limits<T>::infinity(),
              nan = std::numeric_limits<T>::quiet_NaN();
  Planes<T> out(1, 1);
  const auto put = [&](T lower, T upper, T slack, T l, T u, T e) {
    expr::put_bounds(out.view(), 0, lower, upper, slack);
    // the slack itself is rounded up
    return out.lower(0) == l && out.upper(0) == u && out.slack(0) >= e &&
           out.slack(0) <= e + 32 * unit_roundoff<T> * e;
  };
  CHECK(put(-1, 2, 3, -1, 2, 3));
  CHECK(put(-infinity, 2, 0, -infinity, 2, 0));
  CHECK(put(nan, 2, 1, -infinity, 2, 1));
  CHECK(put(infinity, infinity, 1, -infinity, infinity, 1));
  CHECK(put(-infinity, -infinity, 1, -infinity, infinity, 1));
  CHECK(put(1, 2, infinity, -infinity, infinity, 0));
  CHECK(put(1, 2, nan, -infinity, infinity, 0));
}

TEST_CASE_TEMPLATE("values are neither widened nor bounded", T, float, double) {
  Planes<T> in(1, 1), out(1, 1);
  in.lower(0) = std::numeric_limits<T>::infinity();
  expr::PointwiseCall<T> call;
  call.in = in.view();
  call.out = out.view();
  expr::activation_value(relax::ReLU{}, call, 0);
  CHECK(out.lower(0) == in.lower(0));
  CHECK(out.upper(0) == in.lower(0));
  CHECK(out.slack(0) == 0);
}

TEST_CASE("rows that only fill up a tile are nobody's") {
  std::int32_t index[] = {7, 7}, domain[] = {7, 7};
  double sign[] = {7, 7};
  const expr::RowsTarget<double> target{index, domain, sign};
  expr::put_filler(target, 1);
  CHECK(index[1] == 0);
  CHECK(domain[1] == 0);
  CHECK(sign[1] == 0);
  CHECK(sign[0] == 7);
}

TEST_CASE("columns whose squares overflow or vanish have a norm together") {
  CHECK(expr::combined_radius(expr::Norm::two, 3e200, 4e200) == doctest::Approx(5e200));
  CHECK(expr::combined_radius(expr::Norm::two, 3e-200, 4e-200) == doctest::Approx(5e-200));
  CHECK(expr::combined_radius(expr::Norm::one, 3.0, 4.0) == 4);
  CHECK(expr::combined_radius(expr::Norm::infinity, 3.0, 4.0) == 7);
  for (const expr::Norm norm : {expr::Norm::infinity, expr::Norm::two, expr::Norm::one}) {
    CHECK(std::isnan(expr::combined_radius(norm, double{NAN}, 1.0)));
    CHECK(std::isnan(expr::combined_radius(norm, double{INFINITY}, double{NAN})));
  }
}
