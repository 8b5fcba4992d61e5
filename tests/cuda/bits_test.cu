// SPDX-License-Identifier: BSD-3-Clause

// A row's bits depend on the row alone, on the GPU too: not on the ranks that share it, on how rows are
// dealt, on waves, on what else is bounded with it, or on whether the work was recorded.

#include <tests/compiled/gpu_engine.cuh>
#include <tests/support/gpu.hpp>
#include <tests/support/ranks.hpp>
#include <tests/support/zoo.hpp>

#include <shardbound/backend/cuda/copy_bytes.cuh>
#include <shardbound/network/row_col.hpp>

#include <atomic>
#include <thread>

using namespace shardbound_test;

namespace {

// Matrices of several panels.
using Tall = zoo::Seq<sb::Input<3>, zoo::Linear<2100>, sb::ReLU, zoo::Linear<4100>, sb::ReLU,
                      zoo::Linear<30>, sb::Tanh, zoo::Linear<1>>;
static_assert(sb::panel_count(4100, 2100, sb::index_t{1} << 23) == 2);

// Of the public networks' size, where cuBLAS has many kernels to choose from.
using Square = zoo::Seq<sb::Input<100>, zoo::Linear<256>, sb::ReLU, zoo::Linear<256>, sb::ReLU,
                        zoo::Linear<50>, sb::ReLU, zoo::Linear<50>, sb::ReLU, zoo::Linear<10>>;

// Of fewer groups of eight features than there are ranks.
using Narrow = zoo::Seq<sb::Input<5>, zoo::Linear<12>, sb::ReLU, zoo::Linear<3>, sb::Tanh,
                        zoo::Linear<20>, sb::ReLU, zoo::Linear<2>>;

const sb::Method methods[] = {sb::CrownIbp{}, sb::Crown{}, sb::Crown{sb::Intermediates::textbook}};

template <class Net>
Question question_for(const HostNetwork& numbers, int sets, int rows, double radius) {
  const auto& plan = numbers.plan();
  return Question::random(plan[0].features, plan[plan.output()].features, sets, rows, radius, 11);
}

template <class Net, class T>
void same_bits_on_all_ranks(int sets, int rows, double radius) {
  const HostNetwork numbers = HostNetwork::random(sb::Network<Net, T>{}, 7);
  const auto question = question_for<Net>(numbers, sets, rows, radius);
  for (const auto& method : methods) {
    CAPTURE(&method - methods);
    const auto alone = answer_of<Net, T, PoisonedCuda>(sb::Self{}, numbers, method, question,
                                                       sb::Store::replicated);
    for (int ranks : {1, 2, 3, 4})
      for (sb::Store store : {sb::Store::replicated, sb::Store::fully_sharded})
        for (sb::index_t wave : {0, 16, 40}) {
          CAPTURE(ranks);
          CAPTURE(wave);
          const auto answer = on_ranks(
              ranks,
              [&](sb::AnyCommunicator communicator) {
                take_gpu(communicator.rank());
                return answer_of<Net, T, PoisonedCuda>(communicator, numbers, method, question,
                                                       store, wave);
              },
              sb::cuda::copy_bytes);
          CHECK(answer == alone);
        }
  }
}

template <class Net, class T>
void same_bounds_on_split_features(const std::vector<int>& rank_counts) {
  const HostNetwork numbers = HostNetwork::random(sb::Network<Net, T>{}, 7);
  const auto question = question_for<Net>(numbers, 3, 9, 0.05);
  const double rounding = std::is_same_v<T, float> ? 2e-5 : 1e-12;
  for (const auto& method : methods) {
    CAPTURE(&method - methods);
    const auto alone = answer_of<Net, T, PoisonedCuda>(sb::Self{}, numbers, method, question,
                                                       sb::Store::replicated);
    for (int ranks : rank_counts) {
      CAPTURE(ranks);
      const auto answer = on_ranks(
          ranks,
          [&](sb::AnyCommunicator communicator) {
            take_gpu(communicator.rank());
            return answer_of<sb::RowCol<Net>, T, PoisonedCuda>(communicator, numbers, method,
                                                               question, sb::Store::as_declared);
          },
          sb::cuda::copy_bytes);
      CHECK(distance(answer.domains, alone.domains) <= rounding);
      CHECK(distance(answer.rows, alone.rows) <= rounding);
    }
  }
}

}  // namespace

