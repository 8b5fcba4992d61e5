// SPDX-License-Identifier: BSD-3-Clause

// If one rank fails, wherever it is, all ranks end, with a sentence that names it; if rank 0 is told to
// stop, all stop and could go on. A rank that waits for ever shows as ctest's timeout.

#include <tests/support/ranks.hpp>
#include <tests/support/zoo.hpp>

#include <shardbound/network/row_col.hpp>

#include <atomic>
#include <chrono>
#include <functional>

using namespace shardbound_test;

namespace {

/// A backend that does something at its n-th product from now on. Ranks are threads.
class Interrupted : public sb::EigenBackend {
 public:
  using EigenBackend::EigenBackend;

  static inline thread_local int products_left = -1;
  static inline thread_local std::function<void()> interrupt;

  template <class T>
  void product(sb::MatrixView<const T> a, sb::MatrixView<const T> weight, sb::MatrixView<T> out,
               sb::Write write, T* workspace) {
    if (products_left >= 0 && products_left-- == 0) interrupt();
    EigenBackend::product(a, weight, out, write, workspace);
  }
};

// Wide enough that all ranks have rows and neurons.
using Dealt = sb::Sequential<sb::Input<6>, sb::Linear<40>, sb::ReLU, sb::Linear<40>, sb::Tanh,
                             sb::Linear<40>, sb::ReLU, sb::Linear<5>>;
using Zones = sb::RowCol<Dealt>;
constexpr sb::Crown textbook{sb::Intermediates::textbook};

/// One rank's network, with numbers, and what is asked of it.
template <class Net>
struct Rank {
  sb::Network<Net, double, Interrupted> network;
  HostNetwork numbers = HostNetwork::random(network, 5);
  Question question = Question::random(network.inputs(), network.outputs(), 2, 20, 0.5, 6);

  explicit Rank(sb::AnyCommunicator communicator, sb::Store store = sb::Store::fully_sharded)
      : network(std::move(communicator), 1, store) {
    numbers.copy_to(network);
  }
  Answer<double> ask(sb::Method method = textbook) {
    return ask_all(network, method, question, 16);
  }
  void run(const sb::CancelToken* cancel) {
    sb::prepare(network, textbook, {2, 0, 16}).run(question.sets, {}, {}, cancel);
  }
};

/// The sentence that a run of several ranks ends with, within seconds.
template <class Body>
std::string sentence(int ranks, const Body& body) {
  const auto start = std::chrono::steady_clock::now();
  std::string text;
  try {
    sb::threads::run(ranks, body);
  } catch (const sb::CommError& error) {
    text = error.what();
  }
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
  return text;
}

}  // namespace

TEST_CASE("a number that is not finite, on one rank") {
  for (int ranks : {2, 3, 8})
    for (int bad : {0, ranks - 1}) {
      CAPTURE(ranks);
      CAPTURE(bad);
      CHECK(sentence(ranks,
                     [&](sb::Threads& communicator) {
                       Rank<zoo::Mlp> rank(communicator);
                       std::vector<double> weight(45, 0.5), bias(9);
                       if (communicator.rank() == bad) weight[2 * 5 + 3] = NAN;
                       rank.network.set_linear(1, std::span<const double>(weight),
                                               std::span<const double>(bias));
                       rank.ask();
                     }) ==
            "rank " + std::to_string(bad) +
                " stopped: node 1 (Linear<9>): its weight is not finite at row 2, column 3");
    }
}

TEST_CASE_TEMPLATE("an exception in the middle of a pass", Net, Dealt, Zones) {
  for (int ranks : {2, 4})
    for (int bad : {0, ranks - 1})
      for (int products : {0, 1, 2, 5}) {
        CAPTURE(ranks);
        CAPTURE(bad);
        CAPTURE(products);
        CHECK(sentence(ranks, [&](sb::Threads& communicator) {
                Rank<Net> rank(communicator);
                Interrupted::products_left = communicator.rank() == bad ? products : -1;
                Interrupted::interrupt = [] { throw std::runtime_error("the device is gone"); };
                rank.ask();
              }) == "rank " + std::to_string(bad) + " stopped: the device is gone");
      }
}

TEST_CASE("an exception while the next panel is on its way") {
  using Tall = sb::Sequential<sb::Input<3>, sb::Linear<1000>, sb::ReLU, sb::Linear<1200>, sb::ReLU,
                              sb::Linear<4>>;
  static_assert(sb::panel_count(1200, 1000) == 2);
  for (int products : {0, 1}) {  // rank 0's rows through both panels; rank 1 has none, but a share
    CHECK(sentence(2, [&](sb::Threads& communicator) {
            Rank<Tall> rank(communicator);
            Interrupted::products_left = communicator.rank() == 0 ? products : -1;
            Interrupted::interrupt = [] { throw std::runtime_error("the device is gone"); };
            rank.ask(sb::CrownIbp{});
          }) == "rank 0 stopped: the device is gone");
  }
}

TEST_CASE("an exception between passes, while the others go on") {
  CHECK(sentence(4, [](sb::Threads& communicator) {
          Rank<Dealt> rank(communicator);
          rank.ask();
          if (communicator.rank() == 2) throw std::runtime_error("no more");
          rank.ask();
        }) == "rank 2 stopped: no more");
}

TEST_CASE("a rank that leaves early") {
  const auto text = sentence(3, [](sb::Threads& communicator) {
    Rank<Zones> rank(communicator);
    if (communicator.rank() == 1) return;
    rank.ask();
  });
  CHECK(text.find("rank 1 ended while rank") != std::string::npos);
}

TEST_CASE_TEMPLATE("rank 0's token stops all ranks, in the middle too", Net, Dealt, Zones) {
  for (int ranks : {1, 2, 4})
    for (int products : {-1, 0, 3}) {  // -1: told before
      CAPTURE(ranks);
      CAPTURE(products);
      std::atomic<int> stopped = 0;
      sb::threads::run(ranks, [&](sb::Threads& communicator) {
        Rank<Net> rank(communicator);
        const auto before = rank.ask();
        sb::CancelToken token;
        if (communicator.rank() == 0) {
          Interrupted::interrupt = [&] { token.cancel(); };
          Interrupted::products_left = products;
          if (products < 0) token.cancel();
        }
        try {
          rank.run(&token);
        } catch (const sb::Cancelled&) {
          ++stopped;
        }
        Interrupted::products_left = -1;
        CHECK(rank.ask() == before);  // all are where they can go on from
      });
      CHECK(stopped == ranks);
    }
  CHECK_THROWS_AS(sb::threads::run(3,
                                   [](sb::Threads& communicator) {
                                     Rank<Net> rank(communicator);
                                     sb::CancelToken token;
                                     if (communicator.rank() == 0) token.cancel();
                                     rank.run(&token);
                                   }),
                  sb::Cancelled);
}

TEST_CASE("a token of another rank stops nobody") {
  std::atomic<int> ended = 0;
  sb::threads::run(3, [&](sb::Threads& communicator) {
    Rank<Dealt> rank(communicator);
    sb::CancelToken token;
    if (communicator.rank() == 1) token.cancel();
    rank.run(&token);
    ++ended;
  });
  CHECK(ended == 3);
}
