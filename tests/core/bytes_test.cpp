// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/core/bytes.hpp>
#include <shardbound/core/errors.hpp>

#include <cstdint>
#include <limits>
#include <vector>

using namespace shardbound;

namespace {

struct Both {
  std::int32_t number = 0;
  std::vector<double> row{};
  bool last = false;
};
template <class Value, class Visit>
void for_each_member(Value& value, Visit& visit) {
  visit(value.number);
  visit(value.row);
  visit(value.last);
}

}  // namespace

TEST_CASE("what is written is read, also where nothing is in it") {
  const Both values[] = {{-7, {0.1, -0.0, std::numeric_limits<double>::infinity()}, true},
                         {3, {}, false}};
  ByteWriter writer;
  for (const Both& one : values) for_each_member(one, writer);
  ByteReader reader(writer.bytes());
  for (const Both& one : values) {
    CHECK_FALSE(reader.is_at_end());
    Both found{0, {1, 2}, !one.last};
    for_each_member(found, reader);
    CHECK(found.number == one.number);
    CHECK(found.row == one.row);
    CHECK(found.last == one.last);
  }
  CHECK(reader.is_at_end());
}

TEST_CASE("fewer bytes than are asked for are an error, also where a length is too great") {
  ByteWriter writer;
  writer(std::vector<std::int32_t>{1, 2, 3});
  const auto& bytes = writer.bytes();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    ByteReader reader({bytes.data(), size});
    std::vector<std::int32_t> found;
    CHECK_THROWS_AS(reader(found), CommError);
  }
  ByteWriter lying;
  lying(std::numeric_limits<std::size_t>::max() / 2);
  std::vector<double> found;
  CHECK_THROWS_AS(ByteReader(lying.bytes())(found), CommError);
  CHECK_THROWS_AS(ByteReader({}).next<char>(), CommError);
}
