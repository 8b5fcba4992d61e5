// SPDX-License-Identifier: BSD-3-Clause

// One network, several threads with a pass each: right bits for all of them where the network is one rank's
// alone, turns where its backend has one queue, and a refusal where other ranks take part.

#include <doctest/doctest.h>

#include <shardbound/network/turn.hpp>
#include <tests/support/checked_backend.hpp>
#include <tests/support/random_network.hpp>
#include <tests/support/same_bits.hpp>
#include <tests/support/zoo.hpp>

#include <future>
#include <latch>
#include <thread>

using namespace shardbound_test;
using sb::Turn;
using sb::Turns;

namespace {

using Net = sb::Sequential<sb::Input<20>, sb::Linear<48>, sb::ReLU, sb::Residual<sb::Linear<48>>,
                           sb::ReLU, sb::Linear<40>, sb::Tanh, sb::Linear<3>>;

/// Runs of `threads` passes at once over one network, `each` of them; how many found other bits than a pass
/// alone.
template <class B>
int wrong_runs(int threads, int each, std::unique_ptr<B> backend) {
  sb::Network<Net, double, B> network(sb::Self{}, std::move(backend));
  HostNetwork::random(network, 1).copy_to(network);
  std::vector<Question> questions;
  std::vector<Answer<double>> alone;
  for (int t = 0; t < threads; ++t) {
    questions.push_back(Question::random(20, 3, 2, 3, 0.1 * (t + 1), static_cast<unsigned>(t)));
    alone.push_back(ask_all(network, sb::Crown{}, questions.back()));
  }
  std::atomic<int> wrong = 0;
  std::latch start(threads);
  std::vector<std::jthread> workers;
  for (int t = 0; t < threads; ++t)
    workers.emplace_back([&, t] {
      const auto i = static_cast<std::size_t>(t);
      start.arrive_and_wait();
      // Some of them prepare anew now and then, while the others work.
      std::unique_ptr<sb::Pass<double, B>> pass;
      for (int run = 0; run < each; ++run) {
        if (run % 100 == 0) {
          pass.reset();
          pass = std::make_unique<sb::Pass<double, B>>(network, sb::Crown{},
                                                       capacity_of(network, sb::Crown{}, 2, 3));
        }
        Answer<double> answer;
        ask(*pass, questions[i], {0, 1}, {0, 1, 2}, answer);
        wrong += !(answer == alone[i]);
      }
    });
  workers.clear();
  return wrong;
}

}  // namespace

TEST_CASE("two threads, one network: 10,000 runs and equal bits") {
  CHECK(wrong_runs(2, 5000, std::make_unique<sb::EigenBackend>(2)) == 0);
}

TEST_CASE("more threads than the pool has, and a pool of one") {
  CHECK(wrong_runs(5, 200, std::make_unique<sb::EigenBackend>(3)) == 0);
  CHECK(wrong_runs(3, 200, std::make_unique<sb::EigenBackend>(1)) == 0);
}

TEST_CASE("on a backend with one queue they take turns") {
  CHECK(wrong_runs(2, 120, std::make_unique<CheckedBackend>(1)) == 0);
}

TEST_CASE("where other ranks take part, a network belongs to the thread that was first") {
  Turns turns(Turns::Rule::refuse);
  Turn mine(turns);
  const auto other = [&] {
    return std::async(std::launch::async, [&] { Turn(turns).give_back(); });
  };
  CHECK_THROWS_WITH_AS(other().get(),
                       "a second thread of this rank bounds with a network that several ranks "
                       "share. Fix: one thread a rank, or a network for each thread",
                       sb::ArgumentError);
  mine.give_back();
  CHECK_THROWS_AS(other().get(), sb::ArgumentError);  // who knows what other ranks do first
  CHECK_NOTHROW(mine.take());
}

TEST_CASE("turns are waited for, or not asked for at all") {
  Turns none(Turns::Rule::none);
  Turn first(none);
  CHECK_NOTHROW(Turn(none).give_back());
  Turns wait(Turns::Rule::wait);
  Turn mine(wait);
  std::atomic<bool> asks = false, there = false;
  auto other = std::async(std::launch::async, [&] {
    asks = true;
    asks.notify_one();
    Turn theirs(wait);
    there = true;
  });
  asks.wait(false);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  CHECK_FALSE(there);
  mine.give_back();
  other.get();
  CHECK(there);
}

TEST_CASE("a rank's second thread stops them all, or some would meet another pass than theirs") {
  std::atomic<int> stopped = 0;
  CHECK_THROWS_WITH_AS(sb::threads::run(2,
                                        [&](sb::Threads& communicator) {
                                          sb::Network<zoo::Mlp> network(communicator);
                                          HostNetwork::random(network, 1).copy_to(network);
                                          auto pass = sb::prepare(network, sb::Crown{});
                                          if (communicator.rank() == 1)
                                            std::async(std::launch::async, [&] {
                                              CHECK_THROWS_AS(sb::prepare(network, sb::Crown{}),
                                                              sb::CommError);
                                              ++stopped;
                                            }).get();
                                          try {
                                            for (;;) communicator.barrier();
                                          } catch (const sb::CommError&) {
                                            ++stopped;
                                            throw;
                                          }
                                        }),
                       "rank 1 stopped: a second thread of this rank bounds with a network that "
                       "several ranks share. Fix: one thread a rank, or a network for each thread",
                       sb::CommError);
  CHECK(stopped == 3);
}
