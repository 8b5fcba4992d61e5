// SPDX-License-Identifier: BSD-3-Clause

// Networks of convolutions have the CPU's bounds on the GPU by every method, up to rounding, and the same bits
// whatever rows go by together.

#include <tests/compiled/gpu_engine.cuh>
#include <tests/support/convolutions.hpp>
#include <tests/support/gpu.hpp>
#include <tests/support/ranks.hpp>

#include <shardbound/bound/alpha_crown.hpp>
#include <shardbound/bound/crown.hpp>
#include <shardbound/bound/crown_ibp.hpp>
#include <shardbound/bound/ibp.hpp>
#include <shardbound/bound/linearization.hpp>

using namespace shardbound_test;

namespace {

const sb::Method methods[] = {sb::Ibp{}, sb::CrownIbp{}, sb::Crown{},
                              sb::Crown{sb::Intermediates::textbook},
                              sb::AlphaCrown{{.iterations = 3}}};

Question balls(Question question, sb::expr::Norm norm) {
  std::mt19937 random(5);
  for (auto& set : question.sets)
    set = random_ball(random, static_cast<sb::index_t>(set.box.lower.size()), 0.2, norm);
  return question;
}

}  // namespace

TEST_CASE_TEMPLATE("convolutions on the GPU", T, double, float) {
  if (no_gpu()) return;
  const double rounding = std::is_same_v<T, double> ? 1e-11 : 2e-4;
  int regional = 0;
  for (unsigned seed = 0; seed < 25; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const Drawn drawn = drawn_convolutions(random, Joins::any);
    const auto cpu = network_of<T>(drawn, false);
    const auto gpu = network_of<T, PoisonedCuda>(drawn, false);
    for (int v = 1; v < cpu->plan().size(); ++v)
      if (cpu->plan().is_pre_activation(v))
        regional += sb::StartTiles(cpu->plan(), v, PoisonedCuda::step_cost).any();
    auto question = Question::random(cpu->inputs(), cpu->outputs(), 3, 5, 0.2, seed);
    if (seed % 3 == 1) question = balls(question, sb::expr::Norm::two);
    if (seed % 3 == 2) question = balls(question, sb::expr::Norm::one);
    for (const auto& method : methods) {
      CAPTURE(&method - methods);
      const auto here = ask_all(*cpu, method, question);
      const auto there = ask_all(*gpu, method, question);
      CHECK(distance(there.domains, here.domains) <= rounding);
      CHECK(distance(there.rows, here.rows) <= rounding);
      for (const sb::index_t wave : {16, 40}) CHECK(ask_all(*gpu, method, question, wave) == there);
    }
    std::vector<double> points;
    for (const auto& set : question.sets)
      for (double x : random_point(random, set)) points.push_back(x);
    const auto count = static_cast<sb::index_t>(question.sets.size());
    CHECK(distance<T>({sb::Linearization<T, PoisonedCuda>(*gpu, count).values(points)},
                      {sb::Linearization<T, sb::EigenBackend>(*cpu, count).values(points)}) <=
          rounding);
  }
  CHECK(regional > 4);  // rows of tiles were among them
}
