// SPDX-License-Identifier: BSD-3-Clause

// A plan that is written at run time is the one that its type makes while compiling, and finds the same bits; also where
// activations are fused with nothing.

#include <doctest/doctest.h>

#include <shardbound/bound/alpha_crown.hpp>
#include <shardbound/bound/crown.hpp>
#include <shardbound/network/row_col.hpp>
#include <tests/support/checked_backend.hpp>
#include <tests/support/planned.hpp>
#include <tests/support/ranks.hpp>
#include <tests/support/zoo.hpp>

using namespace shardbound_test;

namespace {

const sb::Method methods[] = {sb::Ibp{}, sb::CrownIbp{}, sb::Crown{},
                              sb::Crown{sb::Intermediates::textbook}};

/// What the networks of the zoo are made of: code for all that the library knows is compiled once, below.
using ZooFunctions =
    sb::Functions<sb::relax::Tanh, sb::relax::ReLU, sb::relax::LeakyReLU, sb::relax::Sigmoid>;

/// Both on as many ranks, asked everything.
template <class Net, class T, class Backend>
void same_bits(const sb::Method& method, int ranks, sb::Store store) {
  const sb::Network<Net, T, Backend> typed;
  const auto numbers = HostNetwork::random(typed, 3);
  const auto question = Question::random(typed.inputs(), typed.outputs(), 3, 5, 0.5, 7);
  const auto expected = on_ranks(ranks, [&](sb::AnyCommunicator communicator) {
    return answer_of<Net, T, Backend>(std::move(communicator), numbers, method, question, store);
  });
  const auto found = on_ranks(ranks, [&](sb::AnyCommunicator communicator) {
    sb::PlannedNetwork<T, Backend, ZooFunctions> network(written_again<Net, ZooFunctions>(),
                                                         std::move(communicator),
                                                         std::make_unique<Backend>(1), store);
    numbers.copy_to(network);
    return ask_all(network, method, question);
  });
  CHECK(found == expected);
}

template <class Net, class List = sb::KnownFunctions>
bool same_plan() {
  const auto made = written_again<Net, List>();
  const sb::PlanView typed = sb::PlanOf<Net>::view(), planned = made.view();
  bool same = typed.size() == planned.size() && typed.chains.size() == planned.chains.size();
  for (int v = 0; same && v < typed.size(); ++v) {
    sb::Node node = planned[v];
    node.operation = typed[v].operation;  // numbered otherwise
    node.lines = typed[v].lines;
    same = node == typed[v];
  }
  return same;
}

/// Those of the library, fused with nothing: one has lines that no other has, the other shares its code.
struct AloofTanh : sb::relax::Tanh {
  static constexpr std::string_view name = "AloofTanh";
  static constexpr bool stands_alone = true;
};
struct AloofReLU : sb::relax::ReLU {
  static constexpr std::string_view name = "AloofReLU";
  static constexpr bool stands_alone = true;
};
/// Between scales and right above products, at a fork and at the end.
template <class A, class B>
using Mixed =
    sb::Sequential<sb::Input<3>, sb::Linear<9>, A, sb::ScaleShift, sb::Linear<8>, sb::ScaleShift, B,
                   sb::ScaleShift, A, B, sb::ReLU,
                   sb::Residual<sb::Sequential<sb::Linear<8>, A>, sb::Identity>, sb::Linear<4>, B>;
using Aloof = Mixed<sb::Activation<AloofTanh>, sb::Activation<AloofReLU>>;
using AloofFunctions =
    sb::Functions<sb::relax::Tanh, sb::relax::ReLU, AloofTanh, sb::relax::LeakyReLU, AloofReLU>;

/// The plan of Tanh and ReLU, told node by node that those of `Aloof` stand alone.
sb::RuntimePlan told_apart() {
  auto plan = written_again<Mixed<sb::Tanh, sb::ReLU>>();
  const sb::PlanView aloof = sb::PlanOf<Aloof>::view();
  for (std::size_t v = 0; v < aloof.nodes.size(); ++v)
    plan.written()[v].stands_alone = aloof.nodes[v].stands_alone;
  plan.fold();
  return plan;
}

/// What RowCol does to a type, done to its plan.
template <class Net>
bool same_cuts() {
  auto made = written_again<Net>();
  sb::cut_rows_and_columns(made.written(), made.edges());
  const sb::PlanView typed = sb::PlanOf<sb::RowCol<Net>>::view();
  bool same = true;
  for (int v = 0; v < typed.size(); ++v) same = same && made.view()[v].cut == typed[v].cut;
  return same;
}

}  // namespace

