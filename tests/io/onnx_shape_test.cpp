// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/io/onnx_shape.hpp>

#include <doctest/doctest.h>

#include <vector>

using namespace shardbound;
using namespace shardbound::io;
using Indices = std::vector<std::int64_t>;

TEST_CASE("shapes broadcast as numpy's do") {
  CHECK(broadcast({1, 4}, {4}) == OnnxShape{1, 4});
  CHECK(broadcast({}, {2, 3}) == OnnxShape{2, 3});
  CHECK(broadcast({3, 1}, {1, 2}) == OnnxShape{3, 2});
  CHECK(broadcast({1, 1, 1, 1}, {5}) == OnnxShape{1, 1, 1, 5});
  CHECK_FALSE(broadcast({3}, {2}).has_value());
  CHECK(extent(OnnxShape{2, 3, 4}) == 24);
  CHECK(extent(OnnxShape{2, 3, 4}, 1, 3) == 12);
  CHECK(to_string(OnnxShape{1, 784}) == "[1, 784]");
  CHECK(to_string(OnnxShape{}) == "[]");
}

TEST_CASE("a walk goes over all indices, row-major, in any steps") {
  CHECK(strides({2, 3, 4}) == Indices{12, 4, 1});
  CHECK(strides({}).empty());
  const auto seen = [](const OnnxShape& shape, std::int64_t first, const Indices& step) {
    Indices out;
    walk(shape, first, step, [&](std::int64_t element) { out.push_back(element); });
    return out;
  };
  CHECK(seen({2, 3}, 0, {1, 2}) == Indices{0, 2, 4, 1, 3, 5});
  CHECK(seen({2, 2}, 5, {-3, -1}) == Indices{5, 4, 2, 1});
  CHECK(seen({}, 7, {}) == Indices{7});
  CHECK(seen({2, 0}, 0, {1, 1}).empty());
}

TEST_CASE("stretching repeats what has an extent of one") {
  CHECK(spread_indices({3}, {2, 3}) == Indices{0, 1, 2, 0, 1, 2});
  CHECK(spread_indices({2, 1}, {2, 3}) == Indices{0, 0, 0, 1, 1, 1});
  CHECK(spread_indices({}, {2}) == Indices{0, 0});
  CHECK(spread_indices({2, 1, 2}, {2, 2, 2}) == Indices{0, 1, 0, 1, 2, 3, 2, 3});
}
