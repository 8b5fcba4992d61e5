// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The typed code that a network needs, as tables of plain functions: one set of sweeps per distinct chain of lines,
// one set of pointwise calls per distinct activation. Methods index the tables with the plan's numbers, so
// they are compiled once per scalar and backend, not once per network. A plan that comes at run time finds its
// code in a set that was made for some activations and all chains of them.

#include <shardbound/core/errors.hpp>
#include <shardbound/expr/slope_calls.hpp>
#include <shardbound/expr/split_calls.hpp>
#include <shardbound/network/plan_of.hpp>
#include <shardbound/relax/coefficients.hpp>
#include <shardbound/relax/gaps.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

/// An activation's functor as bytes.
using FunctionState = std::array<std::byte, activation_state_bytes>;

template <Relaxation F>
FunctionState pack(const F& f) {
  FunctionState state{};
  std::memcpy(state.data(), &f, sizeof f);
  return state;
}
template <Relaxation F>
FunctionState pack_coefficients(std::span<const double> numbers) {
  return pack(relax::with_coefficients<F>(numbers));
}
template <Relaxation F>
F unpack(const FunctionState& state) {
  F f;
  std::memcpy(static_cast<void*>(&f), state.data(), sizeof f);
  return f;
}

template <class T, class Backend>
struct FunctionKernels {
  using Pointwise = void (*)(Backend&, const FunctionState&, const expr::PointwiseCall<T>&);
  using List = void (*)(Backend&, const FunctionState&, const BoundsView<const T>&,
                        const expr::RowsTarget<T>&);
  using Free = void (*)(Backend&, const FunctionState&, const expr::FreeCall<T>&);
  /// See expr::split_lines and relax::gaps.
  using SplitLines = expr::LinesOfPart<T> (*)(const FunctionState&, const expr::PartOfInterval<T>&);
  using Gaps = relax::Gaps<T> (*)(const FunctionState&, T, T);
  using SplitPoint = T (*)(const FunctionState&, T, T);

  std::string_view name;
  FunctionState initial;
  std::size_t coefficients;  // how many numbers the functor carries
  Pointwise interval, lines, values;
  List list_unstable, mark_unstable;
  Free free_lines;     // null: there are none
  bool frees_upper;    // whether upper lines may be free
  bool bends_at_zero;  // alone: it is two lines
  SplitLines split_lines;
  Gaps gaps;
  SplitPoint split_point;
  std::string (*refusal)(std::span<const double>);  // why it cannot carry these; empty: it can
  FunctionState (*carrying)(std::span<const double>);
};

/// The fused code of one chain: on the way down and on the way up, over lines that all rows share or over lines of their
/// own, which are the same where the chain has none to offer; `gradients` is null then. Splits are of rows over parts of
/// a domain.
template <class T, class Backend>
struct ChainKernels {
  using Sweep = void (*)(Backend&, const expr::SweepCall<T>&);
  using Push = void (*)(Backend&, const expr::PushCall<T>&);
  using Gradients = void (*)(Backend&, const expr::GradientCall<T>&);
  using Splits = void (*)(Backend&, const expr::SplitChainCall<T>&);

  Sweep sweep, free_sweep;
  Push push, free_push;
  Gradients gradients;
  Splits pull_splits, push_splits;  // null: the chain goes by no lines
};

template <class T, class Backend>
struct Kernels {
  std::span<const FunctionKernels<T, Backend>> functions;
  std::span<const ChainKernels<T, Backend>> chains;
};

