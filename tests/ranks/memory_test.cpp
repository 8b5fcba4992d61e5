// SPDX-License-Identifier: BSD-3-Clause

// What ranks will take and receive is known beforehand: a network made on memory that is only counted,
// without peers, says exactly what the real one books, in every category and on every rank; and the
// formula of the bytes is what the communicator counts.

#include <tests/support/ranks.hpp>
#include <tests/support/zoo.hpp>

#include <shardbound/comm/imagined.hpp>
#include <shardbound/network/row_col.hpp>

#include <array>

using namespace shardbound_test;

namespace {

using Wide = sb::Sequential<sb::Input<40>, sb::Linear<1100>, sb::ReLU, sb::Linear<1300>, sb::ReLU,
                            sb::Linear<30>>;

using Bytes = std::array<std::size_t, sb::category_count + 1>;
Bytes peaks(const sb::MemoryLedger& memory) {
  Bytes all{};
  for (std::size_t i = 0; i < sb::category_count; ++i)
    all[i] = memory.peak(static_cast<sb::Category>(i));
  all[sb::category_count] = memory.total_peak();
  return all;
}

template <class Net, class T>
void predicted_exactly(sb::Store store) {
  const sb::Crown textbook{sb::Intermediates::textbook};
  const HostNetwork numbers = HostNetwork::random(sb::Network<Net, T>{}, 1);
  const auto& plan = numbers.plan();
  const auto sets = Question::random(plan[0].features, 1, 2, 0, 0.01, 1).sets;
  for (int ranks : {1, 2, 3, 8})
    for (sb::index_t wave : {0, 24}) {
      CAPTURE(ranks);
      CAPTURE(wave);
      const sb::Capacity capacity{2, 0, wave};
      sb::threads::run(ranks, [&](sb::Threads& communicator) {
        sb::Network<Net, T> counted(sb::Imagined(communicator.rank(), ranks),
                                    std::make_unique<sb::EigenBackend>(1, sb::Allocation::counted),
                                    store);
        const auto promised = sb::prepare(counted, textbook, capacity);

        sb::Network<Net, T> network(communicator, 1, store);
        numbers.copy_to(network);
        auto pass = sb::prepare(network, textbook, capacity);
        CHECK(peaks(network.backend().memory()) == peaks(counted.backend().memory()));
        const auto before = network.exchange().communicator().received();
        pass.run(sets);
        CHECK(peaks(network.backend().memory()) == peaks(counted.backend().memory()));
        CHECK(network.exchange().communicator().received() - before ==
              promised.traffic().bytes_received);
        CHECK((ranks == 1) == (promised.traffic().bytes_received == 0));

        // Where only some neurons get rows, what was foretold is the most.
        auto tightened = sb::prepare(network, sb::Crown{}, capacity);
        const auto start = network.exchange().communicator().received();
        tightened.run(sets);
        CHECK(network.exchange().communicator().received() - start <=
              tightened.traffic().bytes_received);
      });
    }
}

// With all that is kept of a user's rows.
TEST_CASE("worst points, linear bounds and coefficients are part of the prediction") {
  using Net = sb::Sequential<sb::Input<40>, sb::Linear<20>, sb::ReLU, sb::Linear<3>>;
  sb::threads::run(4, [](sb::Threads& communicator) {
    sb::Network<Net> network(communicator);
    HostNetwork::random(network, 1).copy_to(network);
    const auto question = Question::random(40, 3, 2, 50, 0.1, 3);
    const sb::Method textbook = sb::Crown{sb::Intermediates::textbook};
    auto pass = sb::prepare(network, textbook, capacity_of(network, textbook, 2, 50));
    const auto& received = network.exchange().communicator();
    const auto before = received.received();
    Answer<double> answer;
    ask(pass, question, in_order(2), in_order(50), answer);
    CHECK(received.received() - before == pass.traffic().bytes_received);
    auto without = sb::prepare(network, sb::Crown{}, {.domains = 2, .rows = 50});
    CHECK_NOTHROW(ask(without, question, in_order(2), in_order(50), answer));
  });
}

TEST_CASE("on memory that is only counted nothing is computed") {
  sb::Network<Wide, double> counted(sb::Self{},
                                    std::make_unique<sb::EigenBackend>(1, sb::Allocation::counted));
  const sb::InputSet set(sb::Box{std::vector<double>(40, 0), std::vector<double>(40, 1)});
  auto pass = sb::prepare(counted, sb::Crown{});
  CHECK_THROWS_WITH_AS(pass.run({&set, 1}),
                       "the memory of this network is only counted; it cannot compute anything",
                       sb::ArgumentError);
}

template <class Net>
std::size_t weights_at_rest(int rank, int ranks, sb::Store store) {
  sb::Network<Net, float> network(sb::Imagined(rank, ranks),
                                  std::make_unique<sb::EigenBackend>(1, sb::Allocation::counted),
                                  store);
  return network.backend().memory().current(sb::Category::weights);
}

}  // namespace

