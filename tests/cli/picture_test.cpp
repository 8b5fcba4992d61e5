// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/cli/picture.hpp>
#include <tests/support/svg.hpp>

#include <limits>
#include <string>
#include <vector>

using namespace shardbound::cli;
using shardbound_test::count;
using shardbound_test::well_formed;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

Picture::Panel panel(std::vector<Picture::Line> lines, Picture::Zero zero = Picture::Zero::any) {
  return {"a panel", zero, std::move(lines)};
}
Picture picture(std::vector<Picture::Line> lines) {
  return {"title", "", {"IBP", "CROWN"}, {panel(std::move(lines), Picture::Zero::threshold)}};
}

}  // namespace

TEST_CASE("an axis holds everything, unless the wider method would hide the tighter") {
  const auto near = axis_of(panel({{"", {{-2, 3}, {-1, 2}}}}));
  CHECK(near.first < -2);
  CHECK(near.last > 3);
  const auto far = axis_of(panel({{"", {{-1000, 5000}, {-1, 2}}}}));
  CHECK(far.first < -1);
  CHECK(far.last > 2);
  CHECK(far.last - far.first < 10);
  const auto one_side = axis_of(panel({{"", {{-1, 5000}, {-1, 2}}}}));
  CHECK(one_side.first > -1.5);  // nothing lies beyond
}

TEST_CASE("where the tighter method has nothing to show the axis holds the other") {
  for (const Picture::Interval& nothing :
       {Picture::Interval{0, 0}, Picture::Interval{-infinity, infinity}}) {
    const auto axis = axis_of(panel({{"", {{-5, 3}, nothing}}}));
    CHECK(axis.first <= -5);
    CHECK(axis.last >= 3);
    CHECK(axis.last - axis.first < 20);
  }
}

TEST_CASE("a threshold is on its panel's axis") {
  CHECK_FALSE(axis_of(panel({{"", {{4, 5}, {4, 5}}}})).shows(0));
  CHECK(axis_of(panel({{"", {{4, 5}, {4, 5}}}}, Picture::Zero::threshold)).shows(0));
}

TEST_CASE("points, infinities and huge numbers have an axis with something on it") {
  const double most = std::numeric_limits<double>::max();
  for (const auto& lines : std::vector<std::vector<Picture::Line>>{
           {},
           {{"", {{0, 0}, {0, 0}}}},
           {{"", {{7, 7}, {7, 7}}}},
           {{"", {{-infinity, infinity}, {-infinity, infinity}}}},
           {{"", {{-infinity, infinity}, {1, 2}}}},
           {{"", {{-most, most}, {-1, 1}}}},
           {{"", {{-most, most}, {-most / 2, most / 2}}}},
           {{"", {{1e-300, 2e-300}, {1e-300, 1e-300}}}}}) {
    const Axis axis = axis_of(panel(lines));
    CHECK(axis.first < axis.last);
    for (const double tick : ticks_of(axis)) CHECK(axis.shows(tick));
    const std::string text = svg_text(picture(lines));
    CHECK(well_formed(text));
    CHECK(text.find("x='nan'") == text.npos);
    CHECK(text.find("x='inf'") == text.npos);
  }
}

TEST_CASE("a drawing has a bar for every interval, a legend, labels and what is impossible") {
  const std::string text = svg_text(
      picture({{"Y_0 - Y_1", {{-900, 900}, {0.5, 2}}}, {"Y_0 - Y_2", {{-900, 900}, {-1, 1}}}}));
  CHECK(well_formed(text));
  CHECK(count(text, "<rect") == 1 + 2 + 4);  // ground, legend, bars
  CHECK(count(text, "<path") == 4);          // IBP leaves on both sides
  CHECK(count(text, "impossible") == 1);
  CHECK(count(text, "stroke-dasharray") == 1);
  for (const char* part : {">IBP<", ">CROWN<", ">Y_0 - Y_1<", ">title<", ">[0.5, 2]  impossible<"})
    CHECK(count(text, part) >= 1);
}

TEST_CASE("names cannot break the file") {
  Picture odd = picture({{"a<b>&'\"\x01\xff", {{0, 1}, {0, 1}}}});
  odd.title = "</text><script>";
  odd.note = "]]>";
  const std::string text = svg_text(odd);
  CHECK(well_formed(text));
  CHECK(text.find("<script>") == text.npos);
  CHECK(text.find("a&lt;b&gt;&amp;'\"??") != text.npos);
}

TEST_CASE("long labels are cut") {
  const std::string text = svg_text(picture({{std::string(100, 'x'), {{0, 1}, {0, 1}}}}));
  CHECK(text.find(std::string(35, 'x')) == text.npos);
  CHECK(text.find("xxx...<") != text.npos);
}
