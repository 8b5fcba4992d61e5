// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/cli/json_report.hpp>
#include <tests/support/run_cli.hpp>
#include <tests/support/temporary.hpp>

#include <algorithm>

using namespace shardbound_test;

namespace {

std::string text_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("verify prints the verdict and writes results and JSON") {
  const Temporary onnx(".onnx", small_onnx().bytes()), results("results", ""), json("json", "");
  const Temporary holds(".vnnlib", small_vnnlib("4")), broken(".vnnlib", small_vnnlib("2.5"));
  for (const char* scalar : {"float32", "float64"}) {
    const auto unsat =
        run_cli({"verify", "--onnx", onnx.name(), "--vnnlib", holds.name(), "--results",
                 results.name(), "--json", json.name(), "--scalar", scalar});
    CHECK(unsat.status == 0);
    CHECK(unsat.out == "unsat\n");
    CHECK(text_of(results.name()) == "unsat\n");
    CHECK(shardbound::cli::Json::parse(text_of(json.name()))["verdict"] == "unsat");
  }
  const auto sat = run_cli({"verify", "--onnx", onnx.name(), "--vnnlib", broken.name()});
  CHECK(sat.status == 0);
  CHECK(sat.out.find("sat\n((X_0 ") == 0);
}

TEST_CASE("bounds writes the schema, with as much detail as is wanted") {
  const Temporary onnx(".onnx", small_onnx().bytes()), property(".vnnlib", small_vnnlib("4")),
      file("json", "");
  const auto json_for = [&](const std::string& method, const std::string& detail) {
    const auto run = run_cli({"bounds", "--onnx", onnx.name(), "--vnnlib", property.name(),
                              "--json", file.name(), "--method", method, "--json-detail", detail});
    CHECK(run.status == 0);
    return shardbound::cli::Json::parse(text_of(file.name()));
  };
  const auto all = json_for("crown", "all");
  const auto& box = all["boxes"][0];
  CHECK(box["intermediate"][0]["node"] == 1);
  CHECK(box["intermediate"][0]["tensor"] == "z");
  CHECK(box["intermediate"][0]["upper"] == std::vector<double>{2, 1, 1, 1});
  CHECK(box["output"]["upper"][0].get<double>() + box["output"]["slack"][0].get<double>() >= 3);
  CHECK(box["spec"]["lower"][0].get<double>() ==
        doctest::Approx(4 - box["output"]["upper"][0].get<double>()));
  CHECK(box["spec"]["conjunction"] == std::vector<int>{0});
  CHECK(json_for("ibp", "spec")["boxes"][0].count("output") == 0);
  CHECK(json_for("crown-ibp", "output")["boxes"][0].count("intermediate") == 0);
}

TEST_CASE("bounds prints rows as what they mean") {
  const Temporary onnx(".onnx", small_onnx().bytes()), property(".vnnlib", small_vnnlib("4"));
  const auto run = run_cli({"bounds", "--onnx", onnx.name(), "--vnnlib", property.name()});
  CHECK(run.status == 0);
  // |x_0| + |x_1| is 3 at most.
  CHECK(run.out.find("\nconjunction 0: impossible\n  -Y_0 + 4 >= 1 +- ") != run.out.npos);
  CHECK(run.out.ends_with(": impossible\n"));
}

TEST_CASE("bounds reports how bounds grew, where slopes are optimised") {
  const Temporary onnx(".onnx", small_onnx().bytes()), property(".vnnlib", small_vnnlib("4")),
      file("json", "");
  const auto json_with = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words = {"bounds",        "--onnx", onnx.name(), "--vnnlib",
                                      property.name(), "--json", file.name()};
    words.insert(words.end(), more.begin(), more.end());
    const auto run = run_cli(words);
    CHECK(run.status == 0);
    CHECK(run.err.empty());
    return shardbound::cli::Json::parse(text_of(file.name()));
  };
  CHECK(json_with({})["boxes"][0].count("trajectories") == 0);
  const auto json = json_with({"--method", "alpha-crown", "--iterations", "5", "--patience", "0"});
  CHECK(json["method"] == "alpha-crown");
  const auto& all = json["boxes"][0]["trajectories"];
  REQUIRE(all.size() == 3);
  CHECK(all[0]["rows"] == "spec");
  CHECK(all[1]["rows"] == "output, from below");
  CHECK(all[2]["rows"] == "output, from above");
  for (const auto& one : all)
    for (const char* key : {"seconds", "mean", "least"}) CHECK(one[key].size() == 5);
  CHECK(json["memory"][0]["alpha"].get<int>() > 0);
}

TEST_CASE("slopes of float32 are proved in float64 where that is asked for or costs little") {
  const Temporary onnx(".onnx", small_onnx().bytes()), property(".vnnlib", small_vnnlib("4")),
      file("json", "");
  const auto slack_with = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words = {"bounds",        "--onnx",   onnx.name(),  "--vnnlib",
                                      property.name(), "--json",   file.name(),  "--scalar",
                                      "float32",       "--method", "alpha-crown"};
    words.insert(words.end(), more.begin(), more.end());
    CHECK(run_cli(words).status == 0);
    const auto json = shardbound::cli::Json::parse(text_of(file.name()));
    CHECK(json["scalar"] == "float32");
    return json["boxes"][0]["spec"]["slack"][0].get<double>();
  };
  const double proved = slack_with({"--prove", "float64"}),
               native = slack_with({"--prove", "native"});
  CHECK(proved < 1e-3 * native);
  CHECK(slack_with({}) == proved);
  CHECK(slack_with({"--iterations", "3"}) ==
        slack_with({"--iterations", "3", "--prove", "native"}));
}

