// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/cli/draw_boxes.hpp>
#include <tests/support/small_network.hpp>

#include <sstream>

using namespace shardbound;
using namespace shardbound_test;

namespace {

cli::Picture drawn(const Property& property, const std::string& method = "crown") {
  cli::Options o;
  o.onnx = "folder/net.onnx";
  o.vnnlib = "folder/prop.vnnlib";
  o.method = method;
  std::ostringstream out;
  cli::ProgressLine progress(out, 80, [] { return 0.0; });
  const auto engine = small_engine();
  return cli::draw_boxes(*engine, o, property, progress);
}

}  // namespace

TEST_CASE("outputs and rows of a box, from both sides, by IBP and by CROWN") {
  const auto picture = drawn(at_least(4));
  CHECK(picture.title == "prop.vnnlib on net.onnx");
  CHECK(picture.note.empty());
  CHECK(picture.methods == std::vector<std::string>{"IBP", "CROWN"});
  REQUIRE(picture.panels.size() == 2);
  CHECK(picture.panels[0].title == "outputs");
  REQUIRE(picture.panels[0].lines.size() == 2);
  CHECK(picture.panels[0].lines[1].label == "Y_1");
  REQUIRE(picture.panels[1].lines.size() == 1);
  const auto& row = picture.panels[1].lines[0];
  CHECK(row.label == "-Y_0 + 4");
  CHECK(picture.panels[1].zero == cli::Picture::Zero::threshold);
  // y_0 = |x_0| + |x_1| is between 0 and 3: the row between 1 and 4; y_1 = x_0 - x_1 between -2 and 3
  for (std::size_t m = 0; m < 2; ++m) {
    CHECK(row.intervals[m].lower <= 1);
    CHECK(row.intervals[m].upper >= 4);
    CHECK(picture.panels[0].lines[1].intervals[m].lower <= -2);
    CHECK(picture.panels[0].lines[1].intervals[m].upper >= 3);
  }
  CHECK(row.intervals[1].lower > 0.5);
  CHECK(picture.panels[0].lines[1].intervals[1].upper < 4);
}

TEST_CASE("whoever watches sees the nodes and waves go by") {
  std::ostringstream out;
  double now = 0;
  cli::ProgressLine progress(out, 200, [&] { return now++; });
  const auto engine = small_engine();
  cli::draw_boxes(*engine, {}, at_least(4), progress);
  const std::string text = out.str();
  CHECK(text.find("drawing ibp: node 1 (Linear<4>), intervals") != text.npos);
  CHECK(text.find("drawing crown: node 2 (ReLU), intervals") != text.npos);
  CHECK(text.find("drawing crown: node 3 (Linear<2>), wave 1 of 1, 0 of 6 rows done") != text.npos);
}

TEST_CASE("the second method is the one that was asked for, unless that is IBP") {
  CHECK(drawn(at_least(4), "crown-ibp").methods[1] == "CROWN-IBP");
  const auto ibp = drawn(at_least(4), "ibp");
  CHECK(ibp.methods == std::vector<std::string>{"IBP", "CROWN"});
  CHECK(ibp.panels[0].lines[1].intervals[1].upper ==
        drawn(at_least(4)).panels[0].lines[1].intervals[1].upper);
}

TEST_CASE("of many boxes, conjunctions and rows the first are drawn, and that is said") {
  Property property{2, 2, {}};
  Conjunction rows;
  for (int r = 0; r < 20; ++r) {
    rows.rows.insert(rows.rows.end(), {1.0, 0.0});
    rows.rhs.push_back(-r);
  }
  for (int b = 0; b < 6; ++b) property.regions.push_back({small_box(), {10, rows}});
  property.regions[1].box.upper[0] = 3;  // boxes keep to their own
  const auto picture = drawn(property);
  CHECK(picture.note == "the first 4 of 6 boxes");
  REQUIRE(picture.panels.size() == 4 * (1 + 8));
  CHECK(picture.panels[0].title == "box 0: outputs");
  CHECK(picture.panels[1].title ==
        "box 0: conjunction 0 (the first 16 of 20 rows) (the first 8 of 10 conjunctions)");
  CHECK(picture.panels[10].title.starts_with("box 1: conjunction 0"));
  CHECK(picture.panels[1].lines.size() == 16);
  CHECK(picture.panels[9].lines[0].intervals[1].upper >= 4);
  CHECK(picture.panels[0].lines[0].intervals[1].upper < 4);
}
