// SPDX-License-Identifier: BSD-3-Clause

// Steps from any start to any stop that all paths pass, carried out for all ranks on plain arrays over
// networks made linear: what arrives below times the values there is the row times the values above.

#include <doctest/doctest.h>

#include <shardbound/network/row_col.hpp>
#include <tests/support/carriers.hpp>
#include <tests/support/random_plan.hpp>
#include <tests/support/zoo.hpp>

using namespace shardbound_test;
using namespace shardbound;

namespace {

template <class Net>
void every_start_arrives(unsigned seed, std::initializer_list<int> rank_counts) {
  const Linearized<Net> net(seed);
  std::mt19937 random(seed);
  const auto& plan = net.plan;
  for (int ranks : rank_counts)
    for (int start = 0; start < plan.size(); ++start) {
      CAPTURE(ranks);
      CAPTURE(start);
      Rows rows;
      for (int rank = 0; rank < ranks; ++rank) {
        auto& row = rows.emplace_back();
        for (index_t i = 0; i < plan[start].features; ++i) row.push_back(uniform(random));
      }
      const auto arrives = [&](int stop, StartRows begin) {
        const Rows found = Carriers<Net>(net, ranks, start, stop, begin).carry(rows);
        REQUIRE(found.size() == rows.size());
        for (std::size_t r = 0; r < rows.size(); ++r)
          CHECK(dot(found[r], net.at(stop)) == doctest::Approx(dot(rows[r], net.at(start))));
      };
      arrives(0, StartRows::tile);
      arrives(start, StartRows::tile);
      if (plan[start].kind != NodeKind::product) continue;
      arrives(0, StartRows::matrix);
      arrives(plan.input_of(start), StartRows::matrix);
    }
}

template <index_t N>
using R = Linear<N, RowSharded>;
template <index_t N>
using C = Linear<N, ColSharded>;

// x - L70/r(1) - relu(2) - L41/c(3)
using Zone = Sequential<Input<13>, R<70>, ReLU, C<41>>;
// Every kind of edge: a ColSharded layer on Full features, two RowSharded ones in a row, sums and
// concatenations of what is split alike and of what is not.
using Mixed = Sequential<
    Input<9>, C<33>, ReLU, R<40>, ScaleShift, R<24>, Residual<Sequential<R<24>, ScaleShift>>, Tanh,
    Concat<Identity, Sequential<R<40>, ReLU>, Identity>, ScaleShift, Residual<Sequential<C<88>>>,
    C<30>, ReLU, Concat<Sequential<R<9>>, Sequential<R<8>, ReLU>, Identity>, ReLU, R<6>>;

}  // namespace

TEST_CASE("rows arrive from every start") {
  for (unsigned seed = 1; seed <= 3; ++seed) {
    every_start_arrives<zoo::Mlp>(seed, {1, 2});
    every_start_arrives<zoo::Curves>(seed, {1});
    every_start_arrives<zoo::ResNet>(seed, {1});
    every_start_arrives<zoo::Fork>(seed, {1});
    every_start_arrives<zoo::Bare>(seed, {1, 3});
    every_start_arrives<zoo::Run>(seed, {1});
    every_start_arrives<zoo::Nest>(seed, {1});
  }
}

TEST_CASE("rows arrive from every start where features are split") {
  every_start_arrives<Zone>(1, {1, 2, 3, 8, 12});
  every_start_arrives<Mixed>(2, {1, 2, 3, 8});
  every_start_arrives<RowCol<zoo::Curves>>(3, {2, 4});
  every_start_arrives<RowCol<zoo::ResNet>>(4, {2, 4});
  every_start_arrives<RowCol<zoo::Fork>>(5, {2, 4});
  every_start_arrives<RowCol<zoo::Run>>(6, {2, 4});
  every_start_arrives<RowCol<zoo::Nest>>(7, {2, 4});
}

TEST_CASE("two tiles are enough for a chain of layers, and a fork needs one more") {
  const auto slots = [](const PlanView& plan) {
    return Schedule(plan, Layout(plan, 0, 1), plan.output(), 0, StartRows::matrix).slots().size();
  };
  CHECK(slots(PlanOf<zoo::Mlp>::view()) == 2);
  CHECK(slots(PlanOf<zoo::Curves>::view()) == 2);
  CHECK(slots(PlanOf<zoo::ResNet>::view()) == 3);
}

TEST_CASE("a start at the input is concretized at once") {
  const PlanView plan = PlanOf<zoo::Mlp>::view();
  const Layout layout(plan, 0, 1);
  const Schedule schedule(plan, layout, 0, 0, StartRows::tile);
  CHECK(schedule.steps().size() == 2);
  CHECK(schedule.slots() == std::vector<index_t>{8});
}

TEST_CASE("one rank sends nothing") {
  const PlanView plan = PlanOf<Mixed>::view();
  const Layout layout(plan, 0, 1);
  const Schedule schedule(plan, layout, plan.output(), 0, StartRows::matrix);
  CHECK_FALSE(schedule.is_joint());
  CHECK(schedule.sent() == 0);
  CHECK(schedule.received() == 0);
  CHECK(schedule.traffic() == 0);
}