TEST_CASE_TEMPLATE("predictions are exact", T, double, float) {
  SUBCASE("replicated") { predicted_exactly<Wide, T>(sb::Store::replicated); }
  SUBCASE("fully sharded") { predicted_exactly<Wide, T>(sb::Store::fully_sharded); }
  SUBCASE("row-col") { predicted_exactly<sb::RowCol<Wide>, T>(sb::Store::as_declared); }
  SUBCASE("row-col of a nest") {
    predicted_exactly<sb::RowCol<zoo::Nest>, T>(sb::Store::as_declared);
  }
  SUBCASE("fully sharded fork") { predicted_exactly<zoo::Fork, T>(sb::Store::fully_sharded); }
}

// 784 - 4096 x 6 - 10 in float32, of which nothing is allocated here.
TEST_CASE("weights at rest take one P-th") {
  using L = sb::Linear<4096>;
  using Net = sb::Sequential<sb::Input<784>, L, sb::ReLU, L, sb::ReLU, L, sb::ReLU, L, sb::ReLU, L,
                             sb::ReLU, L, sb::ReLU, sb::Linear<10>>;
  const auto whole = static_cast<double>(weights_at_rest<Net>(0, 1, sb::Store::replicated));
  for (int ranks : {2, 3, 8})
    for (int rank : {0, ranks - 1}) {
      const double share = whole / ranks;
      CHECK(static_cast<double>(weights_at_rest<Net>(rank, ranks, sb::Store::fully_sharded)) <=
            1.01 * share);
      CHECK(static_cast<double>(weights_at_rest<sb::RowCol<Net>>(
                rank, ranks, sb::Store::as_declared)) <= 1.01 * share);
      CHECK(static_cast<double>(weights_at_rest<Net>(rank, ranks, sb::Store::replicated)) == whole);
    }
}

TEST_CASE("the peak of a rank of eight is a quarter of one rank's at most") {
  using L = sb::Linear<4096>;
  using Net = sb::Sequential<sb::Input<784>, L, sb::ReLU, L, sb::ReLU, L, sb::ReLU, L, sb::ReLU, L,
                             sb::ReLU, L, sb::ReLU, sb::Linear<10>>;
  const auto peak = []<class N>(N*, int rank, int ranks, sb::Store store) {
    sb::Network<N, float> network(sb::Imagined(rank, ranks),
                                  std::make_unique<sb::EigenBackend>(1, sb::Allocation::counted),
                                  store);
    const auto pass = sb::prepare(network, sb::Crown{}, {1, 10});
    const auto memory = network.backend().memory();
    return std::pair(static_cast<double>(memory.total_peak()),
                     static_cast<double>(memory.current(sb::Category::weights)));
  };
  Net* const net = nullptr;
  const auto [alone, weights] = peak(net, 0, 1, sb::Store::replicated);
  CHECK(alone - weights <= 0.2 * (0.82e9 - 0.35e9));  // the reference's, on the same network
  for (int rank : {0, 7}) {
    CHECK(peak(net, rank, 8, sb::Store::fully_sharded).first <= 0.25 * alone);
    CHECK(peak(static_cast<sb::RowCol<Net>*>(nullptr), rank, 8, sb::Store::as_declared).first <=
          0.25 * alone);
  }
}
