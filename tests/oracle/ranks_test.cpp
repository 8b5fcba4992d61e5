// SPDX-License-Identifier: BSD-3-Clause

// Several ranks on public benchmark networks: with weights that are whole or in gathered shares, the
// bits of one rank; with layers cut by rows and columns, its bounds up to rounding. No neuron falls back
// to interval bounds: every pre-activation is compared.

#include <doctest/doctest.h>

#include <tests/oracle/oracle_case.hpp>
#include <tests/support/skip.hpp>

#include <atomic>

using namespace shardbound_test;
namespace sb = shardbound;

namespace {

constexpr sb::Method textbook{sb::Intermediates::textbook, sb::Descent::input};

Found found_on(const OracleCase& one, const Json& box, const std::string& policy, int ranks,
               Scalar scalar) {
  Found found;
  std::atomic<int> ran = 0;
  start_ranks(ranks, [&](sb::AnyCommunicator communicator) {
    sb::cli::Setting setting;
    setting.communicator = communicator;
    setting.policy = policy;
    const auto engine = open_engine(one.onnx, scalar, setting);
    REQUIRE(engine->ranks() == ranks);
    Found mine = bound_box(*engine, box, textbook);
    if (communicator.rank() == ranks - 1) found = std::move(mine);
    ++ran;
  });
  CHECK(ran == ranks);
  return found;
}

std::vector<Numbers> bounds_of(const Found& found) {
  std::vector<Numbers> all = {found.spec, found.output.lower, found.output.upper};
  for (const auto& node : found.intermediate) {
    all.push_back(node.lower);
    all.push_back(node.upper);
  }
  return all;
}
std::vector<Numbers> bounds_and_slacks_of(const Found& found) {
  auto all = bounds_of(found);
  all.push_back(found.output.slack);
  for (const auto& node : found.intermediate) all.push_back(node.slack);
  return all;
}

/// The largest difference, in units of the larger of 1 and the vector's largest number.
double difference(const Found& a, const Found& b) {
  const auto all_a = bounds_of(a), all_b = bounds_of(b);
  double worst = 0;
  for (std::size_t i = 0; i < all_a.size(); ++i) {
    double scale = 1;
    for (double x : all_a[i]) scale = std::max(scale, std::abs(x));
    for (std::size_t k = 0; k < all_a[i].size(); ++k)
      worst = std::max(worst, std::abs(all_a[i][k] - all_b[i][k]) / scale);
  }
  return worst;
}

/// Whether that takes so long that once must do.
bool is_large(const Json& box) {
  std::size_t neurons = 0;
  for (const auto& node : box.at("crown_textbook").at("intermediate"))
    neurons += node.at("lower").size();
  return neurons > 10000;
}

template <class Body>
void for_each_case(const Body& body) {
  if (const auto why = what_is_missing(); !why.empty()) return skip(why);
  int skipped = 0;
  for (const OracleCase& one : oracle_cases(skipped)) body(one, one.json["boxes"][0]);
}

}  // namespace

TEST_CASE("whole and gathered weights give one rank's bits") {
  for_each_case([](const OracleCase& one, const Json& box) {
    INFO(one.name);
    for (Scalar scalar : {Scalar::float64, Scalar::float32}) {
      if (is_large(box) && scalar == Scalar::float64) continue;
      const auto alone = bounds_and_slacks_of(found_on(one, box, "replicated", 1, scalar));
      if (!is_large(box))
        CHECK(bounds_and_slacks_of(found_on(one, box, "replicated", 2, scalar)) == alone);
      for (int ranks : is_large(box) ? std::vector{3} : std::vector{1, 3, 8})
        CHECK(bounds_and_slacks_of(found_on(one, box, "fully-sharded", ranks, scalar)) == alone);
    }
  });
}

TEST_CASE("rows and columns give one rank's bounds") {
  for_each_case([](const OracleCase& one, const Json& box) {
    INFO(one.name);
    if (is_large(box)) return;  // rows see whole maps there, which takes minutes
    const bool mnist = one.name.find("mnist") != one.name.npos;
    const Found alone = found_on(one, box, "replicated", 1, Scalar::float64);
    for (int ranks : mnist ? std::vector{2, 3, 4, 7, 8} : std::vector{2, 7})
      CHECK(difference(alone, found_on(one, box, "row-col", ranks, Scalar::float64)) <= 1e-12);
  });
}
