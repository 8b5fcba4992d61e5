// SPDX-License-Identifier: BSD-3-Clause

// Every method over every kind of network gives the same bounds on the GPU as on the CPU, up to
// rounding, and no sampled point escapes.

#include <tests/compiled/gpu_engine.cuh>
#include <tests/support/escape.hpp>
#include <tests/support/gpu.hpp>
#include <tests/support/ranks.hpp>
#include <tests/support/zoo.hpp>

#include <shardbound/bound/linearization.hpp>

using namespace shardbound_test;

namespace {

// Rows longer than a block works on at once, and a matrix whose extents are no multiples of anything.
using Wide = zoo::Seq<sb::Input<37>, zoo::Linear<1100>, sb::ReLU, zoo::Linear<1301>, sb::Tanh,
                      zoo::Linear<70>, sb::ReLU, zoo::Linear<11>>;

const sb::Method methods[] = {sb::Ibp{}, sb::CrownIbp{}, sb::Crown{},
                              sb::Crown{sb::Intermediates::textbook}};

template <class T>
constexpr double rounding = std::is_same_v<T, float> ? 2e-5 : 1e-12;

Question balls(Question question, sb::expr::Norm norm) {
  std::mt19937 random(5);
  for (auto& set : question.sets)
    set = random_ball(random, static_cast<sb::index_t>(set.box.lower.size()), 0.2, norm);
  return question;
}

template <class Net, class T>
Answer<T> on_gpu(const HostNetwork& numbers, const sb::Method& method, const Question& question,
                 sb::Precision precision = sb::Precision::native) {
  sb::Network<Net, T, PoisonedCuda> network{sb::AnyCommunicator{},
                                            std::make_unique<PoisonedCuda>(precision)};
  numbers.copy_to(network);
  return ask_all(network, method, question);
}

template <class Net, class T>
void as_on_the_cpu(double radius) {
  const HostNetwork numbers = HostNetwork::random(sb::Network<Net, T>{}, 3);
  const auto& plan = numbers.plan();
  const auto boxes =
      Question::random(plan[0].features, plan[plan.output()].features, 5, 12, radius, 4);
  std::mt19937 random(6);
  for (const auto& question :
       {boxes, balls(boxes, sb::expr::Norm::two), balls(boxes, sb::expr::Norm::one)})
    for (const auto& method : methods) {
      CAPTURE(&method - methods);
      CAPTURE(static_cast<int>(question.sets[0].norm));
      const auto cpu =
          answer_of<Net, T>(sb::Self{}, numbers, method, question, sb::Store::replicated);
      const auto gpu = on_gpu<Net, T>(numbers, method, question);
      CHECK(distance(gpu.domains, cpu.domains) <= rounding<T>);
      CHECK(distance(gpu.rows, cpu.rows) <= rounding<T>);
      CHECK(distance(gpu.points, cpu.points) <= 1);
      CHECK(distance(gpu.linear, cpu.linear) <= 10 * rounding<T>);
      CHECK(distance(gpu.coefficients, cpu.coefficients) <= 10 * rounding<T>);
      long double outside = -1;
      for (std::size_t d = 0; d < question.sets.size(); ++d)
        for (int sample = 0; sample < 10; ++sample)
          outside = std::max(
              outside,
              escape(gpu, question, d, numbers.values(random_point(random, question.sets[d]))));
      CHECK(outside <= 0);
    }
}

}  // namespace

TEST_CASE_TEMPLATE("the GPU bounds as the CPU does", T, double, float) {
  if (no_gpu()) return;
  SUBCASE("mlp") { as_on_the_cpu<zoo::Mlp, T>(0.3); }
  SUBCASE("curves") { as_on_the_cpu<zoo::Curves, T>(0.3); }
  SUBCASE("every activation") { as_on_the_cpu<zoo::Every, T>(0.3); }
  SUBCASE("residual") { as_on_the_cpu<zoo::ResNet, T>(0.5); }
  SUBCASE("fork") { as_on_the_cpu<zoo::Fork, T>(0.5); }
  SUBCASE("bare") { as_on_the_cpu<zoo::Bare, T>(0.5); }
  SUBCASE("lone") { as_on_the_cpu<zoo::Lone, T>(0.5); }
  SUBCASE("run") { as_on_the_cpu<zoo::Run, T>(0.5); }
  SUBCASE("nest") { as_on_the_cpu<zoo::Nest, T>(0.5); }
  SUBCASE("wide") { as_on_the_cpu<Wide, T>(0.02); }
}

TEST_CASE("tf32x3 is float32 up to its own rounding, which its slack pays for") {
  if (no_gpu()) return;
  const HostNetwork numbers = HostNetwork::random(sb::Network<Wide, float>{}, 3);
  const auto question = Question::random(37, 11, 3, 12, 0.02, 4);
  std::mt19937 random(7);
  for (const auto& method : methods) {
    CAPTURE(&method - methods);
    const auto native = on_gpu<Wide, float>(numbers, method, question);
    const auto cut = on_gpu<Wide, float>(numbers, method, question, sb::Precision::tf32x3);
    CHECK(distance(cut.domains, native.domains) <= 5e-5);
    CHECK(distance(cut.rows, native.rows) <= 5e-5);
    long double outside = -1;
    for (std::size_t d = 0; d < question.sets.size(); ++d)
      for (int sample = 0; sample < 20; ++sample)
        outside = std::max(outside, escape(cut, question, d,
                                           numbers.values(random_point(random, question.sets[d]))));
    CHECK(outside <= 0);
  }
}

TEST_CASE_TEMPLATE("points and gradients", Net, zoo::Nest, zoo::Curves, Wide) {
  if (no_gpu()) return;
  const HostNetwork numbers = HostNetwork::random(sb::Network<Net>{}, 9);
  sb::Network<Net> cpu;
  sb::Network<Net, double, PoisonedCuda> gpu;
  numbers.copy_to(cpu);
  numbers.copy_to(gpu);
  const sb::index_t in = cpu.inputs(), out = cpu.outputs(), count = 7;
  std::mt19937 random(10);
  std::vector<double> points, rows;
  std::vector<sb::InputSet> sets;
  for (sb::index_t d = 0; d < count; ++d) {
    sets.push_back(random_box(random, in, 0.5));
    for (double x : random_point(random, sets.back())) points.push_back(x);
    for (sb::index_t i = 0; i < out; ++i) rows.push_back(uniform(random));
  }
  sb::Linearization<double, sb::EigenBackend> here(cpu, count);
  sb::Linearization<double, PoisonedCuda> there(gpu, count);
  CHECK(distance<double>({there.values(points)}, {here.values(points)}) <= 1e-12);
  CHECK(distance<double>({there.worst_points(rows, sets)}, {here.worst_points(rows, sets)}) <=
        1e-12);
}
