// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Bounds of nodes that a caller vouches for, where the backend can meet them with those that a pass finds.

#include <shardbound/bound/domain_state.hpp>
#include <shardbound/bound/host_rows.hpp>
#include <shardbound/bound/request.hpp>

#include <cmath>
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace shardbound::inline v0 {

template <class T, class Backend>
class GivenPlanes {
 public:
  /// Room for bounds of `nodes`, over `capacity` domains.
  GivenPlanes(const Instance<T, Backend>& network, std::span<const int> nodes, index_t capacity)
      : network_(&network), capacity_(capacity) {
    for (int node : nodes)
      planes_[node] = {network.backend(), 2 * numbers(node), Category::workspace};
  }

  /// Makes these the bounds that are given. Throws ArgumentError on nodes there is no room for, on a node given
  /// twice, on NaN and on lower above upper; ShapeError on other sizes.
  void load(std::span<const GivenBounds> all, index_t domains) {
    how_.clear();
    for (const GivenBounds& given : all) {
      network_->check_node(given.node);
      const std::string who = "the bounds given for " + network_->describe(given.node);
      if (!planes_.contains(given.node))
        throw ArgumentError(who +
                            ": there is no room for them. Fix: name the node in Capacity::given");
      if (!how_.try_emplace(given.node, given.how).second) throw ArgumentError(who + " come twice");
      upload(given, domains, who);
    }
  }
  /// How each node's are to be met; nothing else about them shows in the work that is done.
  const std::map<int, Given>& how() const { return how_; }
  bool replaces(int node) const {
    const auto found = how_.find(node);
    return found != how_.end() && found->second == Given::as_they_are;
  }
  /// Meets the bounds of a node with what was given for it, if anything was.
  void meet(int node, const BoundsView<T>& bounds) const {
    const auto found = how_.find(node);
    if (found == how_.end()) return;
    T* const data = planes_.at(node).data();
    const bool alone = found->second == Given::as_they_are;
    network_->backend().give(expr::GiveCall<T>{data, data + numbers(node), bounds,
                                               alone ? expr::Meet::assign : expr::Meet::intersect});
  }

 private:
  index_t leading(int node) const { return padded(network_->plan()[node].features); }
  index_t numbers(int node) const { return capacity_ * leading(node); }

  void upload(const GivenBounds& given, index_t domains, const std::string& who) {
    const index_t features = network_->plan()[given.node].features;
    const auto wanted = static_cast<std::size_t>(domains * features);
    if (given.lower.size() != wanted || given.upper.size() != wanted)
      throw ShapeError(who + " are " + std::to_string(given.lower.size()) + " lower and " +
                       std::to_string(given.upper.size()) + " upper ones where " +
                       std::to_string(domains) + " domains have " + std::to_string(features) +
                       " features each");
    for (std::size_t i = 0; i < wanted; ++i) {
      if (given.lower[i] <= given.upper[i]) continue;
      const bool empty = given.lower[i] > given.upper[i];  // or there is a NaN
      throw ArgumentError(who + (empty ? " are empty" : " are not numbers") + " in domain " +
                          std::to_string(i / static_cast<std::size_t>(features)) + " at feature " +
                          std::to_string(i % static_cast<std::size_t>(features)));
    }
    std::vector<T> lower, upper;
    for (std::size_t first = 0; first < wanted; first += static_cast<std::size_t>(features)) {
      const auto row = [&](const std::vector<double>& all) {
        return std::span(all).subspan(first, static_cast<std::size_t>(features));
      };
      append_padded(lower, row(given.lower), round_down<T>);
      append_padded(upper, row(given.upper), round_up<T>);
    }
    T* const data = planes_.at(given.node).data();
    const auto count = static_cast<index_t>(lower.size());
    network_->backend().upload(data, lower.data(), count);
    network_->backend().upload(data + numbers(given.node), upper.data(), count);
  }

  const Instance<T, Backend>* network_;
  index_t capacity_;
  std::map<int, Buffer<T, Backend>> planes_;
  std::map<int, Given> how_;
};

}  // namespace shardbound::inline v0
