// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/bound/wave.hpp>
#include <tests/support/zoo.hpp>

using namespace shardbound_test;

namespace {

using Slopes = sb::RowSlopes<double, sb::EigenBackend>;
using Wave = sb::Wave<double, sb::EigenBackend>;

//  0 x - 1 product - 2 relu - 3 scale - 4 tanh - 5 scale - 6 scale - 7 leaky - 8 scale - 9 product - 10 sigmoid
using Net =
    sb::Sequential<sb::Input<3>, sb::Linear<4>, sb::ReLU, sb::ScaleShift, sb::Tanh, sb::ScaleShift,
                   sb::ScaleShift, sb::LeakyReLU, sb::ScaleShift, sb::Linear<3>, sb::Sigmoid>;

struct Setting {
  sb::Network<Net> network;
  sb::PlanView plan = network.plan();
  sb::DomainState<double, sb::EigenBackend> state{network, 1};
  sb::expr::SetView<double> set = state.set(0);
  sb::FreeActivations<double, sb::EigenBackend> free{network, 1};

  Setting() {
    for (int v = 1; v < plan.size(); ++v)  // rows have nothing of their own at the sigmoid
      if (plan.is_activation(v) && v != 10) free.deal(v, std::vector<sb::Neuron>{{0, 0}, {2, 0}});
    free.begin();
  }
  Wave wave(const Slopes* slopes) const {
    Wave one{state, plan.output(), {}, set};
    one.slopes = slopes;
    return one;
  }
};

}  // namespace

TEST_CASE("a wave is of rows without lines of their own unless it is told otherwise") {
  const Setting s;
  sb::expr::OperationData<double> data[sb::expr::longest_chain];
  for (int v = 1; v < s.plan.size(); ++v)
    CHECK(!sb::fill_own_lines(s.plan, v, s.wave(nullptr), data));
  for (const auto& one : data) CHECK(one.lines.lower.slot == nullptr);
}

TEST_CASE("own lines are found where the activation is in the chain, below scales and above them") {
  const Setting s;
  const Slopes slopes(s.network, s.free, s.plan.output(), 16, sb::SlopeStorage::exact);
  const Wave wave = s.wave(&slopes);
  int above = 0, below = 0, none = 0;
  for (int v = 1; v < s.plan.size(); ++v) {
    CAPTURE(v);
    const sb::ChainCode& code = s.plan.chain_of(v);
    int place = -1, activation = v;
    for (int i = 0, node = v; i < code.length; ++i, node = s.plan.input_of(node))
      if (code.operations[i] >= 0) place = i, activation = node;
    const bool expected = place >= 0 && activation != 10;
    sb::expr::OperationData<double> data[sb::expr::longest_chain];
    CHECK(sb::fill_own_lines(s.plan, v, wave, data) == expected);
    for (int i = 0; i < code.length; ++i) {
      const auto& lines = data[i].lines;
      if (!expected || i != place) {
        CHECK(lines.lower.slot == nullptr);
        CHECK(lines.upper.slot == nullptr);
        continue;
      }
      const auto neurons = s.free.neurons(activation);
      CHECK(lines.lower.slot == neurons.lower_slot);
      CHECK(lines.upper.slot == neurons.upper_slot);
      CHECK(lines.lower.leading == neurons.slots);
      CHECK(lines.lower.value != nullptr);
    }
    above += expected && place > 0;
    below += expected && place + 1 < code.length;
    none += !expected;
  }
  CHECK(above > 0);
  CHECK(below > 0);
  CHECK(none > 0);
}

TEST_CASE("rows that start below an activation have no lines there") {
  const Setting s;
  const Slopes slopes(s.network, s.free, 3, 16, sb::SlopeStorage::exact);
  const Wave wave = s.wave(&slopes);
  sb::expr::OperationData<double> data[sb::expr::longest_chain];
  CHECK(sb::fill_own_lines(s.plan, 2, wave, data));
  CHECK(sb::fill_own_lines(s.plan, 3, wave, data));
  CHECK(!sb::fill_own_lines(s.plan, 4, wave, data));
  CHECK(!sb::fill_own_lines(s.plan, 7, wave, data));
}
