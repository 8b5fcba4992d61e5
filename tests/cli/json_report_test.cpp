// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/cli/json_report.hpp>

using namespace shardbound;

TEST_CASE("a report keeps every digit, and an infinite bound is null") {
  cli::Report report;
  report.network = "n.onnx";
  cli::BoxReport box;
  box.output = {{0.1, -std::numeric_limits<double>::infinity()}, {1.0 / 3, 2}, {0, 0}};
  box.spec_lower = {-0.25};
  box.spec_slack = {1e-12};
  box.conjunction = {0};
  box.intermediate.push_back({1, "z", {{-1}, {1}, {0}}});
  report.boxes.push_back(box);
  report.ranks = 2;
  report.memory.resize(2);
  MemoryLedger& memory = report.memory[1];
  memory.book(Category::weights, 100);
  memory.book(Category::coefficients, 50);
  memory.release(Category::coefficients, 50);
  report.bytes_received = 12;

  const auto json = cli::Json::parse(cli::to_json({}, report).dump());
  CHECK(json["schema"] == 1);
  CHECK(json["boxes"][0]["output"]["upper"][0].get<double>() == 1.0 / 3);
  CHECK(json["boxes"][0]["output"]["lower"][1].is_null());
  CHECK(json["boxes"][0]["spec"]["lower"][0] == -0.25);
  CHECK(json["boxes"][0]["intermediate"][0]["tensor"] == "z");
  CHECK(json["comm"] == "threads");
  CHECK(json["ranks"] == 2);
  CHECK(json["bytes_received"] == 12);
  CHECK(json["memory"][0]["peak"] == 0);
  CHECK(json["memory"][1]["rank"] == 1);
  CHECK(json["memory"][1]["at_rest"] == 100);
  CHECK(json["memory"][1]["coefficients"] == 50);
  CHECK(json["memory"][1]["peak"] == 150);

  report.detail = "spec";
  CHECK(cli::to_json({}, report)["boxes"][0].count("output") == 0);
}

TEST_CASE("trajectories are reported of boxes whose slopes were optimised, and of no others") {
  cli::Report report;
  report.boxes.resize(2);
  CHECK(cli::to_json({}, report)["boxes"][1].count("trajectories") == 0);
  const double infinity = std::numeric_limits<double>::infinity();
  using Rows = Trajectory::Rows;
  report.boxes[1].trajectories = {{Rows::of_query, {0.25, 0.5}, {-1.5, 1.0 / 3}, {-infinity, -2}},
                                  {Rows::of_query_from_above, {}, {}, {}},
                                  {Rows::outputs, {1}, {2}, {3}},
                                  {Rows::outputs_from_above, {1}, {2}, {3}}};
  const auto json = cli::Json::parse(cli::to_json({}, report).dump());
  CHECK(json["boxes"][0].count("trajectories") == 0);
  const auto& all = json["boxes"][1]["trajectories"];
  REQUIRE(all.size() == 4);
  CHECK(all[0]["rows"] == "spec");
  CHECK(all[1]["rows"] == "spec, from above");
  CHECK(all[2]["rows"] == "output, from below");
  CHECK(all[3]["rows"] == "output, from above");
  CHECK(all[0]["seconds"] == std::vector<double>{0.25, 0.5});
  CHECK(all[0]["mean"][1].get<double>() == 1.0 / 3);
  CHECK(all[0]["least"][0].is_null());
  CHECK(all[0]["least"][1] == -2);
  CHECK(all[1]["mean"].empty());
}
