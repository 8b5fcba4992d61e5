// SPDX-License-Identifier: BSD-3-Clause

// Rows that start anywhere, in waves of any height, over lines that are exact: what is concretized is
// the row's least value itself.

#include <doctest/doctest.h>

#include <shardbound/bound/row_pass.hpp>
#include <shardbound/comm/threads.hpp>
#include <tests/support/checked_backend.hpp>
#include <tests/support/random_network.hpp>
#include <tests/support/zoo.hpp>

using namespace shardbound_test;
using namespace shardbound;

namespace {

template <class Net, class B>
struct Setting {
  Network<Net, double, B> network;
  HostNetwork host = HostNetwork::random(network, 3);
  DomainState<double, B> state{network, 2};
  std::vector<double> points[2];

  explicit Setting(AnyCommunicator communicator = {}, Store store = Store::as_declared)
      : network(std::move(communicator), 1, store) {
    host.copy_to(network);
    std::mt19937 random(4);
    std::vector<InputSet> sets;
    for (auto& x : points) {
      x = random_box(random, network.inputs(), 0).box.lower;
      sets.emplace_back(Box{x, x});
    }
    state.set_domains(sets);
    for (int v = 1; v < network.plan().size(); ++v) {
      state.interval(v);
      if (network.plan().is_activation(v)) state.lines(v);
    }
  }
};

template <class Net, class B>
void rows_are_values(AnyCommunicator communicator, Store store = Store::as_declared) {
  Setting<Net, B> s(communicator, store);
  const auto& plan = s.network.plan();
  auto& backend = s.network.backend();
  const int ranks = communicator.size();
  for (int start = 1; start < plan.size(); ++start)
    for (const index_t wave : {16, 24, 0}) {
      CAPTURE(start);
      CAPTURE(wave);
      const index_t n = plan[start].features, count = 4 * n;
      const StartRows begin =
          plan[start].kind == NodeKind::product ? StartRows::matrix : StartRows::tile;
      const std::vector<Route> routes{{start, 0, begin, count}};
      RowPass<double, B> pass(s.network, routes, wave, 1 << 20);

      // both signs of every neuron over both domains, and rows that only fill up
      const index_t room = pass.room_for(count, ranks);
      std::vector<std::int32_t> index(static_cast<std::size_t>(room)), domain(index.size());
      std::vector<double> sign(index.size());
      for (index_t r = 0; r < count; ++r) {
        const auto at = static_cast<std::size_t>(r);
        index[at] = static_cast<std::int32_t>(r / 4);
        domain[at] = static_cast<std::int32_t>(r % 2);
        sign[at] = r % 4 < 2 ? 1 : -1;
      }
      Buffer<std::int32_t, B> index_buffer(backend, room, Category::workspace),
          domain_buffer(backend, room, Category::workspace);
      Buffer<double, B> sign_buffer(backend, room, Category::workspace);
      backend.upload(index_buffer.data(), index.data(), room);
      backend.upload(domain_buffer.data(), domain.data(), room);
      backend.upload(sign_buffer.data(), sign.data(), room);

      const std::uint64_t before = s.network.exchange().communicator().received();
      std::vector<double> found;
      index_t waves = 0;
      pass.run({}, s.state,
               RowList<double>{
                   {index_buffer.data(), domain_buffer.data(), sign_buffer.data(), count}, {}},
               start, 0, s.state.set(0), {},
               [&](const RowsView<double>& rows, const expr::RowSums<double>& result) {
                 CHECK(rows.count <= ranks * pass.waves().most());
                 std::vector<double> values(static_cast<std::size_t>(rows.count));
                 backend.to_host(values.data(), result.constant, rows.count);
                 found.insert(found.end(), values.begin(), values.end());
                 ++waves;
               });
      CHECK(waves == pass.waves().count(count));
      CHECK(s.network.exchange().communicator().received() - before ==
            pass.bytes_received({start, 0, begin, count}));
      REQUIRE(static_cast<index_t>(found.size()) >= count);
      for (index_t r = 0; r < count; ++r) {
        const auto at = static_cast<std::size_t>(r);
        const auto y = s.host.values(s.points[r % 2])[static_cast<std::size_t>(start)][at / 4];
        CHECK(found[at] == doctest::Approx(sign[at] * static_cast<double>(y)).epsilon(1e-10));
      }
    }
}

// Zones, a ColSharded layer on Full features, sums and concatenations of Split and Full.
using Zones = Sequential<Input<5>, Linear<12, ColSharded>, ReLU, Linear<24, RowSharded>, Tanh,
                         Concat<Identity, Sequential<Linear<16, RowSharded>>>, ReLU,
                         Residual<Sequential<Linear<40, ColSharded>>>, ReLU,
                         Linear<9, FullySharded>, Sigmoid, Linear<7, RowSharded>>;

}  // namespace

TEST_CASE_TEMPLATE("over points, rows from any node are its values", B, EigenBackend,
                   CheckedBackend) {
  rows_are_values<zoo::ResNet, B>(Self{});
}

TEST_CASE_TEMPLATE("and so they are on several ranks, which receive what was foretold", B,
                   EigenBackend, CheckedBackend) {
  for (int ranks : {2, 3, 5})
    threads::run(ranks, [](Threads& communicator) {
      rows_are_values<Zones, B>(communicator);
      rows_are_values<zoo::ResNet, B>(communicator, Store::fully_sharded);
    });
}

TEST_CASE("waves are as high as asked, as affordable, and never higher than the list") {
  const Setting<zoo::ResNet, EigenBackend> s;
  const auto height = [&](index_t rows, index_t wave, std::size_t budget) {
    const std::vector<Route> routes{{8, 0, StartRows::matrix, rows}};
    return RowPass<double, EigenBackend>(s.network, routes, wave, budget).waves().most();
  };
  CHECK(height(1000, 20, 0) == 24);
  CHECK(height(1000, 16, 0) == 16);
  CHECK(height(1000, 1, 0) == 16);
  CHECK(height(1000, 0, 1) == 16);
  CHECK(height(1000, 0, 1 << 30) == 1000);
  CHECK(height(3, 512, 0) == 16);
  // three slots of eight numbers a row
  CHECK(height(1000, 0, 100 * 3 * 8 * sizeof(double)) == 96);
}

TEST_CASE("a pass stops between steps when it is told to") {
  Setting<zoo::ResNet, EigenBackend> s;
  const std::vector<Route> routes{{8, 0, StartRows::matrix, 16}};
  RowPass<double, EigenBackend> pass(s.network, routes, 16, 0);
  const std::vector<std::int32_t> zeros(32);
  const std::vector<double> signs(32, 1);
  CancelToken token;
  token.cancel();
  CHECK_THROWS_AS(
      pass.run({nullptr, &s.network.exchange(), &token}, s.state,
               RowList<double>{{zeros.data(), zeros.data(), signs.data(), 16}, {}}, 8, 0,
               s.state.set(0), {}, [](const auto&, const auto&) { FAIL("no wave is done"); }),
      Cancelled);
}
