// SPDX-License-Identifier: BSD-3-Clause

// A plan that is written at run time is the one that its type makes while compiling, and finds the same bits.

#include <doctest/doctest.h>

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
    sb::PlannedNetwork<T, Backend> network(written_again<Net>(), std::move(communicator),
                                           std::make_unique<Backend>(1), store);
    numbers.copy_to(network);
    return ask_all(network, method, question);
  });
  CHECK(found == expected);
}

template <class Net>
bool same_plan() {
  const auto made = written_again<Net>();
  const sb::PlanView typed = sb::PlanOf<Net>::view(), planned = made.view();
  bool same = typed.size() == planned.size() && typed.chains.size() == planned.chains.size();
  for (int v = 0; same && v < typed.size(); ++v) {
    sb::Node node = planned[v];
    node.operation = typed[v].operation;  // numbered otherwise
    same = node == typed[v];
  }
  return same;
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
