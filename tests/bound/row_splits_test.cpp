// SPDX-License-Identifier: BSD-3-Clause

// What rows are split by lies at their homes, in the order that their parts name it, whatever rank and wave they are in.
// Splits of one neuron share a place.

#include <doctest/doctest.h>

#include <shardbound/bound/row_splits.hpp>
#include <shardbound/shardbound.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

namespace sb = shardbound;

namespace {

//  0 x - 1 product - 2 relu - 3 product - 4 relu - 5 product
using Net =
    sb::Sequential<sb::Input<2>, sb::Linear<20>, sb::ReLU, sb::Linear<9>, sb::ReLU, sb::Linear<3>>;

/// Part e has e mod 12 splits of node 2 and (e / 2) mod 3 of node 4, in turns where both have some, over one of 2 domains,
/// and the first of them all begin at a multiplier of their own.
std::vector<sb::PartRow> parts_of(std::size_t count) {
  std::vector<sb::PartRow> parts(count);
  for (std::size_t e = 0; e < count; ++e) {
    auto& splits = parts[e].splits;
    const std::size_t first = e % 12, second = e / 2 % 3;
    for (std::size_t k = 0; k < std::max(first, second); ++k) {
      const auto number = static_cast<std::int32_t>(e + 3 * k);
      if (k < second)
        splits.push_back({4, (number + static_cast<std::int32_t>(k)) % 9, k % 2 ? 1 : -1});
      if (k < first) splits.push_back({2, number % 20, k % 2 ? -1 : 1});
    }
    for (std::size_t i = 0; i < splits.size() * 2 / 3; ++i)
      parts[e].multipliers.push_back(static_cast<float>(e) + static_cast<float>(i) / 64);
  }
  return parts;
}
float first_multiplier(const sb::PartRow& part, std::size_t split) {
  return split < part.multipliers.size() ? part.multipliers[split] : 0;
}

template <class T>
struct Setting {
  sb::Network<Net, T> network;
  std::vector<sb::PartRow> parts;
  sb::FrozenList<T, sb::EigenBackend> list;
  sb::DomainState<T, sb::EigenBackend> state;
  sb::SplitLines<T, sb::EigenBackend> lines;
  sb::RowSplits<T, sb::EigenBackend> splits;

  explicit Setting(std::size_t count = 40, sb::AnyCommunicator communicator = {},
                   sb::index_t wave = 16)
      : Setting(parts_of(count), std::move(communicator), wave) {}
  Setting(std::vector<sb::PartRow> rows, sb::AnyCommunicator communicator, sb::index_t wave)
      : network(std::move(communicator)),
        parts(std::move(rows)),
        list(network, sb::Waves(network.layout().ranks(), wave), entries(parts.size())),
        state(network, 2),
        lines(network, state, [](int, std::int32_t, std::int32_t, std::size_t) { return -1; }) {
    const std::vector<sb::InputSet> sets(2, sb::Box{{-1, -1}, {1, 1}});
    state.set_domains(sets);
    splits = {network, list, parts, lines};
  }
  static std::vector<sb::ListEntry> entries(std::size_t count) {
    std::vector<sb::ListEntry> all;
    for (std::size_t e = 0; e < count; ++e)
      all.push_back({static_cast<std::int32_t>(e), static_cast<std::int32_t>(e % 2), 1});
    return all;
  }
  std::size_t alpha() const { return network.backend().memory().current(sb::Category::alpha); }

