// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Bounding behind plain data: what verifiers and front ends need of a network, without its type, scalar
// or backend. Numbers cross in double precision (a float fits exactly). The implementation,
// one per scalar and backend, is EngineOf; whoever only uses engines never sees it. Where several ranks
// share a network each has an engine, and all of them make the same calls.

#include <shardbound/bound/method.hpp>
#include <shardbound/bound/parts.hpp>
#include <shardbound/bound/request.hpp>
#include <shardbound/bound/result.hpp>
#include <shardbound/core/context.hpp>
#include <shardbound/core/memory.hpp>
#include <shardbound/network/plan.hpp>
#include <shardbound/relax/gaps.hpp>
#include <shardbound/spec/input_set.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace shardbound::inline v0 {

class Engine {
 public:
  virtual ~Engine() = default;

  virtual const PlanView& plan() const = 0;
  virtual std::string describe(int node) const = 0;   ///< "node 3 (ReLU, 'relu1')"
  virtual std::string kind_name(int node) const = 0;  ///< "Linear<256>"
  virtual std::string tensor_name(int node) const = 0;
  virtual std::string_view scalar() const = 0;  ///< "float32" or "float64"
  virtual WeightCut cut(int node) const = 0;    ///< how a product's matrix is kept

  virtual int rank() const = 0;
  virtual int ranks() const = 0;
  /// An engine over the same numbers that works without this rank's peers; null where they hold some of them. It computes
  /// the same bits, is prepared by itself, and must not outlive this one.
  virtual std::unique_ptr<Engine> alone() const = 0;
  /// What rank 0 says, on every rank. (broadcast, 1 byte)
  virtual bool agree(bool yes) const = 0;
  /// What each rank says, by rank; it may be of any length. (two all_gathers, of the longest times P bytes)
  virtual std::vector<std::vector<std::byte>> all_gather(std::span<const std::byte> mine) const = 0;
  virtual MemoryLedger memory() const = 0;  ///< of this rank
  /// Of every rank. (all_gather)
  virtual std::vector<MemoryLedger> memory_by_rank() const = 0;
  virtual std::uint64_t bytes_received() const = 0;  ///< by this rank, so far

  index_t inputs() const { return plan()[0].features; }
  index_t outputs() const { return plan()[plan().output()].features; }

  /// Allocates for runs of this method; replaces what an earlier call prepared.
  virtual void prepare(const Method& method, const Capacity& capacity) = 0;
  /// How often it was: whoever comes back may see whether someone else was here.
  virtual std::uint64_t preparations() const = 0;
  virtual index_t wave_height() const = 0;
  virtual Traffic traffic() const = 0;

  /// See Pass. Need prepare first.
  virtual Bounds<double> run(std::span<const InputSet> sets, const RowQuery& query,
                             const Wanted& wanted, const CancelToken* cancel,
                             std::span<const GivenBounds> given = {},
                             Observer* observer = nullptr) = 0;
  virtual PartBounds bound_parts(std::span<const PartRow> parts, const PartOptions& options,
                                 const CancelToken* cancel, Observer* observer = nullptr) = 0;
  virtual std::vector<PartColumn> part_columns(index_t domain) = 0;
  virtual std::vector<OutputBounds<double>> node_bounds(int node) const = 0;
  /// Whether it is an activation with lines that can be optimised: domains may be split at its neurons, and PartBounds has
  /// coefficients on them.
  virtual bool can_be_split(int node) const = 0;
  /// Whether it is one that bends at 0 alone: it is split there, and is a line for either part.
  virtual bool bends_at_zero(int node) const = 0;
  /// Of an activation, over an interval of its input, what it may lose and where to split it: relax/gaps.hpp. May be called
  /// by several threads.
  virtual relax::Gaps<double> gaps(int node, double lower, double upper) const = 0;
  virtual float split_point(int node, double lower, double upper) const = 0;
  /// What is added to each neuron of a node by the biases of the products that it is, or is a sum of; else 0.
  virtual std::vector<double> shift(int node) const = 0;

  /// See Linearization; as many points as are given.
  virtual std::vector<double> values(std::span<const double> points) = 0;
  virtual std::vector<double> worst_points(std::span<const double> rows,
                                           std::span<const InputSet> sets) = 0;
  virtual std::vector<double> gradients(std::span<const double> rows) = 0;
};

}  // namespace shardbound::inline v0
