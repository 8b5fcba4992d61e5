// SPDX-License-Identifier: BSD-3-Clause

// Loops over neurons, and lists of rows for them.

#include <doctest/doctest.h>

#include <shardbound/backend/eigen/pointwise.hpp>
#include <shardbound/relax/relu.hpp>

#include <vector>

using namespace shardbound;
using namespace shardbound::detail;

namespace {

// Three neurons over two domains; the first is stable in the second domain, the second in both.
struct Neurons {
  double lower[16] = {-1, 1, -2, 0, 0, 0, 0, 0, -1, 1, -2};
  double upper[16] = {1, 2, 3, 0, 0, 0, 0, 0, -0.5, 2, 3};
  double slack[16] = {};
  BoundsView<double> view() { return {lower, upper, slack, 2, 3, 8}; }
};

struct List {
  std::int32_t index[16], domain[16];
  double sign[16];
  std::int64_t count = -1;
  expr::RowsTarget<double> target() { return {index, domain, sign, &count, 4}; }
  bool is(index_t row, std::int32_t i, std::int32_t d, double s) const {
    return index[row] == i && domain[row] == d && sign[row] == s;
  }
};

bool is_unstable(double l, double u) { return !relax::ReLU{}.stable(l, u); }

}  // namespace

TEST_CASE("neurons are visited domain by domain, padding is not") {
  Neurons neurons;
  std::vector<index_t> seen;
  for_each_neuron(neurons.view(), [&](index_t at, index_t i) {
    seen.push_back(at);
    CHECK(at % 8 == i);
  });
  CHECK(seen == std::vector<index_t>{0, 1, 2, 8, 9, 10});
  Neurons wider;
  seen.clear();
  expr::BranchCall<double> call{neurons.view(), wider.view(), 5};
  for_each_neuron(call, [&](index_t from, index_t to) {
    seen.push_back(to);
    CHECK(to == from + 5);
  });
  CHECK(seen.size() == 6);
}

TEST_CASE("both sides of every neuron that matters are listed, domain by domain") {
  Neurons neurons;
  List list;
  list_rows<double>(neurons.view(), list.target(), is_unstable);
  REQUIRE(list.count == 6);
  const std::int32_t index[] = {0, 2, 2}, domain[] = {0, 0, 1};
  for (int pair = 0; pair < 3; ++pair) {
    CHECK(list.is(2 * pair, index[pair], domain[pair], 1));
    CHECK(list.is(2 * pair + 1, index[pair], domain[pair], -1));
  }
  for (int row = 6; row < 10; ++row) CHECK(list.is(row, 0, 0, 0));  // the rest of the tile
}

TEST_CASE("or each has its place, and those that do not matter the sign 0") {
  Neurons neurons;
  List list;
  mark_rows<double>(neurons.view(), list.target(), is_unstable);
  REQUIRE(list.count == 12);
  const double sign[] = {1, 0, 1, 0, 0, 1};
  for (int pair = 0; pair < 6; ++pair) {
    CHECK(list.is(2 * pair, pair % 3, pair / 3, sign[pair]));
    CHECK(list.is(2 * pair + 1, pair % 3, pair / 3, -sign[pair]));
  }
  for (int row = 12; row < 16; ++row) CHECK(list.is(row, 0, 0, 0));
}