  /// Calls body(entry, index of the split in its part, where it is among those of its activation at the row's home).
  template <class Body>
  void for_own_splits(int activation, const Body& body) const {
    const auto own = splits.call(activation, {}, {}).splits;
    for (std::size_t e = 0; e < parts.size(); ++e) {
      if (!list.is_own(e)) continue;
      sb::index_t at = list.home(e) * own.count;
      for (std::size_t i = 0; i < parts[e].splits.size(); ++i)
        if (parts[e].splits[i].activation == activation) body(e, i, at++);
    }
  }
  /// Rows of entries that `yes` says are the best they ever were.
  template <class Yes>
  void keep(const Yes& yes) {
    std::vector<std::uint8_t> improved(static_cast<std::size_t>(list.own_rows()));
    for (std::size_t e = 0; e < parts.size(); ++e)
      if (list.is_own(e)) improved[static_cast<std::size_t>(list.home(e))] = yes(e);
    splits.keep(improved.data());
  }
  T* gradient_of(int activation) const {
    sb::expr::SplitChainCall<T> call;
    splits.fill(activation, call);
    return call.gradient;
  }
  std::vector<std::vector<float>> best() const { return splits.best(list, parts, lines, {}); }
  /// Each multiplier uphill by a little: a gradient of 1 or -1 for all splits at even or odd places of their row.
  void step(int activation, double rate) {
    const auto size = sb::step_size<T>(rate, 1);
    list.for_own_rows([&](const sb::RowsView<T>& rows) {
      const auto count = splits.call(activation, {}, rows).splits.count;
      T* const gradient = gradient_of(activation);
      for (sb::index_t i = 0; i < rows.count * count; ++i)
        gradient[i] = i % count % 2 == 0 ? T(1) : T(-1);
      splits.step(activation, rows, size.data(), size.data());
    });
  }
};

/// What a run of steps leaves, on every rank: kept before, between and after.
template <class T>
std::vector<std::vector<float>> after_steps(Setting<T>& s) {
  s.keep([](std::size_t) { return true; });
  for (const int v : {2, 4}) s.step(v, 0.25);
  s.keep([](std::size_t e) { return e % 3 == 0; });
  return s.best();
}

}  // namespace

TEST_CASE_TEMPLATE("splits lie at the homes of their rows, in the order of the part", T, float,
                   double) {
  for (const sb::index_t wave : {16, 64}) {
    const Setting<T> s(40, {}, wave);
    CHECK(s.splits.has(2));
    CHECK(s.splits.has(4));
    CHECK_FALSE(s.splits.has(3));
    CHECK(s.splits.call(2, {}, {}).splits.count == 16);  // up to 11 of each row, padded
    CHECK(s.splits.call(4, {}, {}).splits.count == 8);
    for (const int v : {2, 4}) {
      const auto own = s.splits.call(v, {}, {}).splits;
      std::vector<bool> is_there(static_cast<std::size_t>(s.list.own_rows() * own.count));
      s.for_own_splits(v, [&](std::size_t e, std::size_t i, sb::index_t at) {
        is_there[static_cast<std::size_t>(at)] = true;
        REQUIRE(own.neuron[at] == s.parts[e].splits[i].neuron);
        REQUIRE(own.side[at] == s.parts[e].splits[i].side);
        REQUIRE(own.multiplier[at] == static_cast<T>(first_multiplier(s.parts[e], i)));
      });
      CHECK(std::count(is_there.begin(), is_there.end(), true) > 30);
      for (std::size_t at = 0; at < is_there.size(); ++at)
        if (!is_there[at]) REQUIRE(own.neuron[at] == -1);
    }
  }
}

TEST_CASE("rows without splits of an activation cost nothing there") {
  Setting<double> s(1);  // part 0 has none
  CHECK_FALSE(s.splits.has(2));
  CHECK_FALSE(s.splits.has(4));
  CHECK(s.alpha() == 0);
  s.keep([](std::size_t) { return true; });
  CHECK(s.best() == std::vector<std::vector<float>>(1));
  const Setting<double> two(2);  // part 1 has one of node 2
  CHECK(two.splits.has(2));
  CHECK_FALSE(two.splits.has(4));
}

TEST_CASE("memory is rows times splits, and goes when they do") {
  Setting<double> s;
  const auto numbers = static_cast<std::size_t>(s.list.own_rows()) * (16 + 8);
  // A side; multipliers, their moments, limits and the best.
  CHECK(s.alpha() == numbers * ((1 + 6) * sizeof(double) + sizeof(std::int32_t)));
  s.splits = {};
  CHECK(s.alpha() == 0);
}

TEST_CASE_TEMPLATE(
    "parameters that stay are those that parts begin with, and nothing is kept beside them", T,
    float, double) {
  using Splits = sb::RowSplits<T, sb::EigenBackend>;
  auto rows = parts_of(40);
  // At points too, and from both sides.
  for (std::size_t e = 0; e < rows.size(); e += 3)
    rows[e].splits = {{2, 3, 1, -0.25f}, {2, 3, -1, 0.5f}, {2, 7, -1, 0.125f}, {4, 1, 1, 0}};
  Setting<T> s(rows, {}, 16);
  const std::size_t optimised = s.alpha();
  s.splits = {};
  s.splits = Splits(s.network, s.list, s.parts, s.lines);
  sb::WorkerPool pool(3);
  const Splits stays(s.network, s.list, s.parts, s.lines, Splits::Parameters::stay, &pool);
  CHECK(s.alpha() > optimised);
  CHECK(3 * (s.alpha() - optimised) < 2 * optimised);
  for (const int activation : {2, 4}) {
    const auto same = [&] {
      const auto a = s.splits.call(activation, {}, {}).splits;
      const auto b = stays.call(activation, {}, {}).splits;
      CHECK(a.count == b.count);
      CHECK(a.plane == b.plane);
      const auto numbers = static_cast<std::size_t>(a.plane);
      for (const auto& [x, y] : {std::pair{a.multiplier, b.multiplier}, {a.lower, b.lower}}) {
        CHECK((x == nullptr) == (y == nullptr));
        if (x) CHECK(std::memcmp(x, y, numbers * sizeof(T)) == 0);
      }
    };
    same();
    // Nothing that is said to be kept or taken up changes them.
    std::vector<std::uint8_t> improved(static_cast<std::size_t>(s.list.own_rows()));
    stays.keep(improved.data());
    stays.take_up();
    same();
  }
}

