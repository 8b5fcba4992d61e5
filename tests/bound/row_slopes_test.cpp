// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/bound/row_slopes.hpp>
#include <tests/support/zoo.hpp>

#include <cmath>

using namespace shardbound_test;

namespace {

//  0 x - 1 product - 2 relu - 3 product - 4 tanh - 5 product
using Net =
    sb::Sequential<sb::Input<2>, sb::Linear<20>, sb::ReLU, sb::Linear<9>, sb::Tanh, sb::Linear<3>>;

template <class T>
struct Setting {
  sb::Network<Net, T> network;
  sb::FreeActivations<T, sb::EigenBackend> free{network, 1};

  Setting() {
    std::vector<sb::Neuron> first, second;
    for (std::int32_t i = 0; i < 20; ++i) first.push_back({i, 0});
    for (std::int32_t i = 0; i < 9; ++i) second.push_back({i, 0});
    free.deal(2, first);
    free.deal(4, second);
    free.begin();
    for (const int v : {2, 4}) {  // anything may be chosen, and lines begin at 1 / 2
      using N = sb::expr::FreeNeurons<T>;
      const auto neurons = free.neurons(v);
      for (sb::index_t s = 0; s < neurons.slots; ++s) {
        for (const auto plane : {N::least, N::upper_least}) neurons.plane(plane)[s] = T(-8);
        for (const auto plane : {N::most, N::upper_most}) neurons.plane(plane)[s] = T(8);
        for (const auto plane : {N::start, N::upper_start}) neurons.plane(plane)[s] = T(0.5);
      }
    }
  }
  std::size_t alpha() const { return network.backend().memory().current(sb::Category::alpha); }
};

struct Rows {
  std::vector<std::int32_t> zeros = std::vector<std::int32_t>(16), home;
  template <class T>
  sb::RowsView<T> view(const std::vector<T>& sign) {
    home.clear();
    for (int r = 0; r < 16; ++r) home.push_back(15 - r);
    return {zeros.data(), zeros.data(), sign.data(), 16, home.data()};
  }
};

}  // namespace

TEST_CASE_TEMPLATE("memory is rows times slots, and nothing else of their size", T, double, float) {
  using Slopes = sb::RowSlopes<T, sb::EigenBackend>;
  Setting<T> s;
  CHECK(Slopes::bytes_per_slot(sb::SlopeStorage::exact) == 4 * sizeof(T));
  CHECK(Slopes::bytes_per_slot(sb::SlopeStorage::bfloat16) == sizeof(T) + 6);
  for (const auto storage : {sb::SlopeStorage::exact, sb::SlopeStorage::bfloat16})
    for (const int start : {3, 4, 5}) {
      CAPTURE(start);
      const std::size_t before = s.alpha();
      const Slopes slopes(s.network, s.free, start, 48, storage);
      // 24 slots of relu, and 16 of either side of tanh; beside them, the best bound of each row and whether it is new.
      const std::size_t slots = start == 3 ? 24 : 24 + 2 * 16;
      CHECK(s.alpha() - before ==
            48 * slots * Slopes::bytes_per_slot(storage) + 48 * (sizeof(T) + 1));
      CHECK(slopes.rows() == 48);
      CHECK(slopes.most_slots() == 24);
      CHECK(slopes.has(2));
      CHECK(slopes.has(4) == (start >= 4));
      CHECK(slopes.activations() == (start == 3 ? std::vector<int>{2} : std::vector<int>{2, 4}));
    }
  CHECK(s.alpha() == 0);
}

TEST_CASE("rows that start below all activations have nothing of their own") {
  Setting<double> s;
  const sb::RowSlopes<double, sb::EigenBackend> slopes(s.network, s.free, 1, 16,
                                                       sb::SlopeStorage::exact);
  CHECK(slopes.empty());
  sb::expr::LineSource<double> lines;
  CHECK(!slopes.fill(2, lines));
}

