// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/backend/eigen/backend.hpp>
#include <shardbound/bound/row_lists.hpp>

using namespace shardbound;

TEST_CASE("a list that is uploaded ends in rows of sign 0") {
  EigenBackend backend;
  const ListedRows<float, EigenBackend> list(backend, 5, 3);
  CHECK(list.size() == 8);
  const std::vector<std::int32_t> domain = {4, 2};
  list.upload(backend, entries_of(RowQuery{.domain = domain}, 2, 5));
  const auto rows = list.first(2);
  CHECK(rows.count == 2);
  for (int r = 0; r < 5; ++r) {
    CHECK(rows.index[r] == (r < 2 ? r : 0));
    CHECK(rows.domain[r] == (r < 2 ? domain[static_cast<std::size_t>(r)] : 0));
    CHECK(rows.sign[r] == (r < 2 ? 1 : 0));
  }
  CHECK(list.target(nullptr).rest == 3);
}

TEST_CASE("both sides, and every domain where none is named") {
  EigenBackend backend;
  const ListedRows<double, EigenBackend> list(backend, 8, 0);
  list.upload(backend, entries_of(RowQuery{.sides = Sides::both}, 2, 2));
  const auto rows = list.first(8);
  for (int e = 0; e < 8; ++e) {
    CHECK(rows.domain[e] == e / 4);
    CHECK(rows.index[e] == e / 2 % 2);
    CHECK(rows.sign[e] == (e % 2 ? -1 : 1));
  }
}

TEST_CASE("results arrive wave by wave and are read at once") {
  EigenBackend backend;
  const RowResults<double, EigenBackend> results(backend, 11);
  double lower[16], slack[16];
  for (int i = 0; i < 16; ++i) lower[i] = i, slack[i] = 0.5 * i;
  results.keep(backend, {lower, slack}, 0, 8);
  results.keep(backend, {lower + 8, slack + 8}, 8, 3);
  const auto found = results.read(backend, 11);
  REQUIRE(found.lower.size() == 11);
  REQUIRE(found.slack.size() == 11);
  for (std::size_t i = 0; i < 11; ++i) {
    CHECK(found.lower[i] == static_cast<double>(i));
    CHECK(found.slack[i] == 0.5 * static_cast<double>(i));
  }
}

TEST_CASE("waves keep their results behind each other, and the better of two descents counts") {
  EigenBackend backend;
  const RowResults<double, EigenBackend> first(backend, 20), second(backend, 20);
  std::vector<double> numbers(24), slacks(24, 0.25);
  const auto fill = [&](const RowResults<double, EigenBackend>& results, double sign) {
    auto keep = results.keeper(backend, 20);
    for (std::size_t i = 0; i < 24; ++i) numbers[i] = sign * static_cast<double>(i);
    keep(RowsView<double>{nullptr, nullptr, nullptr, 16}, {numbers.data(), slacks.data()});
    keep(RowsView<double>{nullptr, nullptr, nullptr, 8},
         {numbers.data() + 16, slacks.data() + 16});  // of which 4 only fill up
  };
  fill(first, 1);
  fill(second, -1);
  const std::vector<RowResults<double, EigenBackend>> none;
  CHECK(best_of(none, 0, 20, backend).lower.empty());
  RowBounds<double> best = first.read(backend, 20);
  CHECK(best.lower[19] == 19);
  CHECK(second.read(backend, 20).lower[19] == -19);
  RowBounds<double> sides{{-3, -2, 1, -1.5}, {0.5, 1, 2, 0.25}, {}};
  OutputBounds<double> to;
  append_sides(sides, 0, to);
  append_sides(sides, 2, to);
  CHECK(to.lower == std::vector<double>{-3, 1});
  CHECK(to.upper == std::vector<double>{2, 1.5});
  CHECK(to.slack == std::vector<double>{1, 2});
}
