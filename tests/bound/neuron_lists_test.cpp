// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/bound/neuron_lists.hpp>
#include <tests/support/checked_backend.hpp>
#include <tests/support/random_network.hpp>
#include <tests/support/zoo.hpp>

#include <algorithm>

using namespace shardbound_test;

namespace {

//  0 x(5) - 1 product(9) - 2 relu - 3 product(17) - 4 relu - 5 product(3)
template <class T, class B>
struct Setting {
  sb::Network<zoo::Mlp, T, B> network;
  sb::DomainState<T, B> state{network, 3};  // one more than there are
  sb::NeuronLists<T, B> lists{network, 3 * 2 * 17};

  Setting() {
    HostNetwork::random(network, 4).copy_to(network);
    std::mt19937 random(4);
    const std::vector<sb::InputSet> sets{random_box(random, 5, 0.1), random_box(random, 5, 0.6)};
    state.set_domains(sets);
    for (int v = 1; v < network.plan().size(); ++v) state.interval(v);
  }
  template <class Number>
  std::vector<Number> read(const Number* from, sb::index_t count) {
    std::vector<Number> numbers(static_cast<std::size_t>(count));
    network.backend().to_host(numbers.data(), from, count);
    return numbers;
  }
  /// What was listed last, as entries.
  std::vector<sb::ListEntry> listed(sb::index_t count) {
    const auto rows = lists.first(count);
    const auto index = read(rows.index, count), domain = read(rows.domain, count);
    const auto sign = read(rows.sign, count);
    std::vector<sb::ListEntry> entries;
    for (std::size_t i = 0; i < sign.size(); ++i)
      entries.push_back({index[i], domain[i], static_cast<int>(sign[i])});
    return entries;
  }
  /// Neurons below an activation whose interval has 0 inside, by domain and in their order.
  std::vector<sb::ListEntry> unstable(int activation) {
    const auto view = state.bounds(network.plan().input_of(activation));
    std::vector<sb::ListEntry> found;
    for (std::int32_t d = 0; d < 2; ++d) {
      const auto lower = read<T>(view.lower + d * view.leading, view.features);
      const auto upper = read<T>(view.upper + d * view.leading, view.features);
      for (std::size_t i = 0; i < lower.size(); ++i)
        for (const int sign : {1, -1})
          if (lower[i] < 0 && upper[i] > 0)
            found.push_back({static_cast<std::int32_t>(i), d, sign});
    }
    return found;
  }
};

}  // namespace

TEST_CASE_TEMPLATE("both sides of all neurons, domain by domain", B, sb::EigenBackend,
                   CheckedBackend) {
  Setting<double, B> s;
  for (const auto& [v, features] : {std::pair{1, 9}, std::pair{3, 17}, std::pair{5, 3}}) {
    const auto count = s.lists.list_all(v, s.state);
    REQUIRE(count == 2 * 2 * features);
    std::vector<sb::ListEntry> expected;
    for (std::int32_t d = 0; d < 2; ++d)
      for (std::int32_t i = 0; i < features; ++i)
        for (const int sign : {1, -1}) expected.push_back({i, d, sign});
    CHECK(s.listed(count) == expected);
  }
}

TEST_CASE_TEMPLATE("both sides of unstable neurons, and on the host which they are", B,
                   sb::EigenBackend, CheckedBackend) {
  Setting<float, B> s;
  for (const int activation : {2, 4}) {
    const auto expected = s.unstable(activation);
    const auto features = static_cast<std::size_t>(s.network.plan()[activation].features);
    REQUIRE(!expected.empty());
    REQUIRE(expected.size() < 4 * features);
    const auto count = s.lists.list_unstable(activation, s.state, false);
    REQUIRE(count == static_cast<sb::index_t>(expected.size()));
    CHECK(s.listed(count) == expected);
    const auto neurons = s.lists.unstable(activation, s.state);
    REQUIRE(2 * neurons.size() == expected.size());
    for (std::size_t i = 0; i < neurons.size(); ++i) {
      CHECK(neurons[i].index == expected[2 * i].index);
      CHECK(neurons[i].domain == expected[2 * i].domain);
    }
  }
}

TEST_CASE("in a recording every neuron has its place, and those that do not matter no sign") {
  Setting<double, sb::EigenBackend> s;
  for (const int activation : {2, 4}) {
    const auto unstable = s.unstable(activation);
    const auto count = s.lists.list_unstable(activation, s.state, true);
    REQUIRE(count == 4 * s.network.plan()[activation].features);
    const auto all = s.listed(count);
    std::vector<sb::ListEntry> some;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (all[i].sign == 0) continue;
      some.push_back(all[i]);
      const auto features = static_cast<std::size_t>(s.network.plan()[activation].features);
      CHECK(static_cast<std::size_t>(all[i].domain) == i / 2 / features);
      CHECK(static_cast<std::size_t>(all[i].index) == i / 2 % features);
    }
    CHECK(some == unstable);
  }
}

TEST_CASE("where memory is only counted, all neurons of all domains may be unstable") {
  const sb::Network<zoo::Mlp> network(
      sb::AnyCommunicator{}, std::make_unique<sb::EigenBackend>(1, sb::Allocation::counted));
  const sb::DomainState<double, sb::EigenBackend> state(network, 3);
  const sb::NeuronLists<double, sb::EigenBackend> lists(network, 3 * 2 * 17);
  const auto neurons = lists.unstable(4, state);
  REQUIRE(neurons.size() == 3 * 17);
  for (std::size_t i = 0; i < neurons.size(); ++i) {
    CHECK(neurons[i].index == static_cast<std::int32_t>(i % 17));
    CHECK(neurons[i].domain == static_cast<std::int32_t>(i / 17));
  }
}
