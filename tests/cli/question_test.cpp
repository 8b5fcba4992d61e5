// SPDX-License-Identifier: BSD-3-Clause

// What query and files have to agree on, and the standard's command line.

#include <doctest/doctest.h>
#include <shardbound/cli/question.hpp>
#include <tests/support/run_cli.hpp>
#include <tests/support/temporary.hpp>

using namespace shardbound;
using namespace shardbound_test;

namespace {

// The small network under the names that a query gives it.
std::string network(const std::string& name, const std::string& relation = "",
                    const std::string& type = "real", const std::string& hidden = "") {
  return "(declare-network " + name + " " + relation + "(declare-input X" + name + " " + type +
         " [1,2])" + hidden + "(declare-output Y" + name + " " + type + " [1,2]))\n";
}
const std::string version = "(vnnlib-version <2.0>)\n";

// Of X in [-1, 2] x [-1, 1].
std::string box(const std::string& name) {
  const std::string x = "X" + name;
  return "(assert (and (>= " + x + "[0,0] -1) (<= " + x + "[0,0] 2) (>= " + x +
         "[0,1] -1) (<= " + x + "[0,1] 1)))\n";
}

struct Case {
  explicit Case(const std::string& text) : query("query.vnnlib", text) {}

  CliResult verify(const std::vector<std::string>& networks) const {
    std::vector<std::string> words = {"verify", query.name()};
    for (const std::string& one : networks)
      words.insert(words.end(), {"--network", one + "=" + onnx.name()});
    return run_any(words);
  }
  std::string refusal(const std::vector<std::string>& networks) const {
    const CliResult run = verify(networks);
    CHECK(run.status == 2);
    CHECK(run.out.empty());
    return run.err;
  }
  Temporary onnx{"net.onnx", small_onnx().bytes()};
  Temporary query;
};

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

}  // namespace

TEST_CASE("a query's answer goes by the standard") {
  const std::string text = version + network("N") + box("N");
  CHECK(Case(text + "(assert (>= YN[0,0] 4))").verify({"N"}).out == "unsat\n");
  const CliResult sat = Case(text + "(assert (>= YN[0,0] 3))").verify({"N"});
  CHECK(sat.status == 0);
  CHECK(sat.out.starts_with("sat\nXN real [1,2]\n2\n"));
  CHECK(holds(sat.out, "\nYN real [1,2]\n3\n"));
  const Case plain(text + "(assert (>= YN[0,0] 4))");
  CHECK(run_any({"verify", "--onnx", plain.onnx.name(), "--vnnlib", plain.query.name()}).out ==
        "unsat\n");
  CHECK(run_any({"bounds", plain.query.name(), "--network", "N=" + plain.onnx.name()}).status == 0);
}

TEST_CASE("networks side by side, tensors inside, and inputs are observed") {
  const std::string two =
      version + network("N") + network("M", "(equal-to N)") + box("N") + box("M");
  CHECK(Case(two + "(assert (>= (+ YN[0,0] YM[0,0]) 6.5))").verify({"N"}).out == "unsat\n");
  CHECK(Case(two + "(assert (>= (+ YN[0,0] YM[0,0]) 6))").verify({"N"}).out.starts_with("sat\nXN"));
  const std::string hidden = "(declare-hidden H real [1,4] \"h\")";
  const std::string inside = version + network("N", "", "real", hidden) + box("N");
  CHECK(Case(inside + "(assert (<= H[0,2] -0.5))").verify({"N"}).out == "unsat\n");
  CHECK(holds(Case(inside + "(assert (>= H[0,0] 1))").verify({"N"}).out, "\nH real [1,4]\n"));
  // y_0 = |x_0| + |x_1| >= x_0
  CHECK(Case(version + network("N") + box("N") + "(assert (<= YN[0,0] (- XN[0,0] 0.5)))")
            .verify({"N"})
            .out == "unsat\n");
}

