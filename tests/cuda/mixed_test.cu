// SPDX-License-Identifier: BSD-3-Clause

// Nodes that mix features on a GPU: random plans are bounded as on a CPU but for rounding, points never escape, and
// ranks and waves never show in a bit.

#include <tests/compiled/gpu_engine.cuh>
#include <tests/support/escape.hpp>
#include <tests/support/gpu.hpp>
#include <tests/support/random_plan.hpp>
#include <tests/support/ranks.hpp>

#include <shardbound/backend/cuda/copy_bytes.cuh>
#include <shardbound/bound/alpha_crown.hpp>

using namespace shardbound_test;

namespace {

template <class T, class Backend>
Answer<T> answer_on(const sb::RuntimePlan& plan, unsigned seed, const sb::Method& method,
                    sb::AnyCommunicator communicator = {}, sb::index_t wave = 0) {
  sb::PlannedNetwork<T, Backend, PlanFunctions> network(plan, std::move(communicator),
                                                        std::make_unique<Backend>());
  HostNetwork::random(network, seed, 0.7).copy_to(network);
  const auto question = Question::random(network.inputs(), network.outputs(), 2, 5, 0.4, seed);
  return ask_all(network, method, question, wave);
}

}  // namespace

TEST_CASE_TEMPLATE("a GPU bounds what a CPU does, and no point escapes", T, double, float) {
  if (no_gpu()) return;
  sb::AlphaCrown alpha;
  alpha.optimisation.iterations = 3;
  for (unsigned seed = 0; seed < 60; ++seed)
    for (const sb::Method& method :
         {sb::Method(sb::Ibp{}), sb::Method(sb::Crown{}), sb::Method(alpha)}) {
      CAPTURE(seed);
      const auto plan = random_plan(seed);
      const auto on_gpu = answer_on<T, PoisonedCuda>(plan, seed, method);
      const auto on_cpu = answer_on<T, sb::EigenBackend>(plan, seed, method);
      if (!method.optimises()) {  // trajectories part at kinks
        const double close = std::is_same_v<T, double> ? 1e-9 : 1e-3;
        CHECK(distance(on_gpu.domains, on_cpu.domains) <= close);
        CHECK(distance(on_gpu.rows, on_cpu.rows) <= close);
      }
      const auto network = network_of<T>(plan);
      const auto host = HostNetwork::random(*network, seed, 0.7);
      const auto question =
          Question::random(network->inputs(), network->outputs(), 2, 5, 0.4, seed);
      std::mt19937 random(seed);
      for (std::size_t d = 0; d < 2; ++d)
        for (int sample = 0; sample < 10; ++sample)
          CHECK(escape(on_gpu, question, d, host.values(random_point(random, question.sets[d]))) <=
                1e-15L);
    }
}

TEST_CASE("ranks and waves never show") {
  if (no_gpu()) return;
  for (unsigned seed = 0; seed < 40; seed += 4) {
    CAPTURE(seed);
    const auto plan = random_plan(seed, 4, {sb::WeightCut::whole, sb::WeightCut::panels});
    const auto alone = answer_on<double, PoisonedCuda>(plan, seed, sb::Crown{});
    CHECK(answer_on<double, PoisonedCuda>(plan, seed, sb::Crown{}, {}, 16) == alone);
    CHECK(on_ranks(
              3,
              [&](sb::AnyCommunicator communicator) {
                take_gpu(communicator.rank());
                return answer_on<double, PoisonedCuda>(plan, seed, sb::Crown{},
                                                       std::move(communicator), 16);
              },
              sb::cuda::copy_bytes) == alone);
  }
}