TEST_CASE("slopes want rows that are one rank's, and verify does without where it may") {
  const Temporary onnx(".onnx", small_onnx().bytes()), property(".vnnlib", small_vnnlib("4"));
  const auto on_two = [&](const std::string& command, const std::vector<std::string>& more) {
    std::vector<std::string> words = {command,   "--onnx", onnx.name(), "--vnnlib", property.name(),
                                      "--ranks", "2",      "--policy",  "row-col"};
    words.insert(words.end(), more.begin(), more.end());
    return run_cli(words);
  };
  for (const char* command : {"bounds", "verify"}) {
    const auto refused = on_two(command, {"--method", "alpha-crown"});
    INFO(refused.err);
    CHECK(refused.status == 2);
    CHECK(refused.out.empty());
    CHECK(refused.err.starts_with(
        "error: --method alpha-crown wants every rank to work on rows of its own, and "));
    CHECK(refused.err.ends_with(
        " is split over ranks. Fix: --policy replicated or fully-sharded, or --method crown\n"));
    CHECK(std::count(refused.err.begin(), refused.err.end(), '\n') == 1);
  }
  CHECK(on_two("verify", {}).out == "unsat\n");
  CHECK(on_two("bounds", {}).status == 0);
}

TEST_CASE("words of slopes are refused in one sentence where they mean nothing") {
  const Temporary onnx(".onnx", small_onnx().bytes()), property(".vnnlib", small_vnnlib("4"));
  const auto says = [&](const std::vector<std::string>& more, const std::string& sentence) {
    std::vector<std::string> words = {"verify", "--onnx", onnx.name(), "--vnnlib", property.name()};
    words.insert(words.end(), more.begin(), more.end());
    const auto run = run_cli(words);
    CHECK(run.status == 2);
    CHECK(run.out.empty());
    CHECK(run.err == "error: " + sentence + "\n");
  };
  says({"--method", "crown", "--iterations", "3"},
       "--iterations is for --method alpha-crown. Fix: leave it away, or give that method");
  says({"--iterations", "0"},
       "--iterations: '0' is no whole number from 1 to 1000000 (see verify --help)");
  says({"--lr", "-1"}, "--lr: '-1' is no number above 0 (see verify --help)");
}

TEST_CASE("options that write files do not change what is printed") {
  const Temporary onnx(".onnx", small_onnx().bytes()), property(".vnnlib", small_vnnlib("4")),
      json("json", ""), svg("svg", ""), results("results", "");
  const auto printed = [&](const std::string& command, const std::vector<std::string>& more) {
    std::vector<std::string> words = {command, "--onnx", onnx.name(), "--vnnlib", property.name()};
    words.insert(words.end(), more.begin(), more.end());
    const auto run = run_cli(words);
    CHECK(run.status == 0);
    CHECK(run.err.empty());
    return run.out;
  };
  const std::string alone = printed("bounds", {});
  for (const char* detail : {"spec", "output", "all"})
    CHECK(printed("bounds", {"--json", json.name(), "--json-detail", detail}) == alone);
  CHECK(printed("bounds", {"--svg", svg.name()}) == alone);
  CHECK(text_of(svg.name()).find("CROWN") != std::string::npos);
  CHECK(printed("bounds", {"--method", "ibp", "--svg", svg.name()}) ==
        printed("bounds", {"--method", "ibp"}));
  CHECK(printed("verify", {"--json", json.name(), "--results", results.name(), "--svg",
                           svg.name()}) == printed("verify", {}));
  CHECK(text_of(svg.name()).find("Decided without a search") != std::string::npos);
}

TEST_CASE("what is drawn does not show in the report of memory and bytes") {
  const Temporary onnx(".onnx", small_onnx().bytes()), property(".vnnlib", small_vnnlib("4")),
      json("json", ""), svg("svg", "");
  const auto report = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words = {
        "bounds",    "--onnx",  onnx.name(), "--vnnlib", property.name(), "--json",
        json.name(), "--ranks", "3",         "--policy", "fully-sharded"};
    words.insert(words.end(), more.begin(), more.end());
    CHECK(run_cli(words).status == 0);
    auto found = shardbound::cli::Json::parse(text_of(json.name()));
    found.erase("seconds");
    return found;
  };
  CHECK(report({"--svg", svg.name()}) == report({}));
}

TEST_CASE("a picture is written whole or not at all") {
  const Temporary onnx(".onnx", small_onnx().bytes()), property(".vnnlib", small_vnnlib("4")),
      svg("svg", "untouched");
  const auto bounds = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words = {"bounds", "--onnx", onnx.name(), "--vnnlib", property.name()};
    words.insert(words.end(), more.begin(), more.end());
    return run_cli(words);
  };
  const auto run = bounds({"--svg", svg.name(), "--json", "/no/such/folder/json"});
  CHECK(run.status == 2);
  CHECK(run.out.empty());
  CHECK(text_of(svg.name()) == "untouched");
  const auto nowhere = bounds({"--svg", "/no/such/folder/svg"});
  CHECK(nowhere.status == 2);
  CHECK(nowhere.err == "error: /no/such/folder/svg: cannot be written\n");
}

TEST_CASE("info needs no file, and counts parameters and memory") {
  const auto info = run_cli({"info"});
  CHECK(info.status == 0);
  CHECK(info.out.find("Linear<4>") != info.out.npos);
  CHECK(info.out.find("22 parameters, 2 inputs, 2 outputs") != info.out.npos);
  CHECK(info.out.find("coefficients") != info.out.npos);
  CHECK(info.out.find(" for crown of one box") != info.out.npos);
  const auto slopes = run_cli({"info", "--method", "alpha-crown"});
  CHECK(slopes.status == 0);
  CHECK(slopes.out.find(" for alpha-crown of one box") != slopes.out.npos);
  CHECK(slopes.out.find("alpha ") != slopes.out.npos);
}