TEST_CASE("float32 is taken as real with a note, and what the file has otherwise is refused") {
  const CliResult noted =
      Case(version + network("N", "", "float32") + box("N") + "(assert (>= YN[0,0] 4))")
          .verify({"N"});
  CHECK(noted.out == "unsat\n");
  CHECK(holds(noted.err, "are taken as real numbers"));
  CHECK(holds(Case(version + network("N", "", "float64")).refusal({"N"}),
              "of the network is of type float"));
  CHECK(holds(Case(version + network("N", "", "float16")).refusal({"N"}),
              "of the network is of type float"));
  CHECK(holds(
      Case(version + "(declare-network N (declare-input X real [2]) (declare-output Y real [1,2]))")
          .refusal({"N"}),
      "'X' is declared as real [2] where 'x' of the network is of shape [1,2]"));
  CHECK(holds(
      Case(version + "(declare-network N (declare-input X real [1,2]) (declare-input Z real [1])"
                     "(declare-output Y real [1,2]))")
          .refusal({"N"}),
      "2 inputs are declared where the network has 1"));
  CHECK(holds(Case(version + network("N", "", "real", "(declare-hidden H real [1,4] \"nowhere\")"))
                  .refusal({"N"}),
              "nowhere"));
}

TEST_CASE("every network has its file, and no other") {
  const std::string two = version + network("N") + network("M", "(equal-to N)");
  CHECK(holds(Case(two).refusal({"M"}), "it is equal to N and takes no file") == false);
  CHECK(holds(Case(two).refusal({"N", "M"}),
              "--network M: it is equal to N and takes no file of its own"));
  CHECK(holds(Case(two).refusal({}), "wants a network"));
  CHECK(holds(Case(two).refusal({"K"}), "declares the network N"));
  CHECK(holds(Case(two).refusal({"N", "K"}), "--network K: "));
  CHECK(holds(Case(two).refusal({"N", "N"}), "--network N is given twice"));
  const Case one(two);
  CHECK(holds(run_any({"verify", "--onnx", one.onnx.name(), one.query.name()}).err,
              "declares 2 networks"));
  CHECK(holds(run_any({"verify", one.query.name(), "--network", "N"}).err, "NAME=FILE is wanted"));
}

TEST_CASE("of several outputs a property of version 1 is about the one that is named, or fits") {
  OnnxWriter net = small_onnx();
  net.output("z", {1, 4}).output("h", {1, 4});
  const Temporary onnx("net.onnx", net.bytes()), property("p.vnnlib", small_vnnlib("4"));
  const CliResult first = run_any({"verify", "--onnx", onnx.name(), "--vnnlib", property.name()});
  CHECK(first.out == "unsat\n");
  CHECK(holds(first.err, "is taken to be about 'y'"));
  const CliResult named =
      run_any({"verify", "--onnx", onnx.name(), "--vnnlib", property.name(), "--output", "y"});
  CHECK(named.out == "unsat\n");
  CHECK(named.err.empty());
  CHECK(run_any({"verify", "--onnx", onnx.name(), "--vnnlib", property.name(), "--output", "h"})
            .status == 2);
  const Case two(version + network("N"));
  CHECK(holds(
      run_any({"verify", two.query.name(), "--network", "N=" + two.onnx.name(), "--output", "y"})
          .err,
      "names its outputs itself"));
}

TEST_CASE("the program says what it is and what it can do") {
  CHECK(run_any({"--name"}).out == "shardbound\n");
  CHECK(run_any({"--version"}).status == 0);
  CHECK(holds(run_any({"supports"}).out, "--onnx-operators\n"));
  CHECK(run_any({"supports", "--vnnlib-versions"}).out == "1.0\n2.0\n");
  CHECK(run_any({"supports", "--weather"}).status == 2);
  CHECK(run_any({"supports", "--vnnlib-versions", "--onnx-operators"}).status == 2);
  const Case one(version + network("N"));
  CHECK(holds(run_any({"verify", one.query.name(), "--network", "N=" + one.onnx.name(),
                       "--serialise-assignments", "d"})
                  .err,
              "is not supported"));
}
