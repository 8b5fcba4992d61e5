// SPDX-License-Identifier: BSD-3-Clause

// Every activation of the library, with whatever numbers it may carry, keeps what relax/line.hpp promises:
// over intervals of every size and place its range, its lines and those that are free enclose it, where it calls
// itself stable they are the function itself, it rises no faster than it says, and nothing is said about it where it
// is not defined. What an activation is - its values, the shape of its lines - is for its own test in tests/relax.
// Whole networks: sampling_test.cpp, ranks/random_policies_test.cpp, through zoo::Every.

#include <doctest/doctest.h>

#include <tests/support/curve_check.hpp>

using namespace shardbound_test;

namespace {

/// In long double, as the functor itself says.
template <class F>
auto exactly(const F& f) {
  return [f](long double z) { return f.value(z); };
}

/// With its numbers exact in float, so that both scalars mean the same function.
template <class F>
F in_float(F f) {
  if constexpr (sb::relax::coefficient_count < F >> 0)
    for (const auto& coefficient : F::coefficients)
      f.*coefficient.member = static_cast<float>(f.*coefficient.member);
  return f;
}

/// Calls use(functor, seed) many times, its numbers drawn anew for each.
template <class Use>
void for_all_numbers(int draws, const Use& use) {
  std::mt19937 random(1);
  sb::for_each_known_activation([&]<class F>(const F& own) {
    CAPTURE(F::name);
    use(in_float(own), 0u);
    if constexpr (sb::relax::coefficient_count < F >> 0)
      for (int draw = 1; draw < draws; ++draw)
        use(sb::relax::with_coefficients<F>(random_coefficients<F>(random)),
            static_cast<unsigned>(draw));
  });
}

}  // namespace

// 650,000 intervals for each scalar, 40 points in each.
TEST_CASE_TEMPLATE("lines and ranges enclose", T, float, double) {
  for_all_numbers(60, [](const auto& f, unsigned seed) {
    CHECK(worst_violation<T>(f, exactly(f), seed == 0 ? 20'000 : 1000, seed) <= 1);
  });
}

TEST_CASE_TEMPLATE("lines and ranges are numbers", T, float, double) {
  for_all_numbers(60, [](const auto& f, unsigned seed) {
    for (const auto& [l, u] : intervals<T>(500, seed)) {
      const auto lines = sb::relax::lines(f, l, u);
      const auto range = f.range(l, u);
      for (const T x : {range.lower, range.upper, lines.lower.slope, lines.lower.intercept,
                        lines.upper.slope, lines.upper.intercept})
        CHECK(!std::isnan(x));
    }
  });
}

// 60,000 intervals, 12 lines in each.
TEST_CASE_TEMPLATE("lines that are free enclose wherever they may be", T, float, double) {
  int optimisable = 0;
  for_all_numbers(10, [&]<class F>(const F& f, unsigned seed) {
    if constexpr (sb::Optimisable<F>) {
      CHECK(worst_free_violation<T>(f, exactly(f), seed == 0 ? 4000 : 400, seed) <= 1);
      ++optimisable;
    }
  });
  CHECK(optimisable >= 10);
}

TEST_CASE_TEMPLATE("where an activation is stable its two lines are one", T, float, double) {
  for_all_numbers(60, [](const auto& f, unsigned seed) {
    for (const auto& [l, u] : intervals<T>(500, seed)) {
      if (!(u - l < std::numeric_limits<T>::infinity())) continue;
      const auto lines = sb::relax::lines(f, l, u);
      if (f.range(l, u).lower > f.range(l, u).upper) FAIL_CHECK("a range that is empty");
      if (!sb::relax::is_stable(f, l, u) || l == u) continue;
      CHECK(lines.lower.slope == lines.upper.slope);
      CHECK(lines.lower.intercept == lines.upper.intercept);
    }
  });
}

TEST_CASE_TEMPLATE("a lower line through the origin has no intercept", T, float, double) {
  for_all_numbers(60, []<class F>(const F& f, unsigned seed) {
    for (const auto& [l, u] : intervals<T>(500, seed)) {
      if (!sb::relax::lower_through_origin<F>) break;
      CHECK(sb::relax::lines(f, l, u).lower.intercept == 0);
    }
  });
}

TEST_CASE_TEMPLATE("no activation rises faster than it says", T, float, double) {
  constexpr auto infinity = std::numeric_limits<long double>::infinity();
  std::mt19937 random(1);
  for_all_numbers(60, [&](const auto& f, unsigned seed) {
    for (const auto& [l, u] : intervals<T>(500, seed)) {
      const long double steepest = sb::relax::lipschitz(f, l, u);
      for (int sample = 0; sample < 4; ++sample) {
        const long double from = sample ? place(l, u, 3 + sample, random) : place(l, u, 0, random);
        const long double to = sample ? place(l, u, 3 + sample, random) : place(l, u, 1, random);
        const long double low = f.value(from), high = f.value(to);
        if (low != low || high != high) {
          CHECK(steepest == infinity);  // it is not defined there
          continue;
        }
        const long double rise = std::abs(high - low), size = std::abs(low) + std::abs(high);
        if (!(rise < infinity) || steepest == infinity) continue;
        CHECK(rise <= steepest * std::abs(to - from) * (1 + sb::line_rounding<T>)+size * 1e-18L +
                          underflow<T>);
      }
    }
  });
}

TEST_CASE_TEMPLATE("nothing is said about what is not defined", T, float, double) {
  int one_sided = 0;
  for_all_numbers(20, [&]<class F>(const F& f, unsigned seed) {
    for (const auto& [l, u] : intervals<T>(500, seed)) {
      constexpr T most = std::numeric_limits<T>::max();
      bool is_defined = F::name != "Reciprocal" || l > 0 || u < 0;
      for (const T end : {std::max(l, -most), std::min(u, most)})
        is_defined = is_defined && !std::isnan(f.value(end));
      if (is_defined) continue;
      CHECK(is_vacuous(f, l, u));
      CHECK(sb::relax::lipschitz(f, l, u) == std::numeric_limits<T>::infinity());
    }
    one_sided += is_one_sided(f);
  });
  CHECK(one_sided >= 4);  // logarithms, roots, reciprocals, and powers that are not whole
}

TEST_CASE("NaN stays NaN") {
  for_all_numbers(3, [](const auto& f, unsigned) {
    CHECK(std::isnan(f.value(std::numeric_limits<double>::quiet_NaN())));
    CHECK(std::isnan(f.value(std::numeric_limits<float>::quiet_NaN())));
  });
}

TEST_CASE("the numbers an activation starts with are ones that it may carry") {
  sb::for_each_known_activation([]<class F>(const F& f) {
    CAPTURE(F::name);
    std::vector<double> own;
    if constexpr (sb::relax::coefficient_count < F >> 0)
      for (const auto& coefficient : F::coefficients) {
        own.push_back(f.*coefficient.member);
        if constexpr (requires { F::onnx; }) CHECK(coefficient.onnx != "");
      }
    CHECK(sb::relax::refusal<float, F>(own) == "");
  });
}
