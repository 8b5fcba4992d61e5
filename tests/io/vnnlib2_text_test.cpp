// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/io/vnnlib.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <tests/support/skip.hpp>

namespace {

using namespace shardbound;
using namespace shardbound::vnnlib;

const std::string version = "(vnnlib-version <2.0>)\n";
const std::string one_network =
    version +
    "(declare-network N (declare-input A float32 [1,2]) (declare-input B float32 [])"
    " (declare-hidden H float32 [2] \"h/relu:0\") (declare-output Y float32 [3,2]))\n";

std::string refusal(const std::string& text) {
  try {
    read_query_text(text, "q");
  } catch (const FormatError& error) {
    return error.what();
  }
  return {};
}
std::string refused(const std::string& assertions) { return refusal(one_network + assertions); }

}  // namespace

TEST_CASE("networks are as they were declared") {
  const ParsedQuery query = parse_query(one_network +
                                            "(declare-network M (isomorphic-to N) (declare-input C "
                                            "float64 [1 , 2]) (declare-input D float64 [])"
                                            " (declare-output Z float64 [3,2]))"
                                            "(declare-network K (equal-to N) (declare-input E "
                                            "float32 [1,2]) (declare-input F float32 [])"
                                            " (declare-output W float32 [3,2]))",
                                        "q");
  REQUIRE(query.networks.size() == 3);
  const QueryNetwork& n = query.networks[0];
  CHECK(n.name == "N");
  CHECK(n.relation == Relation::none);
  REQUIRE(n.inputs.size() == 2);
  CHECK(n.inputs[0].shape == std::vector<std::int64_t>{1, 2});
  CHECK(n.inputs[1].shape.empty());
  CHECK(n.hidden[0].onnx == "h/relu:0");
  CHECK(n.outputs[0].type == "float32");
  CHECK(query.networks[1].relation == Relation::isomorphic_to);
  CHECK(query.networks[2].relation == Relation::equal_to);
  CHECK(query.networks[2].related == 0);
  CHECK(query.formula.inputs == 9);
  CHECK(query.formula.columns == 8 + 6 + 6);
}

TEST_CASE("elements are row-major, inputs and columns counted through all networks") {
  const auto first = [](const std::string& element) {
    const ParsedQuery query = parse_query(
        one_network +
            "(declare-network M (declare-input C float32 [2]) (declare-hidden G float32 [1] \"g\")"
            " (declare-output Z float32 [2]))(assert (<= " +
            element + " (+ Y[0,0] 1)))",
        "q");
    return query.formula.coefficients.at(1).first;
  };
  CHECK(first("Y[2,1]") == Variable::column(2 + 5));
  CHECK(first("Y [2, 1]") == Variable::column(7));
  CHECK(first("G[0]") == Variable::column(8));
  CHECK(first("Z[1]") == Variable::column(10));
  CHECK(first("A[0,1]") == Variable::input(1));
  CHECK(first("B") == Variable::input(2));
  CHECK(first("C[1]") == Variable::input(4));
}

TEST_CASE("equality is two comparisons, its opposite two alternatives") {
  const auto query = [](const std::string& assertion) {
    return read_query_text(one_network + "(assert " + assertion + ")", "q").property;
  };
  CHECK(query("(== H[0] H[1])").regions.at(0).unsafe.at(0).size() == 2);
  const Property either = query("(!= H[0] H[1])");
  REQUIRE(either.regions.size() == 1);
  REQUIRE(either.regions[0].unsafe.size() == 2);
  CHECK(either.regions[0].unsafe[0].is_strict(0));
  CHECK(query("(!= B 0.5)").regions.size() == 2);
  CHECK(query("(!= B B)").regions.empty());
  CHECK(query("(== B B)").regions.size() == 1);
  CHECK(query("(<= (* 2 B) 1)").regions.at(0).box.upper[2] == 0.5);
}

