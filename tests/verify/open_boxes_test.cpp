// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/verify/open_boxes.hpp>

using namespace shardbound;

namespace {

OpenBox box_of(double excess, double share) {
  OpenBox box;
  box.box = {{0}, {share}};
  box.excess = excess;
  box.share = share;
  return box;
}

}  // namespace

TEST_CASE("boxes with promising points come first, of equal ones the older") {
  OpenBoxes boxes(std::size_t{1} << 20);
  CHECK(boxes.empty());
  for (const double excess : {3.0, 1.0, 2.0, 1.0}) boxes.put(box_of(excess, 1));
  CHECK(boxes.size() == 4);
  const OpenBox first = boxes.take(), second = boxes.take();
  CHECK(first.excess == 1);
  CHECK(second.excess == 1);
  CHECK(first.age < second.age);
  CHECK(boxes.take().excess == 2);
  CHECK(boxes.take().excess == 3);
  CHECK(boxes.empty());
}

TEST_CASE("where they take much memory the smallest come first, until they do not") {
  const std::size_t each = box_of(0, 1).bytes();
  OpenBoxes boxes(4 * each);
  for (int k = 1; k <= 4; ++k) boxes.put(box_of(k, k));
  CHECK_FALSE(boxes.is_deep());
  boxes.put(box_of(5, 0.5));
  CHECK(boxes.is_deep());
  CHECK(boxes.take().share == 0.5);
  CHECK(boxes.take().share == 1);
  CHECK(boxes.is_deep());
  CHECK(boxes.take().share == 2);
  CHECK(boxes.take().share == 3);  // one is left: less than half
  CHECK_FALSE(boxes.is_deep());
}
