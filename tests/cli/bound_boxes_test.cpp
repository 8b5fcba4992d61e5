// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/cli/bound_boxes.hpp>
#include <tests/support/small_network.hpp>

using namespace shardbound;
using namespace shardbound_test;

TEST_CASE("a box's report has its rows in words, and which of them are proved impossible") {
  const auto engine = small_engine();
  Property property = at_least(4);
  property.regions[0].unsafe.push_back({{0, 1, 1, -1}, {-1, -50}});
  engine->prepare(Method{}, {1, 3});
  const InputSet set(small_box());
  const auto found = engine->run({&set, 1}, rows_of(property, 0, 1), {}, nullptr);
  std::size_t row = 0;
  const auto box = cli::box_report(*engine, property.regions[0], 0, found, row, "all");
  CHECK(row == 3);
  CHECK(box.spec_text == std::vector<std::string>{"-Y_0 + 4", "Y_1 + 1", "Y_0 - Y_1 + 50"});
  CHECK(box.conjunction == std::vector<int>{0, 1, 1});
  CHECK(box.impossible == std::vector<bool>{true, false, true});
  CHECK(box.spec_lower[1] == found.rows.lower[1] + 1);
  CHECK(box.intermediate.size() == 1);
  CHECK(box.output.lower.size() == 2);
}

TEST_CASE("a row that clears its threshold by less than its slack is not impossible") {
  const auto engine = small_engine();
  engine->prepare(Method{}, {1, 1});
  const InputSet set(small_box());
  const auto found = engine->run({&set, 1}, rows_of(at_least(10), 0, 1), {}, nullptr);
  const double bound = -found.rows.lower[0], slack = found.rows.slack[0];
  REQUIRE(slack > 0);
  for (const double part : {0.5, 2.0}) {
    const Property property = at_least(bound + part * slack);
    std::size_t row = 0;
    const auto box = cli::box_report(*engine, property.regions[0], 0, found, row, "spec");
    CHECK(box.spec_lower[0] > 0);
    CHECK(box.impossible[0] == (part > 1));
    CHECK(box.intermediate.empty());
  }
}

TEST_CASE("of two runs that which proves more counts, row by row and output by output") {
  Bounds<double> a, b;
  a.rows = {{1, 1, 1}, {0.25, 0.25, 0}, {}};
  b.rows = {{1.125, 1.5, 1}, {0.5, 0.5, 0}, {}};
  a.outputs = {{{-1, -1}, {1, 1}, {0.125, 0}}};
  b.outputs = {{{-1, -1}, {1, 0.5}, {0, 0.5}}};
  const auto better = cli::better_of(a, b);
  CHECK(better.rows.lower == std::vector<double>{1, 1.5, 1});
  CHECK(better.rows.slack == std::vector<double>{0.25, 0.5, 0});
  CHECK(better.outputs[0].lower == std::vector<double>{-1, -1});
  CHECK(better.outputs[0].upper == std::vector<double>{1, 1});
  CHECK(better.outputs[0].slack == std::vector<double>{0, 0});
}

TEST_CASE("JSON holds everything up to 100000 numbers, unless it is told otherwise") {
  const auto engine = small_engine();
  Property property = at_least(4);
  cli::Options o;
  CHECK(cli::detail_of(o, engine->plan(), property) == "all");
  property.regions.resize(100'000 / 12 + 1, property.regions[0]);  // two sides of 4 + 2 numbers
  CHECK(cli::detail_of(o, engine->plan(), property) == "output");
  o.json_detail = "spec";
  CHECK(cli::detail_of(o, engine->plan(), property) == "spec");
}
