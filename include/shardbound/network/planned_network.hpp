// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A network without a type: its plan was written at run time, and its code is found in a set. It is bounded like
// any other, to the same bits as the type with the same plan.

#include <shardbound/network/instance.hpp>

#include <memory>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

namespace detail {

// What the instance points into, so that it is there before.
template <class T, class Backend>
struct PlanAndChains {
  RuntimePlan owned_plan;
  std::vector<ChainKernels<T, Backend>> owned_chains;
};

}  // namespace detail

/// Of a plan whose activations are numbered as in `List`, which is folded already; what else is said of Network
/// holds.
template <class T = double, class Backend = EigenBackend, class List = KnownFunctions>
class PlannedNetwork : private detail::PlanAndChains<T, Backend>, public Instance<T, Backend> {
  using Owned = detail::PlanAndChains<T, Backend>;

 public:
  PlannedNetwork(const RuntimePlan& plan, AnyCommunicator communicator,
                 std::unique_ptr<Backend> backend, Store store = Store::as_declared)
      : Owned{plan, KernelSet<List, T, Backend>::chains(plan.view().chains)},
        Instance<T, Backend>(Owned::owned_plan.view(),
                             {KernelSet<List, T, Backend>::functions(), Owned::owned_chains},
                             std::move(communicator), std::move(backend), store) {}
  PlannedNetwork(PlannedNetwork&&) = delete;
};

}  // namespace shardbound::inline v0
