// SPDX-License-Identifier: BSD-3-Clause

// What counts as named state, what a functor becomes with other numbers, and which it refuses.

#include <doctest/doctest.h>

#include <shardbound/relax/coefficients.hpp>
#include <shardbound/relax/leaky_relu.hpp>
#include <shardbound/relax/relu.hpp>

using namespace shardbound;

namespace {

/// max(low, min(z, high)), as far as naming its numbers goes.
struct Clamp : relax::ReLU {
  double low = 0, high = 6;
  static constexpr NamedCoefficient<Clamp> coefficients[] = {
      {.name = "high", .member = &Clamp::high, .least = 0}, {.name = "low", .member = &Clamp::low}};
  constexpr bool valid() const { return low <= high; }
};

struct Unnamed : relax::ReLU {
  double low = 0;
};
struct Floats : relax::ReLU {
  float low = 0, high = 1;
};
struct AlsoAnInt : relax::ReLU {
  double low = 0;
  int power = 1;
  static constexpr NamedCoefficient<AlsoAnInt> coefficients[] = {
      {.name = "low", .member = &AlsoAnInt::low}};
};
struct Twice : relax::ReLU {
  double low = 0, high = 1;
  static constexpr NamedCoefficient<Twice> coefficients[] = {
      {.name = "low", .member = &Twice::low}, {.name = "high", .member = &Twice::low}};
};
struct Inherited : relax::LeakyReLU {};
struct Enlarged : relax::LeakyReLU {
  double high = 1;
};

}  // namespace

static_assert(NamedState<relax::ReLU> && NamedState<relax::LeakyReLU> && NamedState<Clamp>);
static_assert(NamedState<Inherited>);
static_assert(!NamedState<Unnamed> && !NamedState<Floats> && !NamedState<AlsoAnInt>);
static_assert(!NamedState<Twice> && !NamedState<Enlarged>);
static_assert(relax::coefficient_count<relax::ReLU> == 0 && relax::coefficient_count<Clamp> == 2);

TEST_CASE("numbers go where their names say, whatever the order of members") {
  const double numbers[] = {3, -1};
  const auto clip = relax::with_coefficients<Clamp>(numbers);
  CHECK(clip.high == 3);
  CHECK(clip.low == -1);
  const double slope[] = {0.5};
  CHECK(relax::with_coefficients<Inherited>(slope).negative_slope == 0.5);
}

TEST_CASE("what is refused, and why") {
  const auto said = [](double high, double low) {
    const double numbers[] = {high, low};
    return relax::refusal<double, Clamp>(numbers);
  };
  CHECK(said(3, -1) == "");
  CHECK(said(-0.5, -1) == "high = -0.5; 0 and above are supported");
  CHECK(said(1, 2) == "high = 1, low = 2");
  CHECK(said(1, -INFINITY) == "low = -inf, which is not finite");
  CHECK(said(std::nan(""), 0) == "high = nan, which is not finite");
  CHECK(said(1, 2e-300) == "");
  const double slope[] = {1.5}, wide[] = {1e300, 0};
  CHECK(relax::refusal<double, relax::LeakyReLU>(slope) ==
        "negative_slope = 1.5; 0 to 1 are supported");
  CHECK(relax::refusal<double, Clamp>(wide) == "");
  CHECK(relax::refusal<float, Clamp>(wide) == "high = 1e+300, which is not finite");
  CHECK(relax::refusal<double, relax::ReLU>({}) == "");
}