namespace detail {

template <class T, class Backend, class F>
constexpr FunctionKernels<T, Backend> function_kernels() {
  using State = FunctionState;
  using Call = expr::PointwiseCall<T>;
  typename FunctionKernels<T, Backend>::Free free_lines = nullptr;
  bool frees_upper = false;
  if constexpr (Optimisable<F>) {
    free_lines = [](Backend& b, const State& s, const expr::FreeCall<T>& c) {
      b.free_lines(unpack<F>(s), c);
    };
    frees_upper = relax::FreeLineOf<F>::frees_upper;
  }
  return {F::name,
          {},
          relax::coefficient_count<F>,
          [](Backend& b, const State& s, const Call& c) { b.activation_interval(unpack<F>(s), c); },
          [](Backend& b, const State& s, const Call& c) { b.activation_lines(unpack<F>(s), c); },
          [](Backend& b, const State& s, const Call& c) { b.activation_values(unpack<F>(s), c); },
          [](Backend& b, const State& s, const BoundsView<const T>& bounds,
             const expr::RowsTarget<T>& rows) { b.list_unstable(unpack<F>(s), bounds, rows); },
          [](Backend& b, const State& s, const BoundsView<const T>& bounds,
             const expr::RowsTarget<T>& rows) { b.mark_unstable(unpack<F>(s), bounds, rows); },
          free_lines,
          frees_upper,
          relax::BendsAtZero<F>,
          [](const State& s, const expr::PartOfInterval<T>& part) {
            return expr::split_lines(unpack<F>(s), part);
          },
          [](const State& s, T l, T u) { return relax::gaps(unpack<F>(s), l, u); },
          [](const State& s, T l, T u) { return relax::split_point(unpack<F>(s), l, u); },
          &relax::refusal<T, F>,
          &pack_coefficients<F>};
}

template <int Code, class Lines>
struct OperationAt;
template <class Lines>
struct OperationAt<operation::scaled, Lines> {
  using type = expr::Scaled;
};
template <class Lines>
struct OperationAt<operation::biased, Lines> {
  using type = expr::Biased;
};
template <int Code, class... Operations>
  requires(Code >= 0)
struct OperationAt<Code, DistinctLines<Operations...>> : TypeAt<Code, Operations...> {};

// From numbers, not from a ChainCode as a template argument, on which nvcc 13 crashes. `Source` has the list
// of codes.
template <class Source, class Lines, std::size_t Number, std::size_t... I>
consteval auto chain_type(std::index_sequence<I...>) {
  return expr::Chain<typename OperationAt<Source::codes[Number].operations[I], Lines>::type...>{};
}
template <class Source, class Lines, std::size_t Number>
consteval auto chain_type() {
  constexpr int length = Source::codes[Number].length;
  return chain_type<Source, Lines, Number>(
      std::make_index_sequence<static_cast<std::size_t>(length)>{});
}

// Functions with names, so that chains that differ in their free lines alone have one between them.
template <class Chain, class T, class Backend>
void sweep_through(Backend& backend, const expr::SweepCall<T>& call) {
  backend.template sweep<Chain>(call);
}
template <class Chain, class T, class Backend>
void push_through(Backend& backend, const expr::PushCall<T>& call) {
  backend.template push<Chain>(call);
}
template <class Chain, class T, class Backend>
void gradients_of(Backend& backend, const expr::GradientCall<T>& call) {
  backend.template gradients<Chain>(call);
}

template <class Chain, class T, class Backend>
void pull_splits_through(Backend& backend, const expr::SplitChainCall<T>& call) {
  backend.template pull_splits<Chain>(call);
}
template <class Chain, class T, class Backend>
void push_splits_through(Backend& backend, const expr::SplitChainCall<T>& call) {
  backend.template push_splits<Chain>(call);
}

template <class Chain, class T, class Backend>
constexpr ChainKernels<T, Backend> chain_kernels() {
  using Fixed = typename expr::WithFixedLines<Chain>::type;
  ChainKernels<T, Backend> code{&sweep_through<Fixed, T, Backend>,
                                &sweep_through<Chain, T, Backend>,
                                &push_through<Fixed, T, Backend>,
                                &push_through<Chain, T, Backend>,
                                nullptr,
                                nullptr,
                                nullptr};
  if constexpr (!std::is_same_v<Fixed, Chain>) code.gradients = &gradients_of<Chain, T, Backend>;
  if constexpr (expr::has_lines<Fixed>) {
    code.pull_splits = &pull_splits_through<Chain, T, Backend>;
    code.push_splits = &push_splits_through<Chain, T, Backend>;
  }
  return code;
}

// One set of calls for each activation of the list, one for each code of the source; they live as long as
// the program.
template <class Source, class List, class T, class Backend>
Kernels<T, Backend> kernel_tables() {
  static const auto functions = []<class... F>(Functions<F...>) {
    std::array<FunctionKernels<T, Backend>, sizeof...(F)> table{
        function_kernels<T, Backend, F>()...};
    const FunctionState initial[] = {{}, pack(F{})...};
    for (std::size_t i = 0; i < table.size(); ++i) table[i].initial = initial[i + 1];
    return table;
  }(List{});
  static constexpr auto chains = []<std::size_t... I>(std::index_sequence<I...>) {
    return std::array<ChainKernels<T, Backend>, sizeof...(I)>{
        chain_kernels<decltype(chain_type<Source, lines_of<List>, I>()), T, Backend>()...};
  }
  (std::make_index_sequence<Source::count>{});
  return {functions, chains};
}

template <class Net>
struct ChainsOf {
  static constexpr auto& codes = PlanOf<Net>::plan.chains;
  static constexpr auto count = static_cast<std::size_t>(PlanOf<Net>::plan.chain_count);
};

/// Every chain that a plan with activations of a list may have. How many they are depends on the activations' lines
/// alone.
template <class List>
struct EveryChain;
template <class... F>
struct EveryChain<Functions<F...>> {
  using Lines = lines_of<Functions<F...>>;
  /// Which lines are fused, by their number: those of one activation or more that does not stand alone.
  static constexpr auto fused = [] {
    std::array<bool, static_cast<std::size_t>(Lines::size)> any{};
    for (const Node& node :
         {Node{}, activation_node(Functions<F...>{}, number_of<F>(Functions<F...>{}))...})
      if (node.kind == NodeKind::pointwise && !node.stands_alone)
        any[static_cast<std::size_t>(node.lines)] = true;
    return any;
  }();
  static constexpr std::size_t count = [] {
    std::size_t chains = 3;
    for (const bool is_fused : fused) chains += is_fused ? 6 : 1;
    return chains;
  }();
  static constexpr auto codes = [] {
    std::array<ChainCode, count> all{};
    std::size_t next = 0;
    for (const bool has_bias : {false, true}) {
      const ChainCode none = has_bias ? ChainCode{}.under(operation::biased) : ChainCode{};
      const ChainCode scaled = none.under(operation::scaled);
      if (has_bias) all[next++] = none;
      all[next++] = scaled;
      for (int lines = 0; lines < Lines::size; ++lines) {
        const bool is_fused = fused[static_cast<std::size_t>(lines)];
        if (is_fused || !has_bias) all[next++] = none.under(lines);
        if (!is_fused) continue;
        all[next++] = scaled.under(lines);
        all[next++] = none.under(lines).under(operation::scaled);
      }
    }
    return all;
  }();
};

}  // namespace detail

