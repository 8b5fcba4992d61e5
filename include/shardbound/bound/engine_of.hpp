// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Engine over an instance: passes and linearizations of one scalar and backend, numbers widened to
// double on the way out.

#include <shardbound/bound/engine.hpp>
#include <shardbound/bound/linearization.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

template <class T, class Backend>
class EngineOf : public Engine {
 public:
  explicit EngineOf(std::unique_ptr<const Instance<T, Backend>> network)
      : owned_(std::move(network)), network_(owned_.get()) {}
  /// Over a network that stays its caller's, and there as long as the engine is.
  explicit EngineOf(const Instance<T, Backend>& network) : network_(&network) {}

  const Instance<T, Backend>& network() const { return *network_; }
  const PlanView& plan() const override { return network_->plan(); }
  std::string describe(int node) const override { return network_->describe(node); }
  std::string kind_name(int node) const override { return network_->kind_name(node); }
  std::string tensor_name(int node) const override { return network_->parameters(node).name; }
  std::string_view scalar() const override {
    return std::is_same_v<T, float> ? "float32" : "float64";
  }
  WeightCut cut(int node) const override { return network_->parameters(node).weight.cut(); }
  int rank() const override { return network_->exchange().rank(); }
  int ranks() const override { return network_->exchange().size(); }
  std::unique_ptr<Engine> alone() const override {
    auto network = network_->alone();
    return network ? std::make_unique<EngineOf>(std::move(network)) : nullptr;
  }
  bool agree(bool yes) const override { return network_->exchange().agree(yes); }
  std::vector<std::vector<std::byte>> all_gather(std::span<const std::byte> mine) const override {
    auto& communicator = network_->exchange().communicator();
    const std::uint64_t size = mine.size();
    std::vector<std::uint64_t> sizes(static_cast<std::size_t>(ranks()));
    communicator.all_gather(&size, sizes.data(), sizeof size);
    const auto longest = static_cast<std::size_t>(*std::max_element(sizes.begin(), sizes.end()));
    std::vector<std::byte> padded(mine.begin(), mine.end()), all(sizes.size() * longest);
    padded.resize(longest);
    if (longest > 0) communicator.all_gather(padded.data(), all.data(), longest);
    std::vector<std::vector<std::byte>> parts;
    for (std::size_t rank = 0; rank < sizes.size(); ++rank) {
      const auto part =
          std::span(all).subspan(rank * longest, static_cast<std::size_t>(sizes[rank]));
      parts.emplace_back(part.begin(), part.end());
    }
    return parts;
  }
  MemoryLedger memory() const override { return network_->backend().memory(); }
  std::vector<MemoryLedger> memory_by_rank() const override {
    const MemoryLedger mine = memory();
    static_assert(std::is_trivially_copyable_v<MemoryLedger>);
    std::vector<MemoryLedger> all(static_cast<std::size_t>(ranks()));
    network_->exchange().communicator().all_gather(&mine, all.data(), sizeof mine);
    return all;
  }
  std::uint64_t bytes_received() const override {
    return network_->exchange().communicator().received();
  }

  void prepare(const Method& method, const Capacity& capacity) override {
    pass_.reset();
    ++preparations_;
    pass_ = std::make_unique<Pass<T, Backend>>(*network_, method, capacity);
  }
  std::uint64_t preparations() const override { return preparations_; }
  index_t wave_height() const override { return prepared().wave_height(); }
  Traffic traffic() const override { return prepared().traffic(); }

