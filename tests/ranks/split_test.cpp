// SPDX-License-Identifier: BSD-3-Clause

// RowSharded and ColSharded layers, in any mixture with the others and in any place of a network: the
// bounds of one rank up to rounding, for every number of ranks.

#include <tests/support/checked_backend.hpp>
#include <tests/support/ranks.hpp>
#include <tests/support/zoo.hpp>

#include <shardbound/network/row_col.hpp>

using namespace shardbound_test;

namespace {

using R = sb::RowSharded;
using C = sb::ColSharded;
using F = sb::FullySharded;
template <sb::index_t N, class P = sb::Replicated>
using L = sb::Linear<N, P>;
template <class... Layers>
using Seq = sb::Sequential<Layers...>;

const sb::Method methods[] = {sb::Ibp{}, sb::CrownIbp{}, sb::Crown{},
                              sb::Crown{sb::Intermediates::textbook}};

template <class Net, class T, class Backend = sb::EigenBackend>
void same_bounds(int sets, int rows, double radius) {
  const HostNetwork numbers = HostNetwork::random(sb::Network<Net, T>{}, 3);
  const auto& plan = numbers.plan();
  const auto question =
      Question::random(plan[0].features, plan[plan.output()].features, sets, rows, radius, 5);
  const double tolerance = std::is_same_v<T, double> ? 1e-12 : 1e-4;
  for (const auto& method : methods) {
    CAPTURE(&method - methods);
    const auto alone =
        answer_of<Net, T>(sb::Self{}, numbers, method, question, sb::Store::as_declared);
    for (int ranks : rank_counts)
      for (sb::index_t wave : {0, 16}) {
        CAPTURE(ranks);
        CAPTURE(wave);
        const auto answer = on_ranks(ranks, [&](sb::AnyCommunicator communicator) {
          return answer_of<Net, T, Backend>(communicator, numbers, method, question,
                                            sb::Store::as_declared, wave);
        });
        CHECK(distance(answer.domains, alone.domains) <= tolerance);
        CHECK(distance(answer.rows, alone.rows) <= tolerance);
      }
  }
}

using Zone = Seq<sb::Input<13>, L<70, R>, sb::ReLU, L<41, C>, sb::Tanh, L<100, R>, sb::ReLU,
                 L<64, C>, sb::ReLU, L<5>>;
using Mixed = Seq<sb::Input<9>, L<33, C>, sb::ReLU, L<40, R>, sb::ReLU, L<50, R>, sb::Sigmoid,
                  L<24, F>, sb::ReLU, L<19, C>, sb::ReLU, L<30, C>, sb::ReLU, L<6, R>>;
using Chained = Seq<sb::Input<8>, L<20, R>, sb::ReLU, sb::ScaleShift, sb::LeakyReLU, L<12, C>,
                    sb::ScaleShift, L<16, R>, sb::Tanh>;
using Sum = Seq<sb::Input<6>, L<24, R>, sb::ReLU,
                sb::Residual<Seq<L<24, R>, sb::ReLU>, sb::Identity>,  // Split + Split, alike
                sb::ReLU, sb::Residual<Seq<L<24, C>>, sb::Identity>,  // Full + Split
                sb::ReLU, L<3, C>>;
using Beside = Seq<sb::Input<6>, L<16, R>, sb::ReLU,
                   sb::Concat<Seq<L<40, R>, sb::ReLU>, sb::Identity, Seq<L<24, R>, sb::Tanh>>,
                   sb::ReLU, L<11, C>, sb::ReLU,
                   sb::Concat<Seq<L<9, R>>, Seq<L<8, R>, sb::ReLU>>,  // odd: brought to Full
                   sb::ReLU, L<4, C>>;

static_assert(sb::PlanOf<Sum>::plan.nodes[5].split && !sb::PlanOf<Sum>::plan.nodes[8].split);
static_assert(sb::PlanOf<Beside>::view().run_count(8) == 3);
static_assert(sb::PlanOf<Beside>::view().run_length(8, 1) == 16);

}  // namespace

TEST_CASE_TEMPLATE("split zones change nothing but rounding", T, double, float) {
  SUBCASE("zones") { same_bounds<Zone, T>(3, 9, 0.2); }
  SUBCASE("any mixture") { same_bounds<Mixed, T>(2, 20, 0.1); }
  SUBCASE("long chains") { same_bounds<Chained, T>(2, 5, 0.2); }
  SUBCASE("sums") { same_bounds<Sum, T>(4, 6, 0.3); }
  SUBCASE("side by side") { same_bounds<Beside, T>(3, 6, 0.3); }
  SUBCASE("row-col of a nest") { same_bounds<sb::RowCol<zoo::Nest>, T>(3, 6, 0.5); }
  SUBCASE("row-col of a fork") { same_bounds<sb::RowCol<zoo::Fork>, T>(3, 6, 0.5); }
  SUBCASE("row-col of a residual") { same_bounds<sb::RowCol<zoo::ResNet>, T>(3, 6, 0.5); }
}

// A device-like backend: its memory is a communicator's only while it is lent, and fresh memory is NaN.
TEST_CASE_TEMPLATE("zones have the same bits on any backend", Net, Zone, Mixed, Sum, Beside,
                   sb::RowCol<zoo::Fork>) {
  const HostNetwork numbers = HostNetwork::random(sb::Network<Net>{}, 8);
  const auto& plan = numbers.plan();
  const auto question =
      Question::random(plan[0].features, plan[plan.output()].features, 2, 9, 0.1, 12);
  const auto answer = [&]<class Backend>(int ranks, const sb::Method& method, Backend*) {
    return on_ranks(ranks, [&](sb::AnyCommunicator communicator) {
      return answer_of<Net, double, Backend>(communicator, numbers, method, question,
                                             sb::Store::as_declared, 16);
    });
  };
  for (const auto& method : methods)
    for (int ranks : {2, 3}) {
      CAPTURE(&method - methods);
      CAPTURE(ranks);
      CHECK(answer(ranks, method, static_cast<CheckedBackend*>(nullptr)) ==
            answer(ranks, method, static_cast<sb::EigenBackend*>(nullptr)));
    }
}