/// The tables of one network type on one backend.
template <class Net, class T, class Backend>
Kernels<T, Backend> kernels_of() {
  return detail::kernel_tables<detail::ChainsOf<Net>, typename PlanOf<Net>::FunctionList, T,
                               Backend>();
}

/// Code for every plan whose activations are of a list, Functions<F...>, where they are numbered (activation_node): each
/// of them, and every chain of their lines.
template <class List, class T, class Backend>
class KernelSet {
  using Chains = detail::EveryChain<List>;

 public:
  static auto functions() { return tables().functions; }
  /// The code of a plan's chains, in their order. Throws ArgumentError on one that no plan of the list has.
  static std::vector<ChainKernels<T, Backend>> chains(std::span<const ChainCode> codes) {
    std::vector<ChainKernels<T, Backend>> chains;
    for (const ChainCode& code : codes) {
      const auto found = std::find(Chains::codes.begin(), Chains::codes.end(), code);
      if (found == Chains::codes.end())
        throw ArgumentError(
            "shardbound::KernelSet: the plan has a chain that its activations cannot have. "
            "Fix: write their nodes with activation_node, over the set's list.");
      chains.push_back(tables().chains[static_cast<std::size_t>(found - Chains::codes.begin())]);
    }
    return chains;
  }

 private:
  static Kernels<T, Backend> tables() { return detail::kernel_tables<Chains, List, T, Backend>(); }
};

}  // namespace shardbound::inline v0