TEST_CASE("a call has room for what a wave takes, and names its rows") {
  const Setting<double> s;
  std::vector<double> numbers(16 * 24, 1);
  const sb::MatrixView<double> tile{numbers.data(), 16, 20, 24};
  s.list.for_own_rows([&](const sb::RowsView<double>& rows) {
    std::fill(numbers.begin(), numbers.end(), 1.0);
    const auto call = s.splits.call(2, tile, rows);
    CHECK(call.tile.data == tile.data);
    REQUIRE(call.rows.count == rows.count);
    CHECK(call.rows.home == rows.home);
    for (sb::index_t r = 0; r < rows.count; ++r) sb::expr::take_splits(call, r);
    for (sb::index_t r = 0; r < rows.count; ++r) {
      if (rows.sign[r] == 0) continue;
      const auto& splits = s.parts[static_cast<std::size_t>(rows.index[r])].splits;
      for (std::int32_t i = 0; i < 20; ++i) {
        const bool is_split = std::any_of(splits.begin(), splits.end(), [&](const auto& split) {
          return split.activation == 2 && split.neuron == i;
        });
        REQUIRE(tile.data[r * tile.leading + i] == (is_split ? 0 : 1));
      }
    }
  });
}

TEST_CASE_TEMPLATE("multipliers step, never below 0, and rows keep those of their best bounds", T,
                   float, double) {
  Setting<T> s;
  for (const auto& row : s.best())
    for (const float multiplier : row) REQUIRE(multiplier == 0);  // nothing is kept yet
  const auto best = after_steps(s);
  REQUIRE(best.size() == s.parts.size());
  int at_zero = 0, up = 0, down = 0;
  const auto stepped = [&](float from, std::size_t place) {
    return std::max(from + (place % 2 == 0 ? 0.25f : -0.25f), 0.0f);
  };
  for (const int v : {2, 4}) {
    const auto own = s.splits.call(v, {}, {}).splits;
    s.for_own_splits(v, [&](std::size_t e, std::size_t i, sb::index_t at) {
      const float first = first_multiplier(s.parts[e], i);
      const float then = stepped(first, static_cast<std::size_t>(at % own.count));
      REQUIRE(best[e].size() == s.parts[e].splits.size());
      CHECK(own.multiplier[at] == doctest::Approx(then).epsilon(1e-4));
      CHECK(best[e][i] == doctest::Approx(e % 3 == 0 ? then : first).epsilon(1e-4));
      CHECK(own.multiplier[at] >= 0);
      at_zero += then == 0;
      up += then > first;
      down += then < first && then > 0;
    });
  }
  CHECK(at_zero > 10);
  CHECK(up > 30);
  CHECK(down > 30);

  s.splits.take_up();
  for (const int v : {2, 4}) {
    const auto own = s.splits.call(v, {}, {}).splits;
    s.for_own_splits(v, [&](std::size_t e, std::size_t i, sb::index_t at) {
      CHECK(static_cast<float>(own.multiplier[at]) == best[e][i]);
    });
  }
}

