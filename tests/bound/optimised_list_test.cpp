// SPDX-License-Identifier: BSD-3-Clause

// Slopes leave a list as plain numbers and come back to another: of the same rows or of some of them, in the same scalar
// or in another.

#include <doctest/doctest.h>

#include <shardbound/bound/optimised_list.hpp>
#include <shardbound/comm/threads.hpp>
#include <tests/support/optimising.hpp>
#include <tests/support/random_network.hpp>
#include <tests/support/zoo.hpp>

#include <algorithm>
#include <mutex>

using namespace shardbound_test;

namespace {

using Of = sb::Optimisation::Of;

template <class Net, class T>
struct Setting {
  sb::Network<Net, T> network;
  std::vector<sb::InputSet> sets;
  std::vector<double> rows;

  explicit Setting(unsigned seed, sb::AnyCommunicator communicator = {})
      : network(std::move(communicator)) {
    HostNetwork::random(network, seed).copy_to(network);
    std::mt19937 random(seed);
    for (int d = 0; d < 2; ++d) sets.push_back(random_box(random, network.inputs(), 0.5));
    for (sb::index_t i = 0; i < 4 * network.outputs(); ++i)
      rows.push_back(static_cast<float>(uniform(random)));
  }
  Optimising<T, sb::EigenBackend> optimising(Of of) {
    return {network, sb::Method{.optimisation = {.iterations = 8, .of = of}}, sets, rows};
  }
};

/// Some evaluations, with steps between them.
template <class T>
void optimise(Optimising<T, sb::EigenBackend>& ours, int evaluations = 6) {
  ours.begin();
  for (int t = 0; t < evaluations; ++t) {
    if (t > 0) ours.climb();
    ours.sum();
  }
}
template <class T>
std::vector<T> bounds_of(Optimising<T, sb::EigenBackend>& ours) {
  return ours.optimiser().outcome().best.lower;
}
bool same(const sb::Slopes& a, const sb::Slopes& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.is_like(y) && x.rows == y.rows && x.columns == y.columns && x.slots == y.slots &&
           x.values == y.values;
  });
}

}  // namespace

TEST_CASE_TEMPLATE("with the slopes that were found one evaluation finds the same bounds", Net,
                   zoo::Mlp, zoo::Curves, zoo::ResNet, zoo::Fork, zoo::Run, zoo::Nest) {
  for (unsigned seed = 1; seed <= 3; ++seed) {
    CAPTURE(seed);
    Setting<Net, double> s(seed);
    auto first = s.optimising(Of::last_rows), second = s.optimising(Of::last_rows);
    optimise(first);
    const sb::Slopes slopes = first.optimiser().slopes();
    second.begin(0, &slopes);
    second.sum();
    CHECK(bounds_of(second) == bounds_of(first));
    // And so on: what was put in is what is taken out.
    CHECK(same(second.optimiser().slopes(), slopes));
  }
}

TEST_CASE("tables of lists inside come in the order of the plan, and are worth as much") {
  Setting<zoo::Mlp, double> s(2);
  auto first = s.optimising(Of::all_rows), second = s.optimising(Of::all_rows);
  first.begin();
  first.sum();
  const auto crown = bounds_of(first);
  optimise(first);
  const sb::Slopes slopes = first.optimiser().slopes();
  // Rows of node 3 go by relu 2, those of the output by both.
  REQUIRE(slopes.size() == 3);
  const int starts[] = {3, 5, 5}, activations[] = {2, 2, 4};
  for (std::size_t k = 0; k < 3; ++k) {
    const auto& table = slopes[k];
    CHECK(table.start == starts[k]);
    CHECK(table.activation == activations[k]);
    CHECK(table.side == 0);
    CHECK(table.inside == (k == 0));
    CHECK(table.rows.size() == first.lists()[k == 0 ? 0 : 1].frozen.entries().size());
    CHECK(table.values.size() == table.rows.size() * table.slots);
    REQUIRE(table.columns.size() == 2);
    for (const auto& columns : table.columns) {
      CHECK(columns.size() <= table.slots);
      CHECK(std::is_sorted(columns.begin(), columns.end()));
    }
  }
  second.begin(0, &slopes);
  second.sum();
  const auto ours = bounds_of(second), theirs = bounds_of(first);
  double gained = 0, kept = 0;
  for (std::size_t r = 0; r < ours.size(); ++r) {
    gained += theirs[r] - crown[r];
    kept += ours[r] - crown[r];
  }
  CHECK(gained > 0);
  CHECK(kept >= 0.95 * gained);
}

TEST_CASE("slopes are kept within what is allowed now") {
  Setting<zoo::Curves, double> s(1);
  auto ours = s.optimising(Of::all_rows);
  optimise(ours, 2);
  for (const double far : {-1e9, 1e9}) {
    sb::Slopes slopes = ours.optimiser().slopes();
    for (auto& table : slopes) std::fill(table.values.begin(), table.values.end(), far);
    ours.begin(0, &slopes);
    std::size_t seen = 0;
    ours.for_each_kind([&](auto& list, int v, std::size_t side, std::size_t slots) {
      const auto values = list.slopes.values(v, side);
      const auto& columns = ours.optimiser().free().columns(v);
      for (std::size_t e = 0; e < list.frozen.entries().size(); ++e) {
        const auto domain = list.frozen.entries()[e].domain;
        for (std::size_t k = 0; k < columns[static_cast<std::size_t>(domain)].size(); ++k, ++seen) {
          const auto limits = ours.limits(v, side, domain, k);
          CHECK(values[static_cast<std::size_t>(list.frozen.home(e)) * slots + k] ==
                (far < 0 ? limits.lower : limits.upper));
        }
      }
    });
    CHECK(seen > 0);
  }
}

