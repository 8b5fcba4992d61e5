// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/bound/host_rows.hpp>

using namespace shardbound;

TEST_CASE("rows follow each other, each padded with zeros, in the scalar that is asked for") {
  std::vector<float> rows;
  const auto twice = [](double number) { return static_cast<float>(2 * number); };
  append_padded(rows, std::vector<double>{1, 2, 3}, twice);
  append_padded(rows, std::vector<double>(8, 0.5), twice);
  append_padded(rows, std::vector<double>{}, twice);
  CHECK(rows == std::vector<float>{2, 4, 6, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1});
}
