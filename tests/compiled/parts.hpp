// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What most tests would otherwise each compile for themselves, and compile alike: the engine behind a
// network's type, once for each scalar and backend; the tables of code of plans without a
// type and of the zoo's networks; the tests' own questions. Users of the library need nothing of this.

#include <shardbound/bound/engine_of.hpp>
#include <shardbound/network/planned_network.hpp>
#include <shardbound/shardbound.hpp>
#include <tests/support/random_plan.hpp>
#include <tests/support/same_bits.hpp>
#include <tests/support/zoo.hpp>

// Everything of one scalar T and backend B; `what` is `extern template` or `template`.
#define SHARDBOUND_TEST_COMPILED(what, T, B)                                                   \
  namespace shardbound::inline v0 {                                                            \
  what class LayerParameters<T, B>;                                                            \
  what class ParameterSetters<T, B>;                                                           \
  what class Instance<T, B>;                                                                   \
  what class SharedProduct<T, B>;                                                              \
  what class DomainState<T, B>;                                                                \
  what class ListedRows<T, B>;                                                                 \
  what class NeuronLists<T, B>;                                                                \
  what class FreeActivations<T, B>;                                                            \
  what class FrozenList<T, B>;                                                                 \
  what class RowSlopes<T, B>;                                                                  \
  what class RowResults<T, B>;                                                                 \
  what class Tiles<T, B>;                                                                      \
  what class RowPass<T, B>;                                                                    \
  what class GivenPlanes<T, B>;                                                                \
  what class QueryRows<T, B>;                                                                  \
  what class RowSteps<T, B>;                                                                   \
  what class OutputRows<T, B>;                                                                 \
  what class Optimiser<T, B>;                                                                  \
  what class Pass<T, B>;                                                                       \
  what class Linearization<T, B>;                                                              \
  what class EngineOf<T, B>;                                                                   \
  what class KernelSet<shardbound_test::PlanFunctions, T, B>;                                  \
  what OutputBounds<T> ibp(const Instance<T, B>&, const InputSet&);                            \
  what OutputBounds<T> crown_ibp(const Instance<T, B>&, const InputSet&);                      \
  what OutputBounds<T> crown(const Instance<T, B>&, const InputSet&, Crown);                   \
  what OutputBounds<T> alpha_crown(const Instance<T, B>&, const InputSet&, const AlphaCrown&); \
  }                                                                                            \
  namespace shardbound_test {                                                                  \
  what HostNetwork::HostNetwork(const sb::Instance<T, B>&);                                    \
  what HostNetwork HostNetwork::random(const sb::Instance<T, B>&, unsigned, double);           \
  what void HostNetwork::copy_to(sb::Instance<T, B>&) const;                                   \
  what void ask(sb::Pass<T, B>&, const Question&, const std::vector<int>&,                     \
                const std::vector<int>&, Answer<T>&);                                          \
  what Answer<T> ask_all(const sb::Instance<T, B>&, sb::Method, const Question&, sb::index_t); \
  }

// The code of lists and networks that are types made of types: nvcc cannot instantiate it by name. The tables of lists
// are named themselves: what is inlined of a KernelSet would otherwise bring them along.
#define SHARDBOUND_TEST_TABLES(what, T, B)                                                     \
  namespace shardbound::inline v0 {                                                            \
  what class KernelSet<KnownFunctions, T, B>;                                                  \
  what Kernels<T, B>                                                                           \
  detail::kernel_tables<detail::EveryChain<KnownFunctions>, KnownFunctions, T, B>();           \
  what Kernels<T, B> detail::kernel_tables<detail::EveryChain<shardbound_test::PlanFunctions>, \
                                           shardbound_test::PlanFunctions, T, B>();            \
  what Kernels<T, B> kernels_of<shardbound_test::zoo::Mlp, T, B>();                            \
  what Kernels<T, B> kernels_of<shardbound_test::zoo::Curves, T, B>();                         \
  what Kernels<T, B> kernels_of<shardbound_test::zoo::ResNet, T, B>();                         \
  what Kernels<T, B> kernels_of<shardbound_test::zoo::Fork, T, B>();                           \
  what Kernels<T, B> kernels_of<shardbound_test::zoo::Bare, T, B>();                           \
  what Kernels<T, B> kernels_of<shardbound_test::zoo::Lone, T, B>();                           \
  what Kernels<T, B> kernels_of<shardbound_test::zoo::Run, T, B>();                            \
  what Kernels<T, B> kernels_of<shardbound_test::zoo::Nest, T, B>();                           \
  what Kernels<T, B> kernels_of<shardbound_test::zoo::Every, T, B>();                          \
  }

// A verdict on a network whose parameters are set.
#define SHARDBOUND_TEST_SEARCH(what, T, B)                                    \
  namespace shardbound::inline v0 {                                           \
  what Verdict verify(const Instance<T, B>&, const Property&, VerifyOptions); \
  }
