// SPDX-License-Identifier: BSD-3-Clause

// Replicated and FullySharded bounds have the same bits for every number of ranks, however rows are
// dealt: outputs, rows, slacks, worst points and every node's bounds.

#include <tests/support/checked_backend.hpp>
#include <tests/support/ranks.hpp>
#include <tests/support/zoo.hpp>

using namespace shardbound_test;

namespace {

// Matrices of several panels, and of less than one number a rank.
using Tall = sb::Sequential<sb::Input<3>, sb::Linear<1000>, sb::ReLU, sb::Linear<1200>, sb::ReLU,
                            sb::Linear<30>, sb::Tanh, sb::Linear<1>>;
static_assert(sb::panel_count(1200, 1000) == 2);

const sb::Method methods[] = {sb::Ibp{}, sb::CrownIbp{}, sb::Crown{},
                              sb::Crown{sb::Intermediates::textbook}};

template <class Net, class T>
void same_bits_on_all_ranks(int sets, int rows, double radius) {
  const HostNetwork numbers = HostNetwork::random(sb::Network<Net, T>{}, 7);
  const auto& plan = numbers.plan();
  const auto question =
      Question::random(plan[0].features, plan[plan.output()].features, sets, rows, radius, 11);
  for (const auto& method : methods) {
    CAPTURE(&method - methods);
    const auto alone =
        answer_of<Net, T>(sb::Self{}, numbers, method, question, sb::Store::replicated);
    for (int ranks : rank_counts)
      for (sb::Store store : {sb::Store::replicated, sb::Store::fully_sharded})
        for (sb::index_t wave : {0, 16, 40}) {
          CAPTURE(ranks);
          CAPTURE(wave);
          const auto answer = on_ranks(ranks, [&](sb::AnyCommunicator communicator) {
            return answer_of<Net, T>(communicator, numbers, method, question, store, wave);
          });
          CHECK(answer == alone);
        }
  }
}

}  // namespace

TEST_CASE_TEMPLATE("bits do not depend on the ranks", T, double, float) {
  SUBCASE("joins") { same_bits_on_all_ranks<zoo::Nest, T>(5, 40, 0.5); }
  SUBCASE("branches") { same_bits_on_all_ranks<zoo::Fork, T>(3, 7, 0.3); }
  SUBCASE("long chains") { same_bits_on_all_ranks<zoo::Run, T>(17, 3, 0.5); }
  SUBCASE("several panels") { same_bits_on_all_ranks<Tall, T>(1, 10, 0.02); }
}

// A device-like backend: its memory is a communicator's only while it is lent, and fresh memory is NaN.
TEST_CASE_TEMPLATE("nor on the backend", Net, zoo::Nest, zoo::Fork, Tall) {
  const HostNetwork numbers = HostNetwork::random(sb::Network<Net>{}, 8);
  const auto& plan = numbers.plan();
  const auto question =
      Question::random(plan[0].features, plan[plan.output()].features, 2, 9, 0.1, 12);
  const sb::index_t wave = plan[1].features < 100 ? 16 : 0;  // every call opens all of its memory
  for (const auto& method : methods) {
    CAPTURE(&method - methods);
    const auto alone =
        answer_of<Net, double>(sb::Self{}, numbers, method, question, sb::Store::replicated);
    for (int ranks : {2, 3})
      for (sb::Store store : {sb::Store::replicated, sb::Store::fully_sharded}) {
        CAPTURE(ranks);
        CHECK(on_ranks(ranks, [&](sb::AnyCommunicator communicator) {
                return answer_of<Net, double, CheckedBackend>(communicator, numbers, method,
                                                              question, store, wave);
              }) == alone);
      }
  }
}
