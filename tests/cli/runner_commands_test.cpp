// SPDX-License-Identifier: BSD-3-Clause

// The commands of the program that opens files of any architecture.

#include <doctest/doctest.h>
#include <shardbound/cli/json_report.hpp>
#include <tests/support/run_cli.hpp>
#include <tests/support/svg.hpp>
#include <tests/support/temporary.hpp>

#include <filesystem>
#include <fstream>

using namespace shardbound_test;

namespace {

namespace fs = std::filesystem;

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

std::string text_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

OnnxWriter other_network() {
  OnnxWriter net;
  net.input("x", {1, 2}).output("y", {1, 2}).node("Tanh", {"x"}, {"y"});
  return net;
}

}  // namespace

TEST_CASE("two architectures, one program") {
  const Temporary small("small.onnx", small_onnx().bytes());
  const Temporary other("other.onnx", other_network().bytes());
  const Temporary above(".vnnlib", small_vnnlib("3.5")), within(".vnnlib", small_vnnlib("0.7"));
  const auto verify = [](const std::string& onnx, const std::string& vnnlib) {
    return run_any({"verify", "--onnx", onnx, "--vnnlib", vnnlib});
  };
  CHECK(verify(small.name(), above.name()).out == "unsat\n");
  CHECK(verify(small.name(), within.name()).out.find("sat\n") == 0);
  CHECK(verify(other.name(), above.name()).out == "unsat\n");
  CHECK(verify(other.name(), within.name()).out.find("sat\n") == 0);
  const auto info = run_any({"info", "--onnx", small.name()});
  CHECK(info.status == 0);
  CHECK(contains(info.out, "22 parameters, 2 inputs, 2 outputs"));
  const auto bounds =
      run_any({"bounds", "--onnx", small.name(), "--vnnlib", above.name(), "--scalar", "float32"});
  CHECK(contains(bounds.out, "conjunction 0: impossible"));
}

TEST_CASE("policies of single layers") {
  const Temporary small("small.onnx", small_onnx().bytes());
  const auto info = run_any(
      {"info", "--onnx", small.name(), "--ranks", "3", "--policy", "fully-sharded,3=row-sharded"});
  CHECK(info.status == 0);
  CHECK(contains(info.out, "FullySharded"));
  CHECK(contains(info.out, "RowSharded"));
  const auto wrong = run_any({"info", "--onnx", small.name(), "--policy", "row-call"});
  CHECK(wrong.status == 2);
  CHECK(contains(wrong.err, "did you mean row-col?"));
  const auto nobody =
      run_any({"info", "--onnx", small.name(), "--policy", "row-col,fc7=replicated"});
  CHECK(nobody.status == 2);
  CHECK(contains(nobody.err, "there is no layer 'fc7'"));
}

TEST_CASE("slopes are refused where a matrix is cut by columns, though no features are split") {
  const Temporary small("small.onnx", small_onnx().bytes());
  const Temporary above(".vnnlib", small_vnnlib("3.5"));
  const auto on_two = [&](const std::string& command, const std::vector<std::string>& more) {
    std::vector<std::string> words = {command, "--onnx", small.name(), "--vnnlib", above.name()};
    for (const char* word : {"--ranks", "2", "--policy", "replicated,3=col-sharded"})
      words.emplace_back(word);
    words.insert(words.end(), more.begin(), more.end());
    return run_any(words);
  };
  for (const char* command : {"bounds", "verify"}) {
    const auto refused = on_two(command, {"--method", "alpha-crown"});
    CHECK(refused.status == 2);
    CHECK(contains(refused.err, "wants every rank to work on rows of its own, and "));
  }
  CHECK(on_two("verify", {}).out == "unsat\n");
}