TEST_CASE("rows, neurons and lists that tables do not name begin where lines begin") {
  Setting<zoo::Mlp, double> s(2);
  auto ours = s.optimising(Of::last_rows);
  optimise(ours);
  const sb::Slopes slopes = ours.optimiser().slopes();
  REQUIRE(slopes.size() == 2);
  const auto values_with = [&](const sb::Slopes* begin_with) {
    ours.begin(0, begin_with);
    return ours.lists().back().slopes.values(4, 0);
  };
  const auto fresh = values_with(nullptr), full = values_with(&slopes);
  CHECK(fresh != full);
  const auto slots = slopes[1].slots;
  const auto home = [&](std::size_t e) {
    return static_cast<std::size_t>(ours.lists().back().frozen.home(e)) * slots;
  };
  // A row less: the others are found wherever they are.
  sb::Slopes fewer = slopes;
  fewer[1].rows.erase(fewer[1].rows.begin());
  fewer[1].values.erase(fewer[1].values.begin(),
                        fewer[1].values.begin() + static_cast<std::ptrdiff_t>(slots));
  const auto without_row = values_with(&fewer);
  for (std::size_t e = 0; e < slopes[1].rows.size(); ++e)
    for (std::size_t k = 0; k < slots; ++k)
      CHECK(without_row[home(e) + k] == (e == 0 ? fresh : full)[home(e) + k]);
  // A neuron less, of one domain.
  fewer = slopes;
  REQUIRE(fewer[1].columns[1].size() > 1);
  const auto gone = fewer[1].columns[1].size() - 1;
  fewer[1].columns[1].pop_back();
  const auto without_neuron = values_with(&fewer);
  for (std::size_t e = 0; e < slopes[1].rows.size(); ++e)
    for (std::size_t k = 0; k < slots; ++k)
      CHECK(without_neuron[home(e) + k] ==
            (slopes[1].rows[e].domain == 1 && k == gone ? fresh : full)[home(e) + k]);
  // A domain less, and tables that are about something else.
  fewer = slopes;
  fewer[1].columns.pop_back();
  const auto without_domain = values_with(&fewer);
  for (std::size_t e = 0; e < slopes[1].rows.size(); ++e)
    CHECK(without_domain[home(e)] == (slopes[1].rows[e].domain == 1 ? fresh : full)[home(e)]);
  for (auto change :
       {+[](sb::SlopeTable& one) { one.start = 3; },
        +[](sb::SlopeTable& one) { one.inside = true; }, +[](sb::SlopeTable& one) { one.side = 1; },
        +[](sb::SlopeTable& one) { one.rows_of = sb::Trajectory::Rows::outputs; }}) {
    sb::Slopes others = slopes;
    for (auto& table : others) change(table);
    const auto values = values_with(&others);
    for (std::size_t e = 0; e < slopes[1].rows.size(); ++e)
      for (std::size_t k = 0; k < slots; ++k) CHECK(values[home(e) + k] == fresh[home(e) + k]);
  }
}

TEST_CASE("what float32 found, float64 proves") {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    CAPTURE(seed);
    Setting<zoo::Mlp, float> narrow(seed);
    Setting<zoo::Mlp, double> wide(seed);
    auto first = narrow.optimising(Of::all_rows);
    optimise(first);
    const sb::Slopes slopes = first.optimiser().slopes();
    auto second = wide.optimising(Of::all_rows), crown = wide.optimising(Of::all_rows);
    second.begin(0, &slopes);
    second.sum();
    crown.begin();
    crown.sum();
    const auto found = bounds_of(first);
    const auto proved = bounds_of(second), without = bounds_of(crown);
    double gained = 0, kept = 0;
    for (std::size_t r = 0; r < proved.size(); ++r) {
      gained += static_cast<double>(found[r]) - without[r];
      kept += proved[r] - without[r];
    }
    CHECK(gained > 0);
    CHECK(kept >= 0.95 * gained);
  }
}

TEST_CASE("every rank has the slopes of all, and takes those of its own rows") {
  sb::Slopes alone;
  std::vector<double> bounds;
  {
    Setting<zoo::Mlp, double> s(4);
    auto ours = s.optimising(Of::all_rows);
    optimise(ours, 3);
    alone = ours.optimiser().slopes();
    ours.begin(0, &alone);
    ours.sum();
    bounds = bounds_of(ours);
  }
  for (const int ranks : {2, 3}) {
    std::mutex mutex;
    int equal = 0;
    sb::threads::run(ranks, [&](sb::Threads& communicator) {
      Setting<zoo::Mlp, double> s(4, communicator);
      auto ours = s.optimising(Of::all_rows);
      optimise(ours, 3);
      const bool slopes_are = same(ours.optimiser().slopes(), alone);
      ours.begin(0, &alone);
      ours.sum();
      const std::lock_guard lock(mutex);
      equal += slopes_are && bounds_of(ours) == bounds;
    });
    CHECK(equal == ranks);
  }
}
