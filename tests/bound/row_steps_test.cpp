// SPDX-License-Identifier: BSD-3-Clause

// What a step does to a wave that no other test sees alone: copies that meet are paid for where they leave, and
// once, dealt or joint.

#include <doctest/doctest.h>

#include <shardbound/bound/crown_ibp.hpp>
#include <shardbound/comm/threads.hpp>
#include <tests/support/checked_backend.hpp>
#include <tests/support/zoo.hpp>

using namespace shardbound_test;

namespace {

template <sb::ShardingPolicy P>
using Sum = sb::Sequential<sb::Input<2>, sb::Linear<16, P>, sb::Residual<sb::Identity>>;

/// Slacks of both sides of y_0 = 2 z_0, z_0 = x_0 + x_1 over [-1, 1]^2, as rows of the output: nothing but the
/// addition of two copies, and what the product and the input cost, is in them.
template <class Net, class B>
double slack_of(sb::AnyCommunicator communicator) {
  sb::Network<Net, double, B> network(std::move(communicator));
  std::vector<double> weight(32, 0), row(16, 0);
  weight[0] = weight[1] = row[0] = 1;
  network.set_linear(network.linear(0), weight, std::vector<double>(16, 0));
  auto pass = sb::prepare(network, sb::CrownIbp{}, {.rows = 1});
  const sb::InputSet box(sb::Box{{-1, -1}, {1, 1}});
  const auto found = pass.run({&box, 1}, {.matrix = row}, {.outputs = false});
  CHECK(found.rows.lower[0] == doctest::Approx(-4));
  return found.rows.slack[0];
}

}  // namespace

TEST_CASE("copies that meet are paid for once") {
  constexpr double u = sb::unit_roundoff<double>;
  const double alone = slack_of<Sum<sb::Replicated>, sb::EigenBackend>({});
  // Copies of coefficient 1 on |z| <= 2, twice, one addition each: 4 u. The product: 16 terms and some twenty
  // around them, of 4 in all. The input: 2 terms of 4 in all.
  CHECK(alone >= 4 * u + 16 * 4 * u + 2 * 4 * u);
  CHECK(alone <= 4 * u + (16 + 24) * 4 * u + (2 + 24) * 4 * u);
  CHECK(slack_of<Sum<sb::Replicated>, CheckedBackend>({}) == alone);
  for (const int ranks : {2, 3})
    sb::threads::run(ranks, [&](sb::Threads& communicator) {
      CHECK(slack_of<Sum<sb::FullySharded>, sb::EigenBackend>(communicator) == alone);
      const double split = slack_of<Sum<sb::RowSharded>, sb::EigenBackend>(communicator);
      CHECK(split >= alone);  // sums over ranks
      CHECK(split <= 1.5 * alone);
    });
}
