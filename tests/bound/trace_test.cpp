// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/bound/trace.hpp>
#include <tests/support/zoo.hpp>

using namespace shardbound_test;

namespace {
using Trace = sb::Trace<double, sb::EigenBackend>;
}

//  0 x(5) - 1 product(9) - 2 relu - 3 product(17) - 4 relu - 5 product(3)
TEST_CASE("rows leave their coefficients above every activation, and a point") {
  const auto& plan = sb::PlanOf<zoo::Mlp>::view();
  CHECK(Trace::numbers_per_row(plan, 5) == 8 + 16 + 24);
  CHECK(Trace::numbers_per_row(plan, 4) == 8 + 16 + 24);
  CHECK(Trace::numbers_per_row(plan, 3) == 8 + 16);
  CHECK(Trace::numbers_per_row(plan, 1) == 8);
}

TEST_CASE("chains count once, and those without an activation not at all") {
  const auto& plan = sb::PlanOf<zoo::Run>::view();
  for (int start = 1; start < plan.size(); ++start) {
    sb::index_t numbers = sb::padded(plan[0].features);
    for (int v = start; v > 0;) {  // from one chain to the next
      if (plan[v].segment.chain < 0) {
        v = plan.input_of(v);
        continue;
      }
      if (plan.activation_in_chain(v) >= 0) numbers += sb::padded(plan[v].features);
      for (int k = plan.length_of_chain(v); k > 0; --k) v = plan.input_of(v);
      if (v > 0 && plan[v].kind == sb::NodeKind::product) v = plan.input_of(v);
    }
    CAPTURE(start);
    CHECK(Trace::numbers_per_row(plan, start) == numbers);
  }
}

TEST_CASE("a wave's rows take each other's place, a list's do not") {
  sb::Network<zoo::Mlp> network;
  auto& backend = network.backend();
  const auto before = backend.memory().current(sb::Category::coefficients);
  {
    const Trace wave(network, 5, 16, Trace::Of::wave), list(network, 5, 48, Trace::Of::list);
    CHECK(backend.memory().current(sb::Category::coefficients) - before ==
          (16 + 48) * (8 + 16 + 24) * sizeof(double));
    CHECK(!wave.keeps_all());
    CHECK(list.keeps_all());
    for (const auto& [v, features, leading] : {std::tuple{2, 9, 16}, std::tuple{4, 17, 24}}) {
      const auto here = wave.coefficients(v, 32, 16), there = list.coefficients(v, 32, 16);
      CHECK(here.data == wave.coefficients(v, 0, 16).data);
      CHECK(there.data == list.coefficients(v, 0, 16).data + 32 * leading);
      CHECK(there.rows == 16);
      CHECK(there.columns == features);
      CHECK(there.leading == leading);
    }
    CHECK(list.points(32, 16).data == list.points(0, 16).data + 32 * 8);
    CHECK(wave.points(32, 16).data == wave.points(0, 16).data);
    for (const int v : {0, 1, 3, 5}) CHECK(list.coefficients(v, 0, 16).data == nullptr);
  }
  CHECK(backend.memory().current(sb::Category::coefficients) == before);
}
