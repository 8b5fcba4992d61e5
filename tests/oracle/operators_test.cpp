// SPDX-License-Identifier: BSD-3-Clause

// Every operator of files by every method, policy and device: points never escape the bounds, and two ranks find what
// one does. What came out is a table in the README; this test holds it to that, each device to its own columns:
//   SHARDBOUND_UPDATE_README=1 ctest -R /operators_test

#include <doctest/doctest.h>

#include <shardbound/bound/alpha_crown.hpp>
#include <shardbound/bound/crown.hpp>
#include <shardbound/bound/crown_ibp.hpp>
#include <shardbound/bound/ibp.hpp>
#include <shardbound/io/onnx_support.hpp>
#include <tests/oracle/units.hpp>
#include <tests/support/model_value.hpp>
#include <tests/support/operator_table.hpp>
#include <tests/support/operators.hpp>
#include <tests/support/skip.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <vector>

using namespace shardbound_test;
namespace sb = shardbound;

namespace {

using Numbers = std::vector<double>;
const std::string readme_path = SHARDBOUND_SOURCE_DIR "/README.md";

const sb::Method methods[] = {sb::Ibp{}, sb::CrownIbp{}, sb::Crown{},
                              sb::AlphaCrown{{.iterations = 4}}};
static_assert(std::size(methods) == methods_in_table);

const std::string policies[] = {"replicated", "fully-sharded", "row-sharded", "col-sharded",
                                "row-col"};

bool gives_bits(const std::string& policy) {
  return policy == "replicated" || policy == "fully-sharded";
}

/// Every layer with a matrix has it; of `row-col`, those in turn.
std::string policy_of(const sb::io::Model& model, const std::string& policy) {
  if (gives_bits(policy) || policy == "row-col") return policy;
  std::string list = "replicated";
  for (std::int32_t v = 1; v < model.graph.size(); ++v)
    if (model.graph.layers[static_cast<std::size_t>(v)].step.kind == sb::io::Step::Kind::linear)
      list += "," + std::to_string(v) + "=" + policy;
  return list;
}

/// Outputs and what lies under functions: bounds, and all slacks behind them.
struct Found {
  Numbers bounds, slacks;
  std::size_t outputs = 0;
  std::string refusal;
  bool operator==(const Found&) const = default;
};

Found bound_on(const sb::io::Model& model, const sb::Box& box, const sb::Method& method,
               const std::string& policy, int ranks, Scalar scalar) {
  std::vector<Found> by_rank(static_cast<std::size_t>(ranks));
  start_ranks(ranks, [&](sb::AnyCommunicator communicator) {
    Found& found = by_rank[static_cast<std::size_t>(communicator.rank())];
    sb::cli::Setting setting;
    setting.communicator = communicator;
    setting.policy = policy_of(model, policy);
    setting.model = &model;
    setting.parameters = sb::cli::Parameters::loaded;
    const auto engine = unit_of(scalar).make(setting);
    CHECK(engine->ranks() == ranks);
    const auto take = [&](const sb::OutputBounds<double>& bounds) {
      for (const auto* side : {&bounds.lower, &bounds.upper})
        found.bounds.insert(found.bounds.end(), side->begin(), side->end());
      found.slacks.insert(found.slacks.end(), bounds.slack.begin(), bounds.slack.end());
    };
    try {
      engine->prepare(method, {});
    } catch (const sb::ArgumentError& error) {
      found.refusal = error.what();
      return;
    }
    const sb::InputSet set(box);
    take(engine->run({&set, 1}, {}, {}, nullptr).outputs.front());
    found.outputs = found.slacks.size();
    for (int v = 0; v < engine->plan().size(); ++v)
      if (engine->plan().is_pre_activation(v)) take(engine->node_bounds(v).front());
  });
  for (const Found& other : by_rank) CHECK(other == by_rank.front());
  return by_rank.front();
}

/// How far the network's values at points of the box stand outside, at most.
double escape(const Found& found, const std::vector<Numbers>& values) {
  double worst = -INFINITY;
  for (const Numbers& y : values) {
    if (y.size() != found.outputs) return INFINITY;
    for (std::size_t i = 0; i < y.size(); ++i) {
      const double lower = found.bounds[i] - found.slacks[i];
      const double upper = found.bounds[y.size() + i] + found.slacks[i];
      if (!(upper - lower < 100)) return INFINITY;  // or nothing would be said
      // What the values themselves are rounded by.
      worst = std::max(worst, std::max(lower - y[i], y[i] - upper) - 1e-14 * (1 + std::abs(y[i])));
    }
  }
  return worst;
}

/// The largest difference, in units of the larger of 1 and the number.
double distance(const Numbers& a, const Numbers& b) {
  double worst = a.size() == b.size() ? 0 : INFINITY;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    const double off = std::abs(a[i] - b[i]) / std::max(1.0, std::abs(a[i]));
    if (!(off <= worst)) worst = off >= 0 ? off : INFINITY;
  }
  return worst;
}