TEST_CASE_TEMPLATE("bits do not depend on the ranks that share GPUs", T, double, float) {
  if (no_gpu()) return;
  SUBCASE("joins") { same_bits_on_all_ranks<zoo::Nest, T>(5, 40, 0.5); }
  SUBCASE("branches") { same_bits_on_all_ranks<zoo::Fork, T>(3, 7, 0.3); }
  SUBCASE("public sizes") { same_bits_on_all_ranks<Square, T>(3, 9, 0.05); }
  SUBCASE("several panels") { same_bits_on_all_ranks<Tall, T>(1, 10, 0.02); }
}

TEST_CASE_TEMPLATE("tensor parallelism differs by rounding alone", T, double, float) {
  if (no_gpu()) return;
  SUBCASE("public sizes") { same_bounds_on_split_features<Square, T>({1, 2, 3, 4}); }
  SUBCASE("ranks without features") { same_bounds_on_split_features<Narrow, T>({2, 3, 7}); }
}

TEST_CASE_TEMPLATE("bits do not depend on batch mates or on the run", T, double, float) {
  if (no_gpu()) return;
  const HostNetwork numbers = HostNetwork::random(sb::Network<Square, T>{}, 8);
  const auto question = question_for<Square>(numbers, 6, 20, 0.05);
  sb::Network<Square, T, PoisonedCuda> network;
  numbers.copy_to(network);
  for (const auto& method : methods) {
    CAPTURE(&method - methods);
    const auto together = ask_all(network, method, question);  // too many rows to be recorded
    // One at a time: by hand, then as a recording, over other numbers each time.
    sb::Pass<T, PoisonedCuda> pass(network, method, capacity_of(network, method, 1, 20));
    for (int repeat = 0; repeat < 3; ++repeat) {
      Answer<T> apart;
      for (int d = 0; d < 6; ++d) ask(pass, question, {d}, in_order(20), apart);
      CHECK(apart == together);
    }
  }
}

// A recording holds what activations were made with; new coefficients make it anew.
TEST_CASE("a recording notices another slope") {
  if (no_gpu()) return;
  HostNetwork numbers = HostNetwork::random(sb::Network<zoo::Fork>{}, 8);
  const auto question = question_for<zoo::Fork>(numbers, 1, 3, 0.3);
  sb::Network<zoo::Fork, double, PoisonedCuda> network;
  sb::Pass<double, PoisonedCuda> pass(network, sb::Crown{},
                                      capacity_of(network, sb::Crown{}, 1, 3));
  const auto asked = [&] {
    Answer<double> answer;
    for (int repeat = 0; repeat < 3; ++repeat) ask(pass, question, {0}, in_order(3), answer);
    return answer;
  };
  numbers.copy_to(network);
  const auto before = asked();
  for (int v = 0; v < numbers.plan().size(); ++v)
    if (network.kind_name(v) == "LeakyReLU") numbers.numbers(v).coefficients = {0.75};
  numbers.copy_to(network);
  const auto after = asked();
  CHECK_FALSE(before == after);
  CHECK(after == ask_all(network, sb::Crown{}, question));
}

// They share a stream, and what one of them records must not get into the other's recording.
TEST_CASE_TEMPLATE("two threads with a pass each take turns", T, float, double) {
  if (no_gpu()) return;
  const HostNetwork numbers = HostNetwork::random(sb::Network<zoo::Nest, T>{}, 8);
  sb::Network<zoo::Nest, T, PoisonedCuda> network;
  numbers.copy_to(network);
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 2; ++t)
    threads.emplace_back([&, t] {
      const auto question = question_for<zoo::Nest>(numbers, 2, 3, 0.1 * (t + 1));
      const auto alone = ask_all(network, sb::Crown{}, question);
      for (int round = 0; round < 5; ++round) {
        sb::Pass<T, PoisonedCuda> pass(network, sb::Crown{},
                                       capacity_of(network, sb::Crown{}, 2, 3));
        for (int run = 0; run < 40; ++run) {
          Answer<T> answer;
          ask(pass, question, {0, 1}, {0, 1, 2}, answer);
          wrong += !(answer == alone);
        }
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(wrong == 0);
}