TEST_CASE_TEMPLATE("rows begin, step, and keep their best, by their homes", T, double, float) {
  for (const auto storage : {sb::SlopeStorage::exact, sb::SlopeStorage::bfloat16}) {
    Setting<T> s;
    const sb::RowSlopes<T, sb::EigenBackend> slopes(s.network, s.free, 5, 16, storage);
    Rows rows;
    std::vector<T> sign(16, T(1));
    sign[5] = 0;
    const auto view = rows.view(sign);
    for (const int v : {2, 4})
      for (const std::size_t side : {std::size_t{0}, static_cast<std::size_t>(v == 4)})
        slopes.set_values(v, side,
                          std::vector<T>(static_cast<std::size_t>(16 * s.free.slots(v)), T(3)));
    slopes.begin(view);
    const auto slots = static_cast<std::size_t>(s.free.slots(4));
    for (std::size_t home = 0; home < 16; ++home)
      CHECK(slopes.values(4, 1)[home * slots] == (home == 10 ? T(3) : T(0.5)));

    sb::expr::LineSource<T> lines;
    CHECK(slopes.fill(4, lines));
    CHECK(lines.lower.slot == s.free.neurons(4).lower_slot);
    CHECK(lines.upper.slot == s.free.neurons(4).upper_slot);
    CHECK(lines.lower.leading == s.free.slots(4));
    CHECK(lines.lower.value != lines.upper.value);

    // The first step of Adam is the learning rate, whatever the gradient's size, uphill.
    std::vector<T> gradients[2];
    for (auto& gradient : gradients) gradient.assign(16 * slots, T(0));
    for (std::size_t r = 0; r < 16; ++r) {
      gradients[0][r * slots] = T(r + 1);
      gradients[1][r * slots + 1] = -T(0.25);
    }
    auto size = sb::step_size<T>(0.125, 1);
    slopes.step(4, view, {gradients[0].data(), gradients[1].data()}, size.data());
    for (std::size_t r = 0; r < 16; ++r) {
      if (r == 5) continue;
      const std::size_t at = (15 - r) * slots;
      CHECK(slopes.values(4, 0)[at] == doctest::Approx(0.625).epsilon(0.005));
      CHECK(slopes.values(4, 0)[at + 1] == T(0.5));
      CHECK(slopes.values(4, 1)[at] == T(0.5));
      CHECK(slopes.values(4, 1)[at + 1] == doctest::Approx(0.375).epsilon(0.005));
      CHECK(slopes.first_moments(4, 0)[at] ==
            doctest::Approx(0.1 * static_cast<double>(r + 1)).epsilon(0.005));
    }

    // Rows that are better than ever keep what they have.
    std::vector<T> constant(16), slack(16);
    for (std::size_t r = 0; r < 16; ++r) constant[r] = T(r);
    slopes.improve(view, {constant.data(), slack.data()});
    slopes.keep();
    const auto first = slopes.values(4, 0);
    size = sb::step_size<T>(0.125, 2);
    slopes.step(4, view, {gradients[0].data(), gradients[1].data()}, size.data());
    constant[3] += 1, constant[4] -= 1;
    slopes.improve(view, {constant.data(), slack.data()});
    slopes.keep();
    const auto second = slopes.values(4, 0), best = slopes.best(4, 0);
    for (std::size_t r = 0; r < 16; ++r) {
      if (r == 5) continue;
      const std::size_t at = (15 - r) * slots;
      CHECK(first[at] != second[at]);
      CHECK(best[at] == doctest::Approx((r == 3 ? second : first)[at]).epsilon(0.005));
    }
  }
}

TEST_CASE("the numbers of Adam's steps") {
  const auto first = sb::step_size<double>(0.5, 1), later = sb::step_size<double>(0.5, 10);
  CHECK(first[sb::expr::step_rate] == doctest::Approx(5));
  CHECK(first[sb::expr::step_correction] == doctest::Approx(1 / std::sqrt(0.001)));
  CHECK(later[sb::expr::step_rate] == doctest::Approx(0.5 / (1 - std::pow(0.9, 10))));
  CHECK(later[sb::expr::step_correction] ==
        doctest::Approx(1 / std::sqrt(1 - std::pow(0.999, 10))));
}