/// What comes of one method and policy on two ranks: '=' one rank's bits, '~' its bounds up to rounding, '-' a refusal,
/// '!' anything else.
char mark_of(const sb::io::Model& model, const sb::Box& box, const std::vector<Numbers>& values,
             const sb::Method& method, const std::string& policy) {
  std::string marks;
  for (const Scalar scalar : {Scalar::float64, Scalar::float32}) {
    const Found alone = bound_on(model, box, method, "replicated", 1, scalar);
    const Found found = bound_on(model, box, method, policy, 2, scalar);
    const double off = distance(found.bounds, alone.bounds);
    const double margin = scalar == Scalar::float64 ? 1e-12 : 1e-4;
    if (!found.refusal.empty()) {
      marks += '-';
    } else if (!(escape(alone, values) <= 0) || !(escape(found, values) <= 0)) {
      MESSAGE("a point escapes by " << escape(found, values));
      marks += '!';
    } else if (gives_bits(policy)) {
      marks += found == alone ? '=' : '!';
    } else {
      marks += off <= margin ? '~' : '!';
    }
    if (marks.back() == '!') MESSAGE("off by " << off);
  }
  return marks.front() == marks.back() ? marks.front() : '!';
}

/// What the tests find on this device, of all networks of each operator: a mark for each policy, by method.
std::map<std::string, std::array<std::string, methods_in_table>> found_here() {
  std::map<std::string, std::array<std::string, methods_in_table>> table;
  std::mt19937 random(5);
  for (const OperatorCase& one : operator_cases()) {
    CAPTURE(one.op);
    REQUIRE(one.file.find(one.op) != one.file.npos);
    const auto model = sb::io::read_onnx(sb::io::InputFile::from_bytes(one.file, one.op + ".onnx"));
    const sb::Box box{Numbers(OperatorCases::inputs, -0.25), Numbers(OperatorCases::inputs, 0.5)};
    std::vector<Numbers> values;
    for (int sample = 0; sample < 50; ++sample) {
      Numbers x;
      for (std::size_t i = 0; i < box.lower.size(); ++i)
        x.push_back(-0.25 +
                    static_cast<double>(sample < 8 ? (sample >> i & 1) * 48 : random() % 49) / 64);
      values.push_back(value(model, x));
    }
    auto& entry = table[one.op];
    for (std::size_t m = 0; m < methods_in_table; ++m) {
      INFO(std::string(methods_of_table[m]));
      std::string marks;
      for (const std::string& policy : policies) {
        CAPTURE(policy);
        marks += mark_of(model, box, values, methods[m], policy);
        CHECK(marks.back() != '!');
      }
      if (entry[m].empty()) entry[m] = marks;
      CHECK_MESSAGE(entry[m] == marks, "networks of one operator differ");
    }
  }
  return table;
}

}  // namespace

TEST_CASE("there is a network for every operator") {
  std::set<std::string> drawn;
  for (const OperatorCase& one : operator_cases()) drawn.insert(one.op);
  for (const auto& op : sb::io::onnx_operators())
    CHECK_MESSAGE(drawn.contains(op),
                  op << " has none. Fix: add one to tests/support/operators.hpp");
  for (const auto& op : drawn)
    CHECK_MESSAGE(sb::io::onnx_operators().contains(op), op << " is not listed");
}

TEST_CASE("a table is read as it was written") {
  const OperatorTable table = {
      {"Add", {"==~~~", "==~~~", "==~~~", "==---", "?????", "?????", "?????", "?????"}},
      {"Mul", {"==~~~", "==~~~", "==~~~", "==~~~", "?????", "?????", "?????", "?????"}},
      {"Sub", {"==~~~", "==~~~", "==~~~", "==---", "?????", "?????", "?????", "?????"}}};
  CHECK(table_of(text_of(table)) == table);
  CHECK(text_of(table).find("\n| Add, Sub | `==~~~` |") != std::string::npos);
}

TEST_CASE("operators by method, policy and device, as the README says") {
  if (const auto why = missing_device(); !why.empty()) return skip(why);
  std::stringstream file;
  file << std::ifstream(readme_path).rdbuf();
  const std::string readme = file.str();
  const std::size_t marker = readme.find(table_begin), end = readme.find(table_end);
  REQUIRE(marker != readme.npos);
  REQUIRE(end != readme.npos);
  const std::size_t begin = marker + std::string(table_begin).size();
  const std::string recorded = readme.substr(begin, end - begin);

  const OperatorTable before = table_of(recorded);
  OperatorTable table;
  for (const auto& [op, marks] : found_here()) {
    OperatorEntry& entry = table[op];
    entry.fill(std::string(std::size(policies), '?'));
    if (before.contains(op)) entry = before.at(op);
    for (std::size_t d = 0; d < std::size(devices); ++d)
      if (devices[d] == device())
        std::copy(marks.begin(), marks.end(),
                  entry.begin() + static_cast<std::ptrdiff_t>(d * methods_in_table));
  }
  const std::string found = text_of(table);
  REQUIRE(found.find('!') == found.npos);
  std::cout << "Looked at: the " << device()
            << "'s columns. The others stand as they were recorded.\n";
  if (std::getenv("SHARDBOUND_UPDATE_README")) {
    std::ofstream(readme_path) << readme.substr(0, begin) << found << readme.substr(end);
    return;
  }
  CHECK_MESSAGE(found == recorded,
                "README.md has another table than this one. Fix: run the test "
                "with SHARDBOUND_UPDATE_README=1\n"
                    << found);
}
