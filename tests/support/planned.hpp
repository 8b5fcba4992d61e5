// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The plan of a network type, written once more at run time.

#include <shardbound/network/planned_network.hpp>

#include <algorithm>
#include <string_view>
#include <vector>

namespace shardbound_test {

namespace sb = shardbound;

/// The same nodes with their policies; activations, which the type numbers as it meets them and calls by `names`, are
/// numbered as in `List`.
template <class List = sb::KnownFunctions>
sb::RuntimePlan written_again(const sb::PlanView& plan,
                              const std::vector<std::string_view>& names) {
  std::vector<std::string_view> known;
  [&]<class... F>(sb::Functions<F...>) { (known.push_back(F::name), ...); }(List{});
  sb::RuntimePlan made(plan.nodes.size(), plan.inputs.size());
  made.begin(plan[0].shape);
  for (int v = 1; v < plan.size(); ++v) {
    sb::Node node;
    node.operation = plan[v].operation;
    if (plan.is_activation(v)) {
      const auto name = names[static_cast<std::size_t>(plan[v].operation)];
      const auto number = std::find(known.begin(), known.end(), name) - known.begin();
      node = sb::activation_node(List{}, static_cast<int>(number));
    }
    node.kind = plan[v].kind;
    node.shape = plan[v].shape;
    node.cut = plan[v].cut;
    node.geometry = plan[v].geometry;
    made.push(node, plan.inputs_of(v));
  }
  made.fold();
  return made;
}

template <class Net, class List = sb::KnownFunctions>
sb::RuntimePlan written_again() {
  std::vector<std::string_view> names;
  [&]<class... F>(sb::Functions<F...>) {
    (names.push_back(F::name), ...);
  }(typename sb::PlanOf<Net>::FunctionList{});
  return written_again<List>(sb::PlanOf<Net>::view(), names);
}

}  // namespace shardbound_test
