// SPDX-License-Identifier: BSD-3-Clause

// Hostile input ends in one sentence on standard error, exit status 2, and no output.

#include <doctest/doctest.h>
#include <tests/support/run_cli.hpp>
#include <tests/support/temporary.hpp>

using namespace shardbound_test;

namespace {

void refused(const std::string& onnx, const std::string& vnnlib, const std::string& word) {
  const Temporary results("results", "untouched");
  for (const char* command : {"verify", "bounds"}) {
    std::vector<std::string> words = {command, "--onnx", onnx, "--vnnlib", vnnlib};
    if (words[0] == "verify") words.insert(words.end(), {"--results", results.name()});
    const auto run = run_cli(words);
    INFO(run.err);
    CHECK(run.status == 2);
    CHECK(run.out.empty());
    CHECK(run.err.find("error: ") == 0);
    CHECK(run.err.find(word) != run.err.npos);
    CHECK(std::count(run.err.begin(), run.err.end(), '\n') == 1);
    std::ostringstream kept;
    kept << std::ifstream(results.name()).rdbuf();
    CHECK(kept.str() == "untouched");
  }
}

OnnxWriter one_node(const std::string& type, std::vector<std::int64_t> input,
                    std::vector<std::int64_t> weight, float first = 1) {
  OnnxWriter net;
  net.input("x", input).output("y", {1, 2});
  std::int64_t size = 1;
  for (auto extent : weight) size *= extent;
  std::vector<float> numbers(static_cast<std::size_t>(size), 1);
  numbers[0] = first;
  net.tensor("W", weight, numbers).node(type, {"x", "W"}, {"y"});
  return net;
}

}  // namespace

TEST_CASE("damaged networks") {
  const Temporary property(".vnnlib", small_vnnlib("4"));
  const auto refuse = [&](const std::string& bytes, const std::string& word) {
    const Temporary onnx("net.onnx", bytes);
    refused(onnx.name(), property.name(), word);
    refused(onnx.name(), property.name(), "net.onnx");
  };
  const std::string good = small_onnx().bytes();
  refuse(good.substr(0, good.size() / 2), "");
  refuse("this is no network", "");
  refuse("", "");
  refuse("\x1f\x8b\x08" + good, "");                                // damaged gzip
  refuse(one_node("Erf", {1, 2}, {2, 2}).bytes(), "Erf");           // unknown operator
  refuse(one_node("MatMul", {1, 3, 2}, {2, 2}).bytes(), "");        // wrong rank
  refuse(one_node("MatMul", {1, 3}, {2, 2}).bytes(), "");           // mismatching dimensions
  refuse(one_node("MatMul", {1, 2}, {2, 2}).bytes(), "Linear<2>");  // another architecture
  auto bad = small_onnx();
  OnnxWriter nan;
  auto weights = small_first;
  weights[3] = std::nanf("");
  nan.input("x", {1, 2}).output("y", {1, 2});
  nan.tensor("W1", {4, 2}, weights).tensor("W2", {2, 4}, small_second);
  nan.node("Gemm", {"x", "W1"}, {"z"}, {onnx_integer("transB", 1)}).node("Relu", {"z"}, {"h"});
  nan.node("Gemm", {"h", "W2"}, {"y"}, {onnx_integer("transB", 1)});
  refuse(nan.bytes(), "not finite at row 1, column 1");
  refused("/no/such/network.onnx", property.name(), "/no/such/network.onnx");
}

TEST_CASE("damaged properties") {
  const Temporary onnx(".onnx", small_onnx().bytes());
  const auto refuse = [&](std::string text, const std::string& from, const std::string& to,
                          const std::string& word) {
    const auto at = text.find(from);
    REQUIRE(at != text.npos);
    text.replace(at, from.size(), to);
    const Temporary property("prop.vnnlib", text);
    refused(onnx.name(), property.name(), word);
    refused(onnx.name(), property.name(), "prop.vnnlib");
  };
  const std::string good = small_vnnlib("4");
  refuse(good, "(<= X_0 2)", "(<= X_7 2)", "X_7");  // undeclared
  refuse(good, "(<= X_0 2)", "(<= X_0 nan)", "");   // no number
  refuse(good, "(>= Y_0 4))", "(>= Y_0 4)", "");    // parentheses
  refuse(good, "(declare-const X_1 Real)", "(declare-const X_1 Real)(declare-const X_2 Real)",
         "3 inputs");
  refuse(good + "(declare-const X_2 Real)(assert (<= X_2 1))(assert (>= X_2 0))", "4", "4",
         "3 inputs");
}

TEST_CASE("sets without points and sets without end have verdicts, and no bounds") {
  const Temporary onnx(".onnx", small_onnx().bytes());
  const auto answers = [&](const std::string& from, const std::string& to,
                           const std::string& answer, const std::string& refusal) {
    std::string text = small_vnnlib("4");
    text.replace(text.find(from), from.size(), to);
    const Temporary property("prop.vnnlib", text);
    const std::vector<std::string> files = {"--onnx", onnx.name(), "--vnnlib", property.name()};
    std::vector<std::string> verify = {"verify"}, bounds = {"bounds"};
    verify.insert(verify.end(), files.begin(), files.end());
    bounds.insert(bounds.end(), files.begin(), files.end());
    CHECK(run_cli(verify).out.starts_with(answer + "\n"));
    const auto refused = run_cli(bounds);
    CHECK(refused.status == 2);
    CHECK(refused.out.empty());
    CHECK(refused.err.find("prop.vnnlib") != refused.err.npos);
    CHECK(refused.err.find(refusal) != refused.err.npos);
  };
  answers("(<= X_0 2)", "(<= X_0 -2)", "unsat", "no input satisfies it");
  answers("(assert (<= X_0 2))", "", "sat", "is not finite at input 0");
}

TEST_CASE("a verifier of one network says what it cannot be asked") {
  const Temporary onnx(".onnx", small_onnx().bytes()),
      property("prop.vnnlib", small_vnnlib("4") + "(assert (<= Y_1 X_0))");
  const auto run = run_cli({"verify", "--onnx", onnx.name(), "--vnnlib", property.name()});
  CHECK(run.status == 2);
  CHECK(run.err.find("asks for more than the outputs of one network") != run.err.npos);
  CHECK(run_any({"verify", "--onnx", onnx.name(), "--vnnlib", property.name()}).status == 0);
}