TEST_CASE("verify draws its search, whole or not at all") {
  // y_0 = ReLU(x_0 + x_1) - ReLU(x_0), -1 at least; CROWN says -2.
  OnnxWriter net;
  net.input("x", {1, 2}).output("y", {1, 2});
  net.tensor("W1", {2, 2}, {1, 1, 1, 0}).tensor("W2", {2, 2}, {1, -1, 0, 0});
  net.tensor("b", {2}, {0, 0});
  net.node("Gemm", {"x", "W1", "b"}, {"z"}, {onnx_integer("transB", 1)});
  net.node("Relu", {"z"}, {"h"});
  net.node("Gemm", {"h", "W2", "b"}, {"y"}, {onnx_integer("transB", 1)});
  std::string asked = small_vnnlib("-1.125");
  asked.replace(asked.find(">= Y_0"), 2, "<=");
  const Temporary onnx("net.onnx", net.bytes()), property("prop.vnnlib", asked),
      svg("svg", "untouched"), json("json", "");
  const auto verify = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words = {"verify", "--onnx", onnx.name(), "--vnnlib", property.name()};
    words.insert(words.end(), more.begin(), more.end());
    return run_any(words);
  };
  for (const char* ranks : {"1", "3"}) {
    CHECK(
        verify({"--method", "crown", "--ranks", ranks, "--svg", svg.name(), "--json", json.name()})
            .out == "unsat\n");
    const std::string text = text_of(svg.name());
    CHECK(well_formed(text));
    CHECK(text.find(": unsat after ") != text.npos);
    const auto domains = shardbound::cli::Json::parse(text_of(json.name())).at("domains");
    CHECK(domains > 1);
    CHECK(text.find(">" + domains.dump() + " domains in ") != text.npos);
    CHECK(text.find(">domains open<") != text.npos);
  }
  const Temporary other("svg", "untouched");
  CHECK(verify({"--svg", other.name(), "--json", "/no/such/folder/json"}).status == 2);
  CHECK(text_of(other.name()) == "untouched");
  CHECK(verify({"--svg", "/no/such/folder/svg"}).err ==
        "error: /no/such/folder/svg: cannot be written\n");
}

TEST_CASE("a box is given up after as many domains as are said, whatever is cut") {
  // y_0 = ReLU(x_0 + x_1) - ReLU(x_0), -1 at least; CROWN says -2. There may be inputs that nothing reads.
  for (const std::size_t inputs : {2, 40}) {
    OnnxWriter net;
    net.input("x", {1, static_cast<std::int64_t>(inputs)}).output("y", {1, 1});
    std::vector<float> first(2 * inputs, 0);
    first[0] = first[1] = first[inputs] = 1;
    net.tensor("W1", {2, static_cast<std::int64_t>(inputs)}, first).tensor("W2", {1, 2}, {1, -1});
    net.tensor("b1", {2}, {0, 0}).tensor("b2", {1}, {0});
    net.node("Gemm", {"x", "W1", "b1"}, {"z"}, {onnx_integer("transB", 1)});
    net.node("Relu", {"z"}, {"h"});
    net.node("Gemm", {"h", "W2", "b2"}, {"y"}, {onnx_integer("transB", 1)});
    std::string asked = "(declare-const Y_0 Real)\n(assert (<= Y_0 -1.125))\n";
    for (std::size_t i = 0; i < inputs; ++i) {
      const std::string x = "X_" + std::to_string(i);
      asked += "(declare-const " + x + " Real)\n(assert (>= " + x + " -1))\n";
      asked += "(assert (<= " + x + (i == 0 ? " 2))\n" : " 1))\n");
    }
    const Temporary onnx("net.onnx", net.bytes()), property("prop.vnnlib", asked);
    for (const char* ranks : {"1", "2"}) {
      const auto verify = [&](const char* domains) {
        return run_any({"verify", "--onnx", onnx.name(), "--vnnlib", property.name(), "--method",
                        "crown", "--ranks", ranks, "--domains", domains})
            .out;
      };
      CHECK(verify("1") == "unknown\n");
      CHECK(verify("1000") == "unsat\n");
    }
  }
}

TEST_CASE("generate prints the type that a person would write") {
  const Temporary small("small.onnx", small_onnx().bytes());
  const auto printed = run_any({"generate", "--onnx", small.name(), "--type", "Small"});
  CHECK(printed.status == 0);
  CHECK(contains(printed.out, "using Small = sb::Sequential<"));
  CHECK(contains(printed.out, "sb::Linear<4, P>, sb::ReLU,"));
  const Temporary header("small.hpp", "");
  CHECK(run_any({"generate", "--onnx", small.name(), "--type", "Small", "--output", header.name()})
            .status == 0);
  CHECK(text_of(header.name()) == printed.out);
}

