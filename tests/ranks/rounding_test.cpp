// SPDX-License-Identifier: BSD-3-Clause

// Sums over ranks round like any others, and the slack pays for them, however many ranks there are. Here
// one branch gives a row the constant 1, on one rank, and the other a little more than half a unit in its
// last place on each of many others: added one by one, every one of them is rounded up to a whole unit.

#include <tests/support/ranks.hpp>

#include <shardbound/shardbound.hpp>

using namespace shardbound_test;

namespace {

constexpr int most_ranks = 128;
constexpr double unit = 0x1p-53;

using Net = sb::Sequential<
    sb::Input<1>,
    sb::Residual<sb::Sequential<sb::Linear<9, sb::RowSharded>>,
                 sb::Sequential<sb::Linear<8 * most_ranks, sb::RowSharded>, sb::Linear<9>>>>;

}  // namespace

TEST_CASE("the slack pays for sums over many ranks") {
  for (int ranks : {1, 2, most_ranks}) {
    CAPTURE(ranks);
    sb::threads::run(ranks, [&](sb::Threads& communicator) {
      sb::Network<Net> network(communicator);
      const auto nodes = network.product_nodes();
      std::vector<double> none(9, 0), bias(9, 0);
      bias[0] = 1;
      network.set_linear(nodes[0], none, bias);
      std::vector<double> many(8 * most_ranks, 0);
      int added = 0;
      for (std::size_t i = 4 * most_ranks + 8; i < many.size(); i += 8, ++added)
        many[i] = 1.01 * unit;
      network.set_linear(nodes[1], std::vector<double>(many.size(), 0), many);
      network.set_linear(nodes[2], std::vector<double>(9 * many.size(), 1), none);

      const sb::Box point{{0}, {0}};
      const auto bounds = sb::crown(network, point, {sb::Intermediates::textbook});
      // In units beside 1, where all of these are exact.
      const double exact = 1.01 * added, lower = (bounds.lower[0] - 1) / unit,
                   upper = (bounds.upper[0] - 1) / unit, slack = bounds.slack[0] / unit;
      CHECK(lower - slack <= exact);
      CHECK(upper + slack >= exact);
      if (ranks == most_ranks) CHECK(lower >= 1.5 * added);  // or it was summed in another way
    });
  }
}