// The 70 neurons of the zone are 32 and 38 on two ranks, which takes 40 columns; the 13 inputs take 16,
// the 41 outputs 48.
TEST_CASE("what a zone costs, by hand") {
  using Kind = Step::Kind;
  const PlanView plan = PlanOf<Zone>::view();
  const Layout layout(plan, 1, 2);
  const auto kinds = [](const Schedule& schedule) {
    std::vector<Kind> all;
    for (const Step& step : schedule.steps()) all.push_back(step.kind);
    return all;
  };
  {  // rows of the ColSharded matrix: each rank has its columns of everybody's, nothing is sent
    const Schedule schedule(plan, layout, 3, 0, StartRows::matrix);
    CHECK(kinds(schedule) ==
          std::vector{Kind::select, Kind::sweep, Kind::product, Kind::concretize});
    CHECK(schedule.slots() == std::vector<index_t>{2 * 40, 16});
    CHECK(schedule.sent() == 2 * 16);  // partial sums
    CHECK(schedule.received() == 2 * 16);
    CHECK(schedule.traffic() == 16);
    CHECK(schedule.is_joint());
    CHECK(schedule.steps()[1].joint);
  }
  {  // dealt rows on the outputs are gathered first
    const Schedule schedule(plan, layout, 3, 0, StartRows::tile);
    CHECK(kinds(schedule) == std::vector{Kind::select, Kind::sweep, Kind::product, Kind::sweep,
                                         Kind::product, Kind::concretize});
    CHECK(schedule.slots() == std::vector<index_t>{48, 2 * 40});
    CHECK(schedule.sent() == 2 * 16);
    CHECK(schedule.received() == 2 * 48);
    CHECK(schedule.traffic() == 48 + 16);
    CHECK_FALSE(schedule.steps()[1].joint);
    CHECK(schedule.steps()[3].joint);
  }
  {  // down to the zone's inside: brought to the ranks that were dealt them
    const Schedule schedule(plan, layout, 3, 2, StartRows::matrix);
    CHECK(kinds(schedule) == std::vector{Kind::select, Kind::to_full, Kind::concretize});
    CHECK(schedule.slots() == std::vector<index_t>{2 * 40, 72});
    CHECK(schedule.traffic() == 40);
  }
  {  // from its inside, and to it
    const Schedule schedule(plan, layout, 2, 2, StartRows::tile);
    CHECK(kinds(schedule) ==
          std::vector{Kind::select, Kind::to_split, Kind::to_full, Kind::concretize});
    CHECK(schedule.slots() == std::vector<index_t>{72, 2 * 40});  // the first is used again
    CHECK(schedule.sent() == 2 * 40);
    CHECK(schedule.received() == 2 * 40);
    CHECK(schedule.traffic() == 40 + 40);
  }
  {  // where nothing is split, everyone is alone
    const Schedule schedule(plan, layout, 0, 0, StartRows::tile);
    CHECK_FALSE(schedule.is_joint());
    CHECK(schedule.traffic() == 0);
  }
}

TEST_CASE("rows go through a node that mixes features to each of its inputs") {
  // multiply(5) of maximum(3) of pairs(2) and of a half(4), both of L4(1)
  PlanWriter plan(3);
  const int first = plan.linear(4, 0, WeightCut::rows);
  const int pairs = plan.gather(4, first);
  const int largest = plan.runs(NodeKind::maximum, 2, pairs);
  const int half = plan.gather(2, first);
  const int product = plan.multiply(largest, half);
  const auto written = plan.written();
  using Kind = Step::Kind;
  const auto kinds = [](const Schedule& schedule) {
    std::vector<Kind> all;
    for (const Step& step : schedule.steps()) all.push_back(step.kind);
    return all;
  };
  const Layout alone(written.view(), 0, 1);
  const Schedule schedule(written.view(), alone, product, 0, StartRows::tile);
  CHECK(kinds(schedule) == std::vector<Kind>{Kind::select, Kind::pull, Kind::pull, Kind::pull,
                                             Kind::pull, Kind::pull, Kind::sweep, Kind::product,
                                             Kind::concretize});
  const auto& steps = schedule.steps();
  for (int operand : {0, 1}) {
    const Step& step = steps[static_cast<std::size_t>(1 + operand)];
    CHECK(step.node == product);
    CHECK(step.operand == operand);
    CHECK(step.from == steps[0].to);  // both read what is there
    CHECK(step.to != step.from);
    CHECK(step.write == Write::assign);
    CHECK(step.climb ==
          (operand == 0 ? Write::add : Write::assign));  // the last comes first, on the way up
  }
  CHECK(steps[3].node == half);  // the last node first, whose rows make those of the first layer
  CHECK(steps[3].write == Write::assign);
  CHECK(steps[4].node == largest);
  CHECK(steps[5].node == pairs);
  CHECK(steps[5].to == steps[3].to);
  CHECK(steps[5].write == Write::add);
  CHECK(schedule.slots().size() == 3);
  // Over ranks, what a layer of split features is read by is brought over.
  const Layout shared(written.view(), 0, 2);
  const auto split = kinds(Schedule(written.view(), shared, product, 0, StartRows::tile));
  CHECK(std::count(split.begin(), split.end(), Kind::to_split) == 2);
}