  Bounds<double> run(std::span<const InputSet> sets, const RowQuery& query, const Wanted& wanted,
                     const CancelToken* cancel, std::span<const GivenBounds> given,
                     Observer* observer) override {
    const Bounds<T> found = prepared().run(sets, query, wanted, cancel, given, observer);
    Bounds<double> wide;
    for (const auto& domain : found.outputs) wide.outputs.push_back(widen(domain));
    wide.rows = {widen(found.rows.lower), widen(found.rows.slack), widen(found.rows.upper)};
    wide.worst_points = widen(found.worst_points);
    wide.lower_linear = widen(found.lower_linear);
    wide.upper_linear = widen(found.upper_linear);
    for (const auto& one : found.coefficients)
      wide.coefficients.push_back({one.node, widen(one.lower), widen(one.upper)});
    wide.trajectories = found.trajectories;
    wide.slopes = found.slopes;
    wide.rows_here = found.rows_here;
    return wide;
  }
  PartBounds bound_parts(std::span<const PartRow> parts, const PartOptions& options,
                         const CancelToken* cancel, Observer* observer) override {
    return prepared().bound_parts(parts, options, cancel, observer);
  }
  std::vector<PartColumn> part_columns(index_t domain) override {
    return prepared().part_columns(domain);
  }
  bool can_be_split(int node) const override {
    return plan().is_activation(node) && functions(node).free_lines;
  }
  bool bends_at_zero(int node) const override {
    return plan().is_activation(node) && functions(node).bends_at_zero;
  }
  relax::Gaps<double> gaps(int node, double lower, double upper) const override {
    const relax::Gaps<T> found = functions(node).gaps(network_->parameters(node).state,
                                                      static_cast<T>(lower), static_cast<T>(upper));
    return {static_cast<double>(found.lower), static_cast<double>(found.upper)};
  }
  float split_point(int node, double lower, double upper) const override {
    return static_cast<float>(functions(node).split_point(
        network_->parameters(node).state, static_cast<T>(lower), static_cast<T>(upper)));
  }
  std::vector<double> shift(int node) const override {
    const PlanView& all = plan();
    std::vector<double> sum(static_cast<std::size_t>(all[node].features));
    const auto add = [&](const Buffer<T, Backend>& numbers) {
      std::vector<T> host(sum.size());
      network_->backend().to_host(host.data(), numbers.data(), all[node].features);
      for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += static_cast<double>(host[i]);
    };
    if (all[node].kind == NodeKind::product) add(network_->parameters(node).bias);
    if (all[node].kind == NodeKind::pointwise && !all.is_activation(node))
      add(network_->parameters(node).shift);
    if (all[node].kind == NodeKind::add)
      for (const int input : all.inputs_of(node)) {
        const std::vector<double> below = shift(input);
        for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += below[i];
      }
    return sum;
  }
  std::vector<OutputBounds<double>> node_bounds(int node) const override {
    std::vector<OutputBounds<double>> wide;
    for (const auto& domain : prepared().node_bounds(node)) wide.push_back(widen(domain));
    return wide;
  }

  std::vector<double> values(std::span<const double> points) override {
    const auto count = std::max(static_cast<index_t>(points.size()) / inputs(), index_t{1});
    if (count > linearized_) {
      linearization_.reset();
      linearization_ = std::make_unique<Linearization<T, Backend>>(*network_, count);
      linearized_ = count;
    }
    return widen(linearization_->values(points));
  }
  std::vector<double> worst_points(std::span<const double> rows,
                                   std::span<const InputSet> sets) override {
    if (!linearization_) throw ArgumentError("worst_points needs a call of values first");
    return widen(linearization_->worst_points(rows, sets));
  }
  std::vector<double> gradients(std::span<const double> rows) override {
    if (!linearization_) throw ArgumentError("gradients need a call of values first");
    return widen(linearization_->gradients(rows));
  }

 private:
  const FunctionKernels<T, Backend>& functions(int activation) const {
    return network_->kernels().functions[static_cast<std::size_t>(plan()[activation].operation)];
  }
  static std::vector<double> widen(const std::vector<T>& from) {
    return {from.begin(), from.end()};
  }
  static OutputBounds<double> widen(const OutputBounds<T>& from) {
    return {widen(from.lower), widen(from.upper), widen(from.slack)};
  }
  static LinearBounds<double> widen(const LinearBounds<T>& from) {
    return {widen(from.coefficients), widen(from.constant), widen(from.slack)};
  }
  Pass<T, Backend>& prepared() const {
    if (!pass_) throw ArgumentError("bounds need a call of prepare first");
    return *pass_;
  }

  std::unique_ptr<const Instance<T, Backend>> owned_;
  const Instance<T, Backend>* network_;
  std::unique_ptr<Pass<T, Backend>> pass_;
  std::unique_ptr<Linearization<T, Backend>> linearization_;
  index_t linearized_ = 0;
  std::uint64_t preparations_ = 0;
};

}  // namespace shardbound::inline v0