TEST_CASE("what is not well-formed or not well-typed is refused in its line") {
  CHECK(refused("(assert (<= Y[0,0] (* H[0] H[1])))") ==
        "q:3: a product of variables is not supported; terms have to be linear");
  CHECK(refused("\n(assert (<= Y[0] 1.0))") == "q:4: 'Y' has 2 axes where 1 indices are given");
  CHECK(refused("(assert (<= Y[0,2] 1.0))") == "q:3: index 2 of 'Y' is beyond axis 1, which has 2");
  CHECK(refused("(assert (<= N 1.0))") ==
        "q:3: 'N' is a network; elements of tensors are compared");
  CHECK(refused("(assert (<= B[] 1.0))").find("0 axes") != std::string::npos);
  CHECK(refused("(assert (<= (+ 1.0 2.0) 3.0))").find("numbers alone") != std::string::npos);
  CHECK(refused("(check-sat)") ==
        "q:3: 'check-sat' is not a known command; declare-network and assert are");
  CHECK(refusal(version) == "q:2: no network is declared");
  CHECK(refusal(version + "(assert (<= X 1))").find("before any network") != std::string::npos);
  CHECK(refusal(version + "(declare-network N (declare-input X float32 [1]))") ==
        "q:2: N has no output");
  CHECK(refusal(version + "(declare-network N (declare-output X float32 [1]))") ==
        "q:2: N has no input");
  CHECK(refusal(version + "(declare-network N (declare-input X float32 [9999,9999,9999,9999])")
            .find("elements") != std::string::npos);
  CHECK(refusal(version +
                "(declare-network N (declare-input X int64 [1]) (declare-output Y int64 [1]))"
                "(assert (<= X[0] 1))")
            .find("'X' is of type int64, which is not supported") != std::string::npos);
  CHECK(refusal(version +
                "(declare-network N (declare-input X float32 [1]) (declare-hidden H float32 [1] h)")
            .find("in quotes") != std::string::npos);
  CHECK(refusal(
            version +
            "(declare-network N (declare-input X float32 [1]) (declare-hidden H float32 [1] \"h\n")
            .find("a quote is not closed") != std::string::npos);
  CHECK(refusal("(vnnlib-version <1.0>)").find("its version is '<1.0>'") != std::string::npos);
}

TEST_CASE("a text cut at any byte is refused or whole") {
  const std::string whole =
      one_network + "(assert (or (and (<= A[0,1] 1.5) (>= H[0] Y[0,1])) (!= B (- 0.5))))";
  for (std::size_t cut = 1; cut < whole.size(); ++cut) {
    if (cut >= one_network.size() - 1 && cut <= one_network.size()) continue;
    CHECK_FALSE_MESSAGE(refusal(whole.substr(0, cut)).empty(), cut);
  }
  CHECK(refusal(whole).empty());
}

TEST_CASE("texts that a parser should take are taken, and no others") {
  const std::string folder = SHARDBOUND_SHARED_DIR "/vnnlib2/parser/";
  if (!std::filesystem::exists(folder)) return shardbound_test::skip("no folder " + folder);
  std::ifstream index(folder + "index.csv");
  std::string line;
  std::getline(index, line);
  int texts = 0;
  while (std::getline(index, line)) {
    const std::string file = line.substr(0, line.find(','));
    const std::string rest = line.substr(line.find(',', file.size() + 1) + 1);
    const std::string should = rest.substr(0, rest.find(','));
    ++texts;
    if (should.starts_with("either")) continue;
    CAPTURE(file);
    bool taken = true;
    try {
      const Query query = read_query(folder + file);
      CHECK((query.version == Query::Version::one) == (should == "accept as 1.0"));
    } catch (const FormatError& error) {
      taken = false;
      CHECK(std::string(error.what()).find(file + ":") != std::string::npos);
    }
    CHECK(taken == should.starts_with("accept"));
  }
  CHECK(texts == 59);
}
