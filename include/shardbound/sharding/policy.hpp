// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Policies: which part of a layer's matrix W (out x in) a rank keeps. A policy is an empty type that
// states three facts; layers carry one and never look inside.

#include <shardbound/sharding/placement.hpp>

#include <concepts>
#include <string_view>

namespace shardbound::inline v0 {

/// How W is cut, as a value that a plan can hold.
enum class WeightCut { whole, panels, rows, columns };

/// All of W on every rank.
struct Replicated {
  static constexpr std::string_view name = "Replicated";
  static constexpr WeightCut cut = WeightCut::whole;
  using Features = Full;
  using Result = Full;
};

/// 1/P of W's elements on every rank, in panels that are gathered just before use (ZeRO-3, FSDP).
struct FullySharded {
  static constexpr std::string_view name = "FullySharded";
  static constexpr WeightCut cut = WeightCut::panels;
  using Features = Full;
  using Result = Full;
};

/// A block of W's rows, that is of output neurons (Megatron's "column parallel").
struct RowSharded {
  static constexpr std::string_view name = "RowSharded";
  static constexpr WeightCut cut = WeightCut::rows;
  using Features = Full;
  using Result = Split;
};

/// A block of W's columns, that is of input neurons (Megatron's "row parallel").
struct ColSharded {
  static constexpr std::string_view name = "ColSharded";
  static constexpr WeightCut cut = WeightCut::columns;
  using Features = Split;
  using Result = PartialSum;
};

/// A policy names itself, how W is cut, where it wants its input features, and what its product is.
template <class P>
concept ShardingPolicy =
    Placement<typename P::Features> && Placement<typename P::Result> && requires {
  { P::name } -> std::convertible_to<std::string_view>;
  { P::cut } -> std::convertible_to<WeightCut>;
};

}  // namespace shardbound::inline v0
