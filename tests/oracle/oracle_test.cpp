// SPDX-License-Identifier: BSD-3-Clause

// Bounds against an independent implementation, number by number, on public benchmark networks
// (../shared/oracles says how to compare).

#include <doctest/doctest.h>
#include <tests/oracle/oracle_case.hpp>
#include <tests/support/skip.hpp>

using namespace shardbound_test;
namespace sb = shardbound;

namespace {

constexpr sb::Method ibp{sb::Intermediates::interval, sb::Descent::one_product};
constexpr sb::Method crown_ibp{sb::Intermediates::interval, sb::Descent::input};
constexpr sb::Method textbook{sb::Intermediates::textbook, sb::Descent::input};
constexpr sb::Method tightened{sb::Intermediates::tightened, sb::Descent::input};

constexpr double tolerance = 1e-9;

/// Calls body(case, box) for every box of every case, or says that there are none.
template <class Body>
void for_each_box(const Body& body) {
  if (const auto why = what_is_missing(); !why.empty()) return skip(why);
  int skipped = 0;
  const auto cases = oracle_cases(skipped);
  REQUIRE(cases.size() >= 31);
  for (const OracleCase& one : cases)
    for (const Json& box : one.json["boxes"]) body(one, box);
  MESSAGE(cases.size() << " cases compared, " << skipped
                       << " of operators that are not supported left out");
}

}  // namespace

TEST_CASE("IBP and CROWN-IBP agree with the reference on outputs and property rows") {
  for_each_box([](const OracleCase& one, const Json& box) {
    const auto engine = open_engine(one.onnx, Scalar::float64);
    for (const auto& pair : {std::pair{ibp, "ibp"}, {crown_ibp, "crown_ibp"}}) {
      const auto& method = pair.first;
      const std::string key = pair.second;
      const Json& oracle = box[key];
      const Found found = bound_box(*engine, box, method);
      INFO(one.name << ' ' << key);
      CHECK(worst_difference(found.output.lower, oracle["output"]["lower"]) <= tolerance);
      CHECK(worst_difference(found.output.upper, oracle["output"]["upper"]) <= tolerance);
      CHECK(worst_difference(found.spec, oracle["spec"]["lower"]) <= tolerance);
    }
  });
}

TEST_CASE("textbook CROWN agrees with the reference on property rows and inside the network") {
  for_each_box([](const OracleCase& one, const Json& box) {
    const auto engine = open_engine(one.onnx, Scalar::float64);
    const Found found = bound_box(*engine, box, textbook);
    const Json& oracle = box["crown_textbook"];
    INFO(one.name);
    const auto& nodes = oracle["intermediate"];
    REQUIRE(nodes.size() == found.intermediate.size());
    for (std::size_t k = 0; k < nodes.size(); ++k) {
      CHECK(worst_difference(found.intermediate[k].lower, nodes[k]["lower"]) <= tolerance);
      CHECK(worst_difference(found.intermediate[k].upper, nodes[k]["upper"]) <= tolerance);
    }
    CHECK(worst_difference(found.spec, oracle["spec"]["lower"]) <= tolerance);
  });
}

TEST_CASE("the default is at least as tight as the textbook") {
  for_each_box([](const OracleCase& one, const Json& box) {
    const auto engine = open_engine(one.onnx, Scalar::float64);
    const Found plain = bound_box(*engine, box, textbook);
    const Found best = bound_box(*engine, box, tightened);
    INFO(one.name);
    for (std::size_t r = 0; r < plain.spec.size(); ++r)
      CHECK(best.spec[r] >= plain.spec[r] - tolerance * std::max(1.0, std::abs(plain.spec[r])));
    for (std::size_t k = 0; k < plain.intermediate.size(); ++k) {
      double ours = 0, theirs = 0;
      const auto &b = best.intermediate[k], &p = plain.intermediate[k];
      for (std::size_t i = 0; i < b.lower.size(); ++i)
        if (b.lower[i] < 0 && b.upper[i] > 0) {
          ours += b.upper[i] - b.lower[i];
          theirs += p.upper[i] - p.lower[i];
        }
      CHECK(ours <= theirs * (1 + tolerance));
    }
  });
}

TEST_CASE("float32 stays close to float64, and what it proves is true there") {
  for_each_box([](const OracleCase& one, const Json& box) {
    const auto narrow = open_engine(one.onnx, Scalar::float32);
    const auto wide = open_engine(one.onnx, Scalar::float64);
    for (const auto& method : {ibp, crown_ibp, textbook}) {
      const Found a = bound_box(*narrow, box, method), b = bound_box(*wide, box, method);
      INFO(one.name << " descent " << static_cast<int>(method.descent) << " intermediates "
                    << static_cast<int>(method.intermediates));
      if (one.name.starts_with("tllverifybench")) continue;  // full of ties
      CHECK(worst_difference(a.output.lower, b.output.lower) <= 1e-4);
      CHECK(worst_difference(a.output.upper, b.output.upper) <= 1e-4);
      CHECK(worst_difference(a.spec, b.spec) <= 1e-4);
    }
  });
}
