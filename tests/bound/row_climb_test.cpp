// SPDX-License-Identifier: BSD-3-Clause

// A bound is what its row is worth at the point that its lines make of the input where it is least: what rows found on
// their way down, their points must find on their way back up.

#include <doctest/doctest.h>

#include <shardbound/bound/row_climb.hpp>
#include <tests/support/optimising.hpp>
#include <tests/support/random_network.hpp>
#include <tests/support/random_plan.hpp>
#include <tests/support/zoo.hpp>

#include <algorithm>
#include <memory>
#include <utility>

using namespace shardbound_test;

namespace {

constexpr std::size_t rows_asked = 5;

enum class Lines {
  crown,   ///< where optimisations begin
  chosen,  ///< anywhere within their limits, every row's own
};

struct Climb {
  std::unique_ptr<sb::Instance<double, sb::EigenBackend>> owned;
  sb::Instance<double, sb::EigenBackend>& network;
  std::mt19937 random;
  std::vector<sb::InputSet> sets;
  std::vector<double> asked;  // (rows, N)

  Climb(std::unique_ptr<sb::Instance<double, sb::EigenBackend>> made, unsigned seed)
      : owned(std::move(made)), network(*owned), random(seed) {
    HostNetwork::random(network, seed).copy_to(network);
    for (int d = 0; d < 2; ++d) sets.push_back(random_box(random, network.inputs(), 0.5));
    sets.push_back(sets[0]);
    for (sb::index_t i = 0; i < static_cast<sb::index_t>(rows_asked) * network.outputs(); ++i)
      asked.push_back(uniform(random));
  }

  /// How far points times rows are from the bounds that rows found, at most.
  double worst(Lines lines) {
    const sb::PlanView plan = network.plan();
    const int start = plan.output();
    const sb::Method method{.optimisation = {.iterations = 2}};
    Optimising<double, sb::EigenBackend> ours(network, method, sets, asked);
    ours.begin();
    if (lines == Lines::chosen)
      ours.for_each_kind([&](auto& list, int v, std::size_t side, std::size_t slots) {
        auto all = list.slopes.values(v, side);
        for (std::size_t e = 0; e < list.frozen.entries().size(); ++e)
          for (std::size_t s = 0; s < slots; ++s) {
            const auto limits = ours.limits(v, side, list.frozen.entries()[e].domain, s);
            all[static_cast<std::size_t>(list.frozen.home(e)) * slots + s] =
                uniform(random, limits.lower, limits.upper);
          }
        list.slopes.set_values(v, side, all);
      });
    ours.sum();
    const auto& list = ours.lists().back();
    const auto found = ours.optimiser().outcome().best;

    // The same rows, pushed up again from where they are least.
    auto& backend = network.backend();
    using B = sb::EigenBackend;
    const sb::Schedule schedule(plan, network.layout(), start, 0, sb::StartRows::tile);
    const sb::index_t height = sb::padded_rows(list.frozen.rows().count);
    std::vector<sb::index_t> sizes = schedule.slots();
    for (sb::index_t& size : sizes) size *= height;
    const sb::Tiles<double, B> tiles(network, sizes, 0, 0);
    const sb::PackedRegions<double, B> packed;
    const sb::Buffer<double, B> product_space(backend, network.product_workspace(),
                                              sb::Category::workspace);
    const auto set = ours.state().set(0);
    sb::Wave<double, B> wave{ours.state(), start, list.matrix, set};
    wave.height = height;
    wave.slot_widths = schedule.slots();
    wave.all = wave.own = list.frozen.rows().range(0, height);
    wave.trace = &list.trace;
    if (!list.slopes.empty()) wave.slopes = &list.slopes;
    std::vector<double> ones(static_cast<std::size_t>(list.frozen.room()), 1);
    const auto gradients = std::vector<double>(
        static_cast<std::size_t>(height * std::max<sb::index_t>(list.slopes.most_slots(), 1)));
    auto lower = gradients, upper = gradients;
    sb::Ascent<double, B> ascent{ours.optimiser().free()};
    ascent.weight = ones.data();
    ascent.largest = ones.data();
    ascent.gradients = {lower.data(), upper.data()};
    constexpr double no_step[sb::expr::step_numbers] = {0, 1};
    ascent.step = no_step;
    ascent.chords_matter.assign(static_cast<std::size_t>(plan.size()), false);
    sb::RowClimb<double, B> climb(network, tiles, packed, product_space.data());
    const auto& steps = schedule.steps();
    for (auto step = steps.rbegin(); step != steps.rend(); ++step) climb.take(*step, wave, ascent);

    const auto points = tiles.full_tile(steps.front().to, height, network.outputs()).numbers;
    const auto outputs = static_cast<std::size_t>(network.outputs());
    double worst = 0;
    for (std::size_t place = 0; place < rows_asked * sets.size(); ++place) {
      const auto e = static_cast<std::size_t>(list.frozen.arranged()[place]);
      const auto row = static_cast<std::size_t>(list.frozen.entries()[e].index);
      double value = 0;
      for (std::size_t i = 0; i < outputs; ++i)
        value += asked[row * outputs + i] *
                 points.data[place * static_cast<std::size_t>(points.leading) + i];
      worst = std::max(worst, std::abs(value - found.lower[e]) / (1 + std::abs(value)));
      CHECK(list.frozen.entries()[e].sign == 1);
    }
    return worst;
  }
};

}  // namespace

TEST_CASE_TEMPLATE("a point times its row is the row's bound", Net, zoo::Mlp, zoo::Curves,
                   zoo::ResNet, zoo::Fork, zoo::Bare, zoo::Lone, zoo::Run, zoo::Nest) {
  for (unsigned seed = 1; seed <= 5; ++seed)
    for (const Lines lines : {Lines::crown, Lines::chosen}) {
      CAPTURE(seed);
      CHECK(Climb(std::make_unique<sb::Network<Net>>(), seed).worst(lines) <= 1e-12);
    }
}

TEST_CASE("the same through nodes that mix features") {
  int climbed = 0;
  for (unsigned seed = 1; seed <= 60; ++seed) {
    const auto plan = random_plan(seed);
    Climb climb(network_of<double>(plan), seed);
    CAPTURE(seed);
    for (const Lines lines : {Lines::crown, Lines::chosen}) CHECK(climb.worst(lines) <= 1e-11);
    for (const sb::Node& node : plan.view().nodes) climbed += sb::mixes_features(node.kind);
  }
  CHECK(climbed > 60);
}
