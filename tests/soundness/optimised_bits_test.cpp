// SPDX-License-Identifier: BSD-3-Clause

// Optimised bounds have the same bits however they are come by: waves, threads, traces, batch mates, backends and ranks.

#include <doctest/doctest.h>

#include <shardbound/bound/alpha_crown.hpp>
#include <tests/support/checked_backend.hpp>
#include <tests/support/ranks.hpp>
#include <tests/support/zoo.hpp>

using namespace shardbound_test;

namespace {

sb::AlphaCrown six_steps() {
  sb::AlphaCrown method;
  method.optimisation.learning_rate = 0.25;
  method.optimisation.iterations = 6;
  method.optimisation.patience = 0;
  return method;
}

template <class Net, class T>
struct Random {
  sb::Network<Net, T> network;
  HostNetwork host;
  Question question;

  Random(unsigned seed, int sets, int rows)
      : host(HostNetwork::random(network, seed)),
        question(Question::random(network.inputs(), network.outputs(), sets, rows, 0.4, seed)) {
    host.copy_to(network);
  }
};

std::vector<sb::AlphaCrown> variants() {
  sb::AlphaCrown all = six_steps(), last = all, short_storage = all, interval = all, textbook = all;
  last.optimisation.of = sb::Optimisation::Of::last_rows;
  short_storage.optimisation.storage = sb::SlopeStorage::bfloat16;
  interval.intermediates = sb::Intermediates::interval;
  textbook.intermediates = sb::Intermediates::textbook;
  return {all, last, short_storage, interval, textbook};
}

template <class Net, class T>
void same_bits_however_asked(int sets, int rows, double radius) {
  std::vector<std::unique_ptr<sb::Network<Net, T>>> networks;  // with 1, 2 and 3 threads
  for (int threads = 1; threads <= 3; ++threads) {
    networks.push_back(std::make_unique<sb::Network<Net, T>>(sb::Self{}, threads));
    HostNetwork::random(*networks[0], 7).copy_to(*networks.back());
  }
  const auto question =
      Question::random(networks[0]->inputs(), networks[0]->outputs(), sets, rows, radius, 11);
  const auto answer = [&](const sb::AlphaCrown& method, std::size_t threads, sb::index_t wave,
                          std::size_t bytes) {
    sb::Capacity capacity = capacity_of(*networks[threads - 1], method, sets, rows, wave);
    capacity.coefficient_bytes = bytes;
    sb::Pass<T, sb::EigenBackend> pass(*networks[threads - 1], method, capacity);
    Answer<T> found;
    ask(pass, question, in_order(question.sets.size()), in_order(question.rows.size()), found);
    return found;
  };
  for (const auto& method : variants()) {
    const auto reference = answer(method, 1, 0, std::size_t{1} << 28);
    // With 0, traces are of whole lists; with few bytes, of one wave at a time.
    for (const sb::index_t wave : {16, 24, 0})
      for (const std::size_t bytes : {std::size_t{1}, std::size_t{0}}) {
        CAPTURE(wave);
        CAPTURE(bytes);
        CHECK(answer(method, 2 + bytes % 2, wave, bytes) == reference);
      }
  }
}

}  // namespace

TEST_CASE_TEMPLATE("bits depend neither on waves, nor on threads, nor on where traces are kept", T,
                   double, float) {
  SUBCASE("curves") { same_bits_however_asked<zoo::Curves, T>(3, 7, 0.4); }
  SUBCASE("joins") { same_bits_however_asked<zoo::Nest, T>(3, 21, 0.5); }
  SUBCASE("long chains") { same_bits_however_asked<zoo::Run, T>(4, 3, 0.5); }
  SUBCASE("branches") { same_bits_however_asked<zoo::Fork, T>(3, 5, 0.5); }
  SUBCASE("sums") { same_bits_however_asked<zoo::ResNet, T>(3, 5, 0.5); }
  SUBCASE("every activation") { same_bits_however_asked<zoo::Every, T>(2, 3, 0.3); }
  SUBCASE("nothing below") { same_bits_however_asked<zoo::Bare, T>(3, 5, 0.5); }
}

TEST_CASE_TEMPLATE("a domain's bits do not depend on its batch mates", Net, zoo::Mlp, zoo::Curves,
                   zoo::ResNet, zoo::Fork, zoo::Nest) {
  Random<Net, double> one(7, 4, 9);
  for (const auto& method : variants()) {
    const auto together = ask_all(one.network, method, one.question);
    Answer<double> alone;
    sb::Pass<double, sb::EigenBackend> pass(one.network, method,
                                            capacity_of(one.network, method, 1, 9, 16));
    for (int d = 0; d < 4; ++d) ask(pass, one.question, {d}, in_order(9), alone);
    CHECK(alone == together);
  }
}

TEST_CASE_TEMPLATE("a device-like backend finds the same bits", Net, zoo::Mlp, zoo::Curves,
                   zoo::ResNet, zoo::Fork, zoo::Nest, zoo::Run) {
  Random<Net, double> one(5, 2, 5);
  sb::Network<Net, double, CheckedBackend> checked(sb::Self{}, 2);
  one.host.copy_to(checked);
  for (const auto& method : variants())
    CHECK(ask_all(checked, method, one.question, 16) == ask_all(one.network, method, one.question));
}

TEST_CASE("a recording finds the same bits") {
  Random<zoo::Nest, double> one(5, 2, 5);
  sb::Network<zoo::Nest, double, CheckedBackend> checked;
  one.host.copy_to(checked);
  const auto by_hand = ask_all(one.network, six_steps(), one.question);
  checked.backend().recording = true;
  sb::Pass<double, CheckedBackend> pass(checked, six_steps(),
                                        capacity_of(checked, six_steps(), 2, 5, 16));
  for (int repeat = 0; repeat < 3; ++repeat) {
    Answer<double> answer;
    ask(pass, one.question, in_order(2), in_order(5), answer);
    CHECK(answer == by_hand);
  }
  CHECK(checked.backend().replays > 2);
}

TEST_CASE_TEMPLATE("bits do not depend on the ranks", Net, zoo::Mlp, zoo::Curves, zoo::Nest,
                   zoo::Fork) {
  const HostNetwork numbers = HostNetwork::random(sb::Network<Net>{}, 7);
  const auto& plan = numbers.plan();
  const auto question =
      Question::random(plan[0].features, plan[plan.output()].features, 2, 20, 0.4, 11);
  for (const auto& method : variants()) {
    const auto alone =
        answer_of<Net, double>(sb::Self{}, numbers, method, question, sb::Store::replicated);
    for (const int ranks : {1, 2, 3, 4})
      for (const sb::Store store : {sb::Store::replicated, sb::Store::fully_sharded}) {
        CAPTURE(ranks);
        CHECK(on_ranks(ranks, [&](sb::AnyCommunicator communicator) {
                return answer_of<Net, double>(communicator, numbers, method, question, store, 16);
              }) == alone);
      }
  }
}
