// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/core/views.hpp>

using namespace shardbound;

TEST_CASE("parts of a matrix share its leading dimension") {
  float data[4 * 8] = {};
  for (int i = 0; i < 4 * 8; ++i) data[i] = static_cast<float>(i);
  const MatrixView<float> matrix{data, 4, 5, 8};

  const auto rows = matrix.row_range(1, 2);
  CHECK(rows.rows == 2);
  CHECK(rows.columns == 5);
  CHECK(rows.data[0] == 8);

  const auto columns = matrix.column_range(3, 2);
  CHECK(columns.columns == 2);
  CHECK(columns.leading == 8);
  CHECK(columns.data[1 * columns.leading + 1] == 12);

  const MatrixView<const float> readable = rows.column_range(2, 1);
  CHECK(readable.data == data + 10);
}

TEST_CASE("a range of rows keeps all three lists in step") {
  const std::int32_t index[] = {5, 6, 7}, domain[] = {0, 1, 2};
  const double sign[] = {1, -1, 0};
  const auto part = RowsView<double>{index, domain, sign, 3}.range(1, 2);
  CHECK(part.index[0] == 6);
  CHECK(part.domain[0] == 1);
  CHECK(part.sign[1] == 0);
  CHECK(part.count == 2);
}

TEST_CASE("rows without homes live where they are") {
  const std::int32_t lists[] = {0, 1, 2}, home[] = {9, 4, 6};
  const double sign[] = {1, -1, 0};
  const RowsView<double> rows{lists, lists, sign, 3};
  CHECK(rows.home_of(2) == 2);
  CHECK(rows.range(1, 2).home == nullptr);
  const RowsView<double> kept{lists, lists, sign, 3, home};
  CHECK(kept.home_of(0) == 9);
  CHECK(kept.range(1, 2).home_of(1) == 6);
}

TEST_CASE("bounds become read-only bounds, never the other way") {
  double plane[3] = {1, 2, 3};
  const BoundsView<double> bounds{plane, plane + 1, plane + 2, 1, 1, 1};
  const BoundsView<const double> readable = bounds;
  CHECK(readable.slack == plane + 2);
  static_assert(!std::is_convertible_v<BoundsView<const double>, BoundsView<double>>);
  static_assert(!std::is_convertible_v<MatrixView<const double>, MatrixView<double>>);
}