TEST_CASE("run goes through lists, and goes on where it stopped") {
  const Temporary small("small.onnx", small_onnx().bytes());
  const Temporary above(".vnnlib", small_vnnlib("3.5")), within(".vnnlib", small_vnnlib("0.7"));
  const Temporary broken("broken.onnx", "no network");
  const auto line = [](const Temporary& onnx, const Temporary& vnnlib) {
    return fs::path(onnx.name()).filename().string() + "," +
           fs::path(vnnlib.name()).filename().string() + ",10\n";
  };
  const Temporary list("instances.csv", line(small, above) + line(broken, above));
  const Temporary longer("instances.csv",
                         line(small, above) + line(broken, above) + line(small, within));
  const Temporary table("table.csv", "");

  const auto first = run_any({"run", list.name(), "--output", table.name()});
  INFO(first.out);
  CHECK(first.status == 0);
  CHECK(contains(first.out, "    1 of 2  unsat"));
  CHECK(contains(first.out, " s        0 domains  "));
  CHECK(contains(first.out, "    2 of 2  error"));
  CHECK(contains(first.err, "broken.onnx"));
  CHECK(std::count(first.err.begin(), first.err.end(), '\n') == 1);
  const std::string kept = text_of(table.name());
  CHECK(std::count(kept.begin(), kept.end(), '\n') == 2);

  const auto second = run_any({"run", longer.name(), "--output", table.name()});
  CHECK(!contains(second.out, "1 of 3"));
  CHECK(contains(second.out, "    3 of 3  sat"));
  CHECK(second.err.empty());
  const std::string grown = text_of(table.name());
  CHECK(grown.substr(0, kept.size()) == kept);
  CHECK(std::count(grown.begin(), grown.end(), '\n') == 3);
  // The summary counts what the table held already.
  const std::string benchmark = fs::path(list.name()).parent_path().filename().string();
  const auto summary = second.out.substr(second.out.rfind('\n', second.out.size() - 2) + 1);
  CHECK(summary.find(benchmark) == 0);
  std::istringstream numbers(summary.substr(benchmark.size()));
  int unsat = 0, sat = 0, unknown = 0, timeout = 0, error = 0;
  numbers >> unsat >> sat >> unknown >> timeout >> error;
  CHECK(unsat == 1);
  CHECK(sat == 1);
  CHECK(unknown + timeout == 0);
  CHECK(error == 1);
}

TEST_CASE("lists and tables that are none") {
  const auto missing = run_any({"run", "/nowhere/list.csv"});
  CHECK(missing.status == 2);
  CHECK(contains(missing.err, "/nowhere/list.csv: cannot be read"));
  const Temporary list("instances.csv", "a.onnx,b.vnnlib,1\n");
  const Temporary table("table.csv", "somebody else's text\n");
  const auto refused = run_any({"run", list.name(), "--output", table.name()});
  CHECK(refused.status == 2);
  CHECK(contains(refused.err, "is no line of results"));
  CHECK(text_of(table.name()) == "somebody else's text\n");
}

TEST_CASE("a list may hold queries of either version") {
  const auto name = [](const Temporary& file) { return fs::path(file.name()).filename().string(); };
  const std::string network =
      "(vnnlib-version <2.0>)(declare-network N (declare-input X real [1,2])(declare-output Y real "
      "[1,2]))";
  const std::string box =
      "(assert (and (>= X[0,0] -1) (<= X[0,0] 2) (>= X[0,1] -1) (<= X[0,1] 1)))";
  const Temporary onnx("net.onnx", small_onnx().bytes()), one("one.vnnlib", small_vnnlib("4")),
      two("two.vnnlib", network + box + "(assert (>= Y[0,0] 2.5))"),
      pair("pair.vnnlib", network +
                              "(declare-network M (equal-to N) (declare-input Z real [1,2])"
                              "(declare-output W real [1,2]))");
  std::string lines;
  for (const Temporary* query : {&one, &two, &pair})
    lines += name(onnx) + "," + name(*query) + ",20\n";
  const Temporary list("instances.csv", lines);
  const auto run = run_any({"run", list.name()});
  CHECK(run.status == 0);
  CHECK(run.out.find("1 of 3  unsat ") != run.out.npos);
  CHECK(run.out.find("2 of 3  sat ") != run.out.npos);
  CHECK(run.out.find("3 of 3  error ") != run.out.npos);
  CHECK(run.err.find("declares 2 networks") != run.err.npos);
}
