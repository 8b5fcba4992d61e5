// SPDX-License-Identifier: BSD-3-Clause

// A plan that is written at run time finds the bits of its type on the GPU too.

#include <tests/compiled/gpu_engine.cuh>
#include <tests/support/gpu.hpp>
#include <tests/support/planned.hpp>
#include <tests/support/ranks.hpp>
#include <tests/support/zoo.hpp>

#include <shardbound/backend/cuda/copy_bytes.cuh>

using namespace shardbound_test;

namespace {

template <class Net, class T>
void same_bits(int ranks, sb::Store store) {
  const sb::Network<Net, T> typed;
  const auto numbers = HostNetwork::random(typed, 3);
  const auto question = Question::random(typed.inputs(), typed.outputs(), 3, 5, 0.5, 7);
  for (const sb::Method& method : {sb::Method(sb::CrownIbp{}), sb::Method(sb::Crown{})}) {
    const auto on_gpus = [&](const auto& ask) {
      return on_ranks(
          ranks,
          [&](sb::AnyCommunicator communicator) {
            take_gpu(communicator.rank());
            return ask(std::move(communicator));
          },
          sb::cuda::copy_bytes);
    };
    const auto expected = on_gpus([&](sb::AnyCommunicator communicator) {
      return answer_of<Net, T, PoisonedCuda>(communicator, numbers, method, question, store);
    });
    const auto found = on_gpus([&](sb::AnyCommunicator communicator) {
      sb::PlannedNetwork<T, PoisonedCuda> network(written_again<Net>(), std::move(communicator),
                                                  std::make_unique<PoisonedCuda>(), store);
      numbers.copy_to(network);
      return ask_all(network, method, question);
    });
    CHECK(found == expected);
  }
}

}  // namespace

TEST_CASE_TEMPLATE("the bits of the type", T, double, float) {
  if (no_gpu()) return;
  SUBCASE("a row of layers") { same_bits<zoo::Mlp, T>(1, sb::Store::as_declared); }
  SUBCASE("branches, on ranks") { same_bits<zoo::Fork, T>(3, sb::Store::fully_sharded); }
  SUBCASE("joins, on ranks") { same_bits<zoo::Nest, T>(3, sb::Store::replicated); }
  SUBCASE("long runs") { same_bits<zoo::Run, T>(1, sb::Store::as_declared); }
}
