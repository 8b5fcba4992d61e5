// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/cli/svg.hpp>
#include <tests/support/svg.hpp>

using shardbound::cli::Svg;
using namespace shardbound_test;

TEST_CASE("a drawing is what was drawn, in a frame") {
  Svg svg;
  svg.text(1, 2, "words");
  svg.rectangle(1, 2, 3, 4, Svg::fill(0));
  svg.stroke(1, 2, 3, 4, Svg::decisive);
  svg.curve({{1, 2}, {3.5, 4}}, Svg::colour(1));
  svg.shape({{0, 0}, {1, 0}, {0, 1}}, Svg::fill(1));
  const std::string text = svg.file(50, "a title");
  CHECK(well_formed(text));
  CHECK(count(text, "<title>a title</title>") == 1);
  CHECK(count(text, "height='50'") == 2);
  CHECK(count(text, "viewBox='0 0 1000 50'") == 1);
  CHECK(count(text, "<text x='1' y='2'>words</text>") == 1);
  CHECK(count(text, "<rect") == 2);
  CHECK(count(text, "<line") == 1);
  CHECK(count(text, "d='M1 2 L3.5 4'") == 1);
  CHECK(count(text, "d='M0 0 L1 0 L0 1 Z'") == 1);
}

TEST_CASE("words cannot break the file") {
  Svg svg;
  svg.text(0, 0, "</text><script>&\x01\xff");
  const std::string text = svg.file(10, "<b>");
  CHECK(well_formed(text));
  CHECK(count(text, "<script>") == 0);
  CHECK(count(text, "&lt;script&gt;&amp;??") == 1);
}

TEST_CASE("colours go round") {
  CHECK(Svg::colour(0) != Svg::colour(1));
  CHECK(Svg::colour(0) == Svg::colour(4));
}