TEST_CASE_TEMPLATE("a neuron that is split from both sides has one place and one multiplier", T,
                   float, double) {
  using enum sb::expr::SplitNumber;
  constexpr T infinity = std::numeric_limits<T>::infinity();
  std::vector<sb::PartRow> parts(2);
  parts[0].splits = {{2, 7, 1, -0.5f}, {2, 3, -1, 0}, {2, 7, -1, 0.25f}};
  parts[0].multipliers = {0, 0, 0.75f};
  parts[1].splits = {{2, 7, -1, 2}};
  Setting<T> s(parts, {}, 16);
  const auto own = s.splits.call(2, {}, {}).splits;
  const sb::index_t first = s.list.home(0) * own.count, second = s.list.home(1) * own.count;
  CHECK_FALSE(own.side);
  CHECK(own.number(lower_slope, first + 1) == 0);  // at most 0, where ReLU bends
  CHECK(own.number(upper_slope, first + 1) == 0);
  CHECK(own.neuron[first] == 7);
  CHECK(own.neuron[first + 1] == 3);
  CHECK(own.neuron[first + 2] == -1);
  CHECK(own.number(low, first) == T(-0.5));
  CHECK(own.number(high, first) == T(0.25));
  CHECK(own.multiplier[first] == T(-0.75));
  CHECK(own.number(low, second) == -infinity);
  CHECK(own.number(high, second) == 2);
  s.keep([](std::size_t) { return true; });
  CHECK(s.best()[0] == std::vector<float>{0, 0, 0.75f});
  // It may go through 0 to the other side.
  for (int i = 0; i < 8; ++i) {
    const auto size = sb::step_size<T>(0.25, i + 1);
    s.list.for_own_rows([&](const sb::RowsView<T>& rows) {
      std::fill_n(s.gradient_of(2), rows.count * own.count, T(1));
      s.splits.step(2, rows, size.data(), size.data());
    });
  }
  CHECK(own.multiplier[first] > 1);
  CHECK(own.multiplier[first + 1] == 0);  // of a neuron that is known from above alone
  s.keep([](std::size_t) { return true; });
  const auto best = s.best()[0];
  CHECK(best[0] == static_cast<float>(own.multiplier[first]));
  CHECK(best[2] == 0);
}

TEST_CASE("a row that never has a bound takes up the lines that it began with") {
  using Curved = sb::Sequential<sb::Input<2>, sb::Linear<20>, sb::Tanh, sb::Linear<1>>;
  sb::Network<Curved> network;
  std::vector<double> weight(40, 1), bias(20);
  network.set_linear(1, weight, bias);
  std::vector<sb::PartRow> parts(3);
  parts[1].splits = {{2, 4, 1, 0.5f}, {2, 6, -1, -0.25f}, {2, 4, -1, 1}};
  parts[2].splits = {{2, 1, 1, -1}};
  const sb::FrozenList<double, sb::EigenBackend> list(
      network, sb::Waves(1, 16), std::vector<sb::ListEntry>{{0, 0, 1}, {1, 0, 1}, {2, 0, 1}});
  sb::DomainState<double, sb::EigenBackend> state(network, 1);
  const sb::InputSet box(sb::Box{{-1, -1}, {1, 1}});
  state.set_domains({&box, 1});
  state.interval(1);
  sb::SplitLines<double, sb::EigenBackend> lines(
      network, state, [](int, std::int32_t, std::int32_t, std::size_t) { return -1; });
  const sb::RowSplits<double, sb::EigenBackend> splits(network, list, parts, lines);
  const auto own = splits.call(2, {}, {}).splits;
  const auto numbers = static_cast<std::size_t>(own.plane);
  const std::vector<double> lower(own.lower, own.lower + numbers),
      upper(own.upper, own.upper + numbers);
  std::vector<std::uint8_t> improved(static_cast<std::size_t>(list.own_rows()));
  splits.keep(improved.data());
  splits.take_up();
  int free = 0, fixed = 0;
  for (std::size_t e = 1; e < parts.size(); ++e)
    for (sb::index_t k = 0; k < own.count; ++k) {
      const sb::index_t slot = list.home(e) * own.count + k;
      if (own.neuron[slot] < 0) continue;
      const auto at = static_cast<std::size_t>(slot);
      for (const auto& [now, before] :
           {std::pair{own.lower[at], lower[at]}, {own.upper[at], upper[at]}}) {
        CHECK((now == before || (std::isnan(now) && std::isnan(before))));
        free += now == now;
        fixed += std::isnan(now);
      }
    }
  CHECK(free >= 3);
  CHECK(fixed >= 2);
}

TEST_CASE_TEMPLATE("every rank learns what all rows kept", T, float, double) {
  Setting<T> alone;
  const auto expected = after_steps(alone);
  for (const int ranks : {2, 3})
    sb::threads::run(ranks, [&](auto& comm) {
      Setting<T> s(40, comm);
      int others = 0;
      for (std::size_t e = 0; e < s.parts.size(); ++e) others += !s.list.is_own(e);
      CHECK(others > 0);
      CHECK(after_steps(s) == expected);
    });
}
