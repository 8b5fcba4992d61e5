// SPDX-License-Identifier: BSD-3-Clause

// One product, shared by ranks: intervals, balls and points are those of one rank, bit by bit if its
// weights are whole or in shares, up to rounding if they are cut.

#include <tests/support/ranks.hpp>

#include <shardbound/bound/linearization.hpp>
#include <shardbound/shardbound.hpp>

using namespace shardbound_test;

namespace {

template <class P>
using Net = sb::Sequential<sb::Input<37>, sb::Linear<21, P>>;

// Bounds over a ball or box around 0.3, and the values at a point.
template <class P>
std::vector<double> found(sb::AnyCommunicator communicator, sb::expr::Norm norm) {
  sb::Network<Net<P>> network(communicator);
  HostNetwork::random(network, 8).copy_to(network);
  const std::vector<double> centre(37, 0.3);
  const sb::InputSet set =
      norm == sb::expr::Norm::infinity
          ? sb::InputSet(sb::Box{std::vector<double>(37, -0.1), std::vector<double>(37, 0.4)})
          : sb::InputSet::ball(centre, 0.7, norm);
  auto pass = sb::prepare(network, sb::Ibp{});
  pass.run({&set, 1});
  const auto bounds = pass.node_bounds(1)[0];
  std::vector<double> all = bounds.lower;
  append(all, bounds.upper);
  append(all, bounds.slack);
  sb::Linearization<double, sb::EigenBackend> at(network, 1);
  append(all, at.values(centre));
  return all;
}

}  // namespace

TEST_CASE("shared products") {
  using sb::expr::Norm;
  for (Norm norm : {Norm::infinity, Norm::two, Norm::one}) {
    const auto alone = found<sb::Replicated>(sb::Self{}, norm);
    for (int ranks : rank_counts) {
      CAPTURE(ranks);
      const auto on = [&]<class P>(P) {
        return on_ranks(ranks, [&](sb::AnyCommunicator c) { return found<P>(c, norm); });
      };
      CHECK(on(sb::Replicated{}) == alone);
      CHECK(on(sb::FullySharded{}) == alone);
      // Features that are split carry a little more slack, for sums over ranks further down.
      CHECK(distance<double>({on(sb::RowSharded{})}, {alone}) <= 1e-13);
      CHECK(distance<double>({on(sb::ColSharded{})}, {alone}) <= 1e-15 * 37);
    }
  }
}

// In float a third lies between two numbers: a point is the lower of them under every policy.
TEST_CASE("points that are no numbers of float") {
  const auto value = []<class P>(P, sb::AnyCommunicator communicator) {
    sb::Network<sb::Sequential<sb::Input<9>, sb::Linear<1, P>>, float> network(communicator);
    const std::vector<float> weight = {1, 0, 0, 0, 0, 0, 0, 0, 0}, bias = {0};
    network.set_linear(1, weight, bias);
    sb::Linearization<float, sb::EigenBackend> at(network, 1);
    return at.values(std::vector<double>(9, 1.0 / 3));
  };
  CHECK(static_cast<double>(value(sb::Replicated{}, sb::Self{})[0]) < 1.0 / 3);
  CHECK(on_ranks(3, [&](sb::AnyCommunicator communicator) {
          return value(sb::ColSharded{}, communicator);
        }) == value(sb::Replicated{}, sb::Self{}));
}
