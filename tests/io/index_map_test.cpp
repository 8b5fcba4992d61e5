// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/io/index_map.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <vector>

using namespace shardbound;
using io::IndexMap;

TEST_CASE("maps of maps are maps, and what changes nothing is known") {
  const IndexMap all = io::identity_map(4);
  CHECK(all.is_identity(4));
  CHECK_FALSE(all.is_identity(5));
  const std::vector<std::int64_t> turned = {3, 2, 1, 0};
  const IndexMap back = io::composed(all, turned);
  CHECK(back.from == std::vector<std::int32_t>{3, 2, 1, 0});
  CHECK_FALSE(back.is_identity(4));
  CHECK(io::composed(back, turned).is_identity(4));
}

TEST_CASE("constants among features keep their numbers") {
  const IndexMap map{{2, IndexMap::constant, 0}, {0, 7.5, 0}};
  const std::vector<std::int64_t> chosen = {1, 0};
  const IndexMap some = io::composed(map, chosen);
  CHECK(some.from == std::vector<std::int32_t>{IndexMap::constant, 2});
  CHECK(some.number(0) == 7.5);
  CHECK_FALSE(some.is_constant());
  CHECK(IndexMap{{IndexMap::constant}, {1}}.is_constant());
  const io::Step step = io::gathering(map);
  CHECK(step.kind == io::Step::Kind::gather);
  CHECK(step.features == 3);
  CHECK(step.indices == std::vector<std::int32_t>{2, -1, 0});
  CHECK(step.fill == std::vector<double>{0, 7.5, 0});
  CHECK(io::gathering(IndexMap{{-1, 1}, {0, 5}}).fill.empty());
}

TEST_CASE("entries that are chosen from nowhere are a number") {
  const std::vector<std::int64_t> chosen = {-1, 1};
  const IndexMap padded = io::composed(io::identity_map(2), chosen, 3);
  CHECK(padded.from == std::vector<std::int32_t>{IndexMap::constant, 1});
  CHECK(padded.fill == std::vector<double>{3, 0});
  CHECK(io::composed(io::identity_map(2), chosen).fill.empty());
}

TEST_CASE("maps that say the same share a layer") {
  io::MadeForMaps made;
  const auto map = [](const IndexMap& one) { return std::make_shared<const IndexMap>(one); };
  made.of(3, map({{1, 0}, {}})) = 7;
  CHECK(made.of(3, map({{1, 0}, {}})) == 7);
  CHECK(made.of(4, map({{1, 0}, {}})) == io::MadeForMaps::none);
  CHECK(made.of(3, map({{0, 1}, {}})) == io::MadeForMaps::none);
  CHECK(made.of(3, map({{-1, 0}, {5, 0}})) == io::MadeForMaps::none);
  made.of(3, map({{-1, 0}, {5, 0}})) = 8;
  CHECK(made.of(3, map({{-1, 0}, {6, 0}})) == io::MadeForMaps::none);
  CHECK(made.of(3, map({{-1, 0}, {5, 0}})) == 8);
}

TEST_CASE("an order of all features is known") {
  CHECK(IndexMap{{1, 0}, {}}.is_permutation(2));
  CHECK_FALSE(IndexMap{{1, 0}, {}}.is_permutation(3));
  CHECK_FALSE(IndexMap{{1, 1}, {}}.is_permutation(2));
  CHECK_FALSE(IndexMap{{1, IndexMap::constant}, {}}.is_permutation(2));
}

TEST_CASE("a matrix that is too large to be made is refused") {
  CHECK_THROWS_WITH_AS(io::made_matrix(1 << 13, 1 << 12, "f.onnx"),
                       "f.onnx: a matrix of 8192 x 4096 would have to be made for it; up to 2^24 "
                       "entries are supported",
                       FormatError);
  CHECK_THROWS_AS(io::made_matrix(std::int64_t{1} << 60, std::int64_t{1} << 60, ""), FormatError);
  CHECK(io::made_matrix(1 << 12, 1 << 12, "").values.size() == 1 << 24);
}
