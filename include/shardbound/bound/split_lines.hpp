// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Lines of neurons that are split, drawn on the host: over what is left of their intervals. Most rows that are bounded at once
// have those of their parents, and a curve's tangents take long to find, so what was drawn is kept.

#include <shardbound/bound/domain_state.hpp>
#include <shardbound/expr/split_calls.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

/// What is drawn for neurons over parts of what their inputs are in their domains, whose bounds stay as they are.
template <class T, class Backend>
class SplitLines {
 public:
  /// Where PartSlopes of rows over a domain have the parameter of a neuron's line of one side; -1: nowhere.
  using Place = std::function<std::ptrdiff_t(int activation, std::int32_t domain,
                                             std::int32_t neuron, std::size_t side)>;

  SplitLines(const Instance<T, Backend>& network, const DomainState<T, Backend>& state, Place place)
      : network_(&network), state_(&state), place_(std::move(place)) {}

  /// Fetches what lines over a domain are drawn from. Whether several threads may draw them then.
  bool prepare(int activation, std::int32_t domain) {
    bounds_of(activation);
    place(activation, domain, 0, 0);
    return functions_of(activation).bends_at_zero;
  }
  expr::LinesOfPart<T> lines(int activation, std::int32_t domain, std::int32_t neuron, T low,
                             T high) {
    const auto& functions = functions_of(activation);
    const auto draw = [&] {
      const Bounds& bounds = bounds_of(activation);
      const auto at = static_cast<std::size_t>(domain * bounds.leading + neuron);
      return functions.split_lines(
          network_->parameters(activation).state,
          {bounds.lower[at], bounds.upper[at], bounds.slack[at], low, high, bounds.gamma});
    };
    if (functions.bends_at_zero) return draw();
    // Tangents take long to find, and children have nearly all of their parents'.
    if (drawn_.size() > most_drawn) drawn_.clear();
    const auto [found, is_new] = drawn_.try_emplace({activation, domain, neuron, low, high});
    if (is_new) found->second = draw();
    return found->second;
  }
  /// Below and above 0, where that is where an activation bends; nothing of others.
  std::optional<std::array<Line<T>, 2>> sides(int activation) const {
    const auto& functions = functions_of(activation);
    if (!functions.bends_at_zero) return {};
    const auto& state = network_->parameters(activation).state;
    constexpr T infinity = std::numeric_limits<T>::infinity();
    const auto side = [&](T low, T high) {
      return functions.split_lines(state, {0, 0, 0, low, high}).fixed.lines.lower;
    };
    return std::array<Line<T>, 2>{side(-infinity, 0), side(0, infinity)};
  }
  /// Which sides may have free lines over parts.
  std::array<bool, 2> frees(int activation) const {
    const auto& functions = functions_of(activation);
    const bool any = functions.free_lines != nullptr;
    return {any, any && functions.frees_upper};
  }
  std::ptrdiff_t place(int activation, std::int32_t domain, std::int32_t neuron,
                       std::size_t side) const {
    return place_(activation, domain, neuron, side);
  }

 private:
  struct Bounds {
    std::vector<T> lower, upper, slack;  // (D, N)
    index_t leading = 0;
    T gamma = 0;  // of a row's sum of constants
  };
  const Bounds& bounds_of(int activation) {
    const auto found = bounds_.find(activation);  // what is there already several threads may read
    if (found != bounds_.end()) return found->second;
    Bounds own;
    const auto view = state_->bounds(network_->plan().input_of(activation));
    own.leading = view.leading;
    own.gamma = state_->pointwise_call(activation).gamma;
    const auto fetch = [&](std::vector<T>& to, const T* from) {
      to.resize(static_cast<std::size_t>(view.domains * view.leading));
      network_->backend().to_host(to.data(), from, view.domains * view.leading);
    };
    fetch(own.lower, view.lower);
    fetch(own.upper, view.upper);
    fetch(own.slack, view.slack);
    return bounds_.emplace(activation, std::move(own)).first->second;
  }

  const FunctionKernels<T, Backend>& functions_of(int activation) const {
    const auto operation = static_cast<std::size_t>(network_->plan()[activation].operation);
    return network_->kernels().functions[operation];
  }

  static constexpr std::size_t most_drawn = std::size_t{1} << 18;
  const Instance<T, Backend>* network_;
  const DomainState<T, Backend>* state_;
  Place place_;
  std::map<int, Bounds> bounds_;
  std::map<std::tuple<int, std::int32_t, std::int32_t, T, T>, expr::LinesOfPart<T>> drawn_;
};

}  // namespace shardbound::inline v0
