// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/verify/waiting_parts.hpp>

#include <cstddef>
#include <vector>

using namespace shardbound;

namespace {

SearchPart part_of(std::size_t task) {
  SearchPart part;
  part.task = task;
  part.splits.resize(task);
  return part;
}

}  // namespace

TEST_CASE("the last that came is the first to go, and what waits longest is given away") {
  WaitingParts waiting, others;
  std::size_t bytes = 0;
  for (std::size_t k = 0; k < 6; ++k) {
    waiting.put(part_of(k));
    bytes += bytes_of(part_of(k));
  }
  CHECK(waiting.bytes() == bytes);
  CHECK(waiting.next().task == 5);
  CHECK(waiting.take().task == 5);
  CHECK(waiting.bytes() == bytes - bytes_of(part_of(5)));
  others.put(part_of(9));
  using enum WaitingParts::End;
  others.receive(waiting.give(2, last), last);
  CHECK(waiting.size() == 3);
  CHECK(others.size() == 3);
  CHECK(waiting.bytes() + others.bytes() == bytes - bytes_of(part_of(5)) + bytes_of(part_of(9)));
  // What was received comes after what was there.
  for (const std::size_t task : {9, 1, 0}) CHECK(others.take().task == task);
  CHECK(others.empty());
  CHECK(others.bytes() == 0);
  CHECK(waiting.give(100, last).size() == 3);
  CHECK(waiting.empty());
}

TEST_CASE("what is next may be handed on, and is next there") {
  using enum WaitingParts::End;
  WaitingParts waiting, others;
  for (std::size_t k = 0; k < 5; ++k) waiting.put(part_of(k));
  others.put(part_of(9));
  others.receive(waiting.give(2, next), next);
  for (const std::size_t task : {4, 3, 9}) CHECK(others.take().task == task);
  CHECK(waiting.give(100, next).size() == 3);
  CHECK(waiting.bytes() == 0);
  CHECK(others.bytes() == 0);
}
