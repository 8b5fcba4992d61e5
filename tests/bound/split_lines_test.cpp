// SPDX-License-Identifier: BSD-3-Clause

// Lines over what splits leave are those of the smaller interval, for each domain its own, and the same when asked again.

#include <doctest/doctest.h>

#include <shardbound/bound/split_lines.hpp>
#include <shardbound/shardbound.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace sb = shardbound;

namespace {

//  0 x - 1 product - 2 tanh - 3 product - 4 leaky relu - 5 product
using Net = sb::Sequential<sb::Input<1>, sb::Linear<2>, sb::Tanh, sb::Linear<1>, sb::LeakyReLU,
                           sb::Linear<1>>;

template <class T>
struct Drawn {
  sb::Network<Net, T> network;
  sb::DomainState<T, sb::EigenBackend> state;
  sb::SplitLines<T, sb::EigenBackend> lines;

  Drawn()
      : state(network, 2),
        lines(network, state,
              [](int v, std::int32_t domain, std::int32_t neuron,
                 std::size_t side) -> std::ptrdiff_t {
                return 100 * v + 10 * domain + 2 * neuron + static_cast<std::ptrdiff_t>(side);
              }) {
    network.set_linear(1, std::vector<double>{2, -1}, std::vector<double>{0, 0.5});
    const std::vector<sb::InputSet> sets{sb::Box{{-1}, {1}}, sb::Box{{0}, {3}}};
    state.set_domains(sets);
    state.interval(1);
  }
};

}  // namespace

TEST_CASE_TEMPLATE("lines are those of what is left, in each domain", T, float, double) {
  constexpr T infinity = std::numeric_limits<T>::infinity();
  Drawn<T> s;
  const auto check = [&](std::int32_t domain, std::int32_t neuron, T low, T high, T l, T u) {
    const auto expected = sb::relax::lines(sb::relax::Tanh{}, l, u);
    for (int again = 0; again < 2; ++again) {
      const auto own = s.lines.lines(2, domain, neuron, low, high);
      CHECK(own.fixed.lines.lower.slope == expected.lower.slope);
      CHECK(own.fixed.lines.lower.intercept == expected.lower.intercept);
      CHECK(own.fixed.lines.upper.slope == expected.upper.slope);
      CHECK(own.fixed.lower_slack > 0);
    }
  };
  check(0, 0, T(-0.5), infinity, T(-0.5), T(2));
  check(0, 0, -infinity, T(0.25), T(-2), T(0.25));
  check(1, 0, T(-0.5), T(4), T(0), T(4));
  check(1, 1, -infinity, T(-1), T(-2.5), T(-1));
}

TEST_CASE("where an activation bends at 0 it has a line on either side, and a free one across") {
  const Drawn<double> s;
  const auto sides = s.lines.sides(4);
  REQUIRE(sides);
  CHECK((*sides)[0].slope == doctest::Approx(0.01));
  CHECK((*sides)[1].slope == 1);
  CHECK_FALSE(s.lines.sides(2));
  CHECK(s.lines.frees(2) == std::array<bool, 2>{true, true});
  CHECK(s.lines.frees(4) == std::array<bool, 2>{true, false});
  CHECK(s.lines.place(2, 1, 1, 1) == 213);
}
