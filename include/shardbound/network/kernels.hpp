// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The typed code that a network needs, as tables of plain functions: one set of sweeps per distinct chain, one
// set of pointwise calls per distinct activation. Methods index the tables with the plan's numbers, so
// they are compiled once per scalar and backend, not once per network. A plan that comes at run time finds its
// code in a set that was made for some activations and all chains of them.

#include <shardbound/expr/slope_calls.hpp>
#include <shardbound/network/plan_of.hpp>
#include <shardbound/relax/coefficients.hpp>

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

  std::string_view name;
  FunctionState initial;
  std::size_t coefficients;  // how many numbers the functor carries
  Pointwise interval, lines, values;
  List list_unstable, mark_unstable;
  Free free_lines;                                  // null: there are none
  bool frees_upper;                                 // whether upper lines may be free
  std::string (*refusal)(std::span<const double>);  // why it cannot carry these; empty: it can
  FunctionState (*carrying)(std::span<const double>);
};

/// The fused code of one chain: on the way down and on the way up, over lines that all rows share or over lines of their
/// own, which are the same where the chain has none to offer; `gradients` is null then.
template <class T, class Backend>
struct ChainKernels {
  using Sweep = void (*)(Backend&, const expr::SweepCall<T>&);
  using Push = void (*)(Backend&, const expr::PushCall<T>&);
  using Gradients = void (*)(Backend&, const expr::GradientCall<T>&);

  Sweep sweep, free_sweep;
  Push push, free_push;
  Gradients gradients;
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
    frees_upper = F::frees_upper;
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
          &relax::refusal<T, F>,
          &pack_coefficients<F>};
}

template <int Code, class List>
struct OperationOf;
template <class List>
struct OperationOf<operation::scaled, List> {
  using type = expr::Scaled;
};
template <class List>
struct OperationOf<operation::biased, List> {
  using type = expr::Biased;
};
template <int Code, class... F>
  requires(Code >= 0)
struct OperationOf<Code, Functions<F...>> {
  using type = expr::Relaxed<typename FunctionAt<Code, F...>::type>;
};

// From numbers, not from a ChainCode as a template argument, on which nvcc 13 crashes. `Source` has the list
// of codes.
template <class Source, class List, std::size_t Number, std::size_t... I>
consteval auto chain_type(std::index_sequence<I...>) {
  return expr::Chain<typename OperationOf<Source::codes[Number].operations[I], List>::type...>{};
}
template <class Source, class List, std::size_t Number>
consteval auto chain_type() {
  constexpr int length = Source::codes[Number].length;
  return chain_type<Source, List, Number>(
      std::make_index_sequence<static_cast<std::size_t>(length)>{});
}

template <class Chain, class T, class Backend>
constexpr ChainKernels<T, Backend> chain_kernels() {
  using Free = typename expr::WithFreeLines<Chain>::type;
  using Code = ChainKernels<T, Backend>;
  Code code{[](Backend& b, const expr::SweepCall<T>& c) { b.template sweep<Chain>(c); }, nullptr,
            [](Backend& b, const expr::PushCall<T>& c) { b.template push<Chain>(c); }, nullptr,
            nullptr};
  code.free_sweep = code.sweep;
  code.free_push = code.push;
  if constexpr (!std::is_same_v<Free, Chain>) {
    code.free_sweep = [](Backend& b, const expr::SweepCall<T>& c) { b.template sweep<Free>(c); };
    code.free_push = [](Backend& b, const expr::PushCall<T>& c) { b.template push<Free>(c); };
    code.gradients = [](Backend& b, const expr::GradientCall<T>& c) {
      b.template gradients<Free>(c);
    };
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
        chain_kernels<decltype(chain_type<Source, List, I>()), T, Backend>()...};
  }
  (std::make_index_sequence<Source::count>{});
  return {functions, chains};
}

template <class Net>
struct ChainsOf {
  static constexpr auto& codes = PlanOf<Net>::plan.chains;
  static constexpr auto count = static_cast<std::size_t>(PlanOf<Net>::plan.chain_count);
};

/// Every chain that a plan with so many activations may have.
template <int Activations>
struct EveryChain {
  static constexpr std::size_t count = 3 + 6 * static_cast<std::size_t>(Activations);
  static constexpr auto codes = [] {
    std::array<ChainCode, count> all{};
    std::size_t next = 0;
    for (const bool has_bias : {false, true}) {
      const ChainCode none = has_bias ? ChainCode{}.under(operation::biased) : ChainCode{};
      const ChainCode scaled = none.under(operation::scaled);
      if (has_bias) all[next++] = none;
      all[next++] = scaled;
      for (int activation = 0; activation < Activations; ++activation) {
        all[next++] = none.under(activation);
        all[next++] = scaled.under(activation);
        all[next++] = none.under(activation).under(operation::scaled);
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

/// Code for every plan whose activations are of a list, Functions<F...>, where they are numbered: each of them,
/// and every chain of them.
template <class List, class T, class Backend>
class KernelSet {
  using Chains = detail::EveryChain<List::size>;

 public:
  static auto functions() { return tables().functions; }
  /// The code of a plan's chains, in their order.
  static std::vector<ChainKernels<T, Backend>> chains(std::span<const ChainCode> codes) {
    std::vector<ChainKernels<T, Backend>> chains;
    for (const ChainCode& code : codes) {
      const auto found = std::find(Chains::codes.begin(), Chains::codes.end(), code);
      chains.push_back(tables().chains[static_cast<std::size_t>(found - Chains::codes.begin())]);
    }
    return chains;
  }

 private:
  static Kernels<T, Backend> tables() { return detail::kernel_tables<Chains, List, T, Backend>(); }
};

}  // namespace shardbound::inline v0