TEST_CASE_TEMPLATE("the plan is the same", Net, zoo::Mlp, zoo::Curves, zoo::ResNet, zoo::Fork,
                   zoo::Bare, zoo::Lone, zoo::Run, zoo::Nest) {
  CHECK(same_plan<Net>());
  CHECK(same_plan<sb::RowCol<Net>>());
  CHECK(same_cuts<Net>());
}

TEST_CASE_TEMPLATE("the bits are the same", Net, zoo::Mlp, zoo::Curves, zoo::ResNet, zoo::Fork,
                   zoo::Bare, zoo::Lone, zoo::Run, zoo::Nest) {
  for (const auto& method : methods) {
    const auto number = &method - methods;
    CAPTURE(number);
    same_bits<Net, double, sb::EigenBackend>(method, 1, sb::Store::as_declared);
    same_bits<Net, float, sb::EigenBackend>(method, 3, sb::Store::fully_sharded);
    same_bits<Net, double, CheckedBackend>(method, 3, sb::Store::replicated);
    same_bits<Net, float, CheckedBackend>(method, 1, sb::Store::as_declared);
    same_bits<sb::RowCol<Net>, double, sb::EigenBackend>(method, 3, sb::Store::as_declared);
  }
}

TEST_CASE("an activation that stands alone is a segment of its own, in types and in plans alike") {
  CHECK(same_plan<Aloof, AloofFunctions>());
  CHECK(same_plan<sb::RowCol<Aloof>, AloofFunctions>());
  const sb::PlanView plan = sb::PlanOf<Aloof>::view();
  int alone = 0;
  for (int v = 1; v < plan.size(); ++v) {
    if (plan[v].segment.chain < 0) continue;
    CAPTURE(v);
    const auto& code = plan.chain_of(v);
    int below = v;
    for (int i = 0; i < code.length; ++i, below = plan.input_of(below))
      if (plan[below].stands_alone) CHECK(code.length == 1);
    if (!plan[v].stands_alone) continue;
    CHECK(plan[v].segment.bottom == plan.input_of(v));
    ++alone;
  }
  CHECK(alone == 6);
  const sb::PlanView fused = sb::PlanOf<Mixed<sb::Tanh, sb::ReLU>>::view();
  CHECK(fused.length_of_chain(2) == 2);  // with the bias
  CHECK(plan.length_of_chain(2) == 1);
  CHECK(plan.length_of_chain(3) == 1);  // the scale above it
}

TEST_CASE("standing alone is a matter of the cut, not of the activation: the bits are the same") {
  const auto told = told_apart();
  const auto listed = written_again<Aloof, AloofFunctions>();
  const sb::PlannedNetwork<double> known(told, sb::AnyCommunicator{},
                                         std::make_unique<sb::EigenBackend>(1));
  const auto numbers = HostNetwork::random(known, 3);
  const auto question = Question::random(known.inputs(), known.outputs(), 3, 5, 0.5, 7);
  for (const sb::Method& method :
       {sb::Method(sb::CrownIbp{}), sb::Method(sb::Crown{}),
        sb::Method(sb::AlphaCrown{.optimisation = {.iterations = 4, .learning_rate = 0.25}})}) {
    CAPTURE(method.optimises());
    const auto ask = [&](auto&& network) {
      numbers.copy_to(network);
      auto pass = sb::prepare(network, method, {.domains = 3});
      std::vector<std::vector<double>> bounds;
      for (const auto& found : pass.run(question.sets).outputs)
        bounds.insert(bounds.end(), {found.lower, found.upper, found.slack});
      return bounds;
    };
    const auto expected = ask(sb::PlannedNetwork<double>(told, sb::AnyCommunicator{},
                                                         std::make_unique<sb::EigenBackend>(1)));
    CHECK(ask(sb::PlannedNetwork<double, sb::EigenBackend, AloofFunctions>(
              listed, sb::AnyCommunicator{}, std::make_unique<sb::EigenBackend>(1))) == expected);
    CHECK(ask(sb::Network<Aloof>()) == expected);
  }
}
