// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The least value of a network whose activations bend at 0 alone, by enumerating every piece of it: a box becomes
// simplices, and each simplex is cut wherever a neuron is 0, layer by layer, until the network is affine on all of them.
// Then nothing is least but at a corner. In long double; of the library only the plan and the values of activations are
// used.

#include <tests/support/random_network.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <memory>
#include <numeric>
#include <utility>
#include <vector>

namespace shardbound_test {

/// The pieces of a network over a box with few sides.
class Simplices {
 public:
  Simplices(const HostNetwork& host, const sb::Box& box) : host_(&host) {
    begin(box);
    for (int v = 1; v < host.plan().size(); ++v)
      if (host.plan().is_activation(v)) cut_at(host.plan().input_of(v));
  }

  std::size_t count() const { return all_.size(); }
  /// How far the point that is nearest to satisfying all rows is from it: the least, over the box, of the greatest of
  /// rows . y - rhs.
  long double least_distance(const sb::Conjunction& set) const {
    long double least = std::numeric_limits<long double>::infinity();
    for (const Simplex& simplex : all_) least = std::min(least, least_of(simplex, set));
    return least;
  }

 private:
  struct Corner {
    Values x;
    std::vector<Values> nodes;
  };
  using Shared = std::shared_ptr<const Corner>;
  using Simplex = std::vector<Shared>;

  Shared corner(Values x) const {
    auto nodes = host_->values_in<long double>(x);
    return std::make_shared<const Corner>(Corner{std::move(x), std::move(nodes)});
  }
  // One simplex for each order of the coordinates: along its corners these go up, one after the other.
  void begin(const sb::Box& box) {
    std::vector<std::size_t> order(box.lower.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    do {
      Values x(box.lower.begin(), box.lower.end());
      Simplex simplex{corner(x)};
      for (const std::size_t i : order) {
        x[i] = box.upper[i];
        simplex.push_back(corner(x));
      }
      all_.push_back(std::move(simplex));
    } while (std::next_permutation(order.begin(), order.end()));
  }
  void cut_at(int node) {
    const auto neurons = static_cast<std::size_t>(host_->plan()[node].features);
    for (std::size_t i = 0; i < neurons; ++i) {
      const auto value = [&](const Corner& at) {
        return at.nodes[static_cast<std::size_t>(node)][i];
      };
      for (Simplex& simplex : std::exchange(all_, {})) cut(std::move(simplex), value, all_);
    }
  }
  // Where an affine function is 0, to the last bits: a corner there counts as on both sides.
  template <class Value>
  void cut(Simplex simplex, const Value& value, std::vector<Simplex>& to) const {
    constexpr long double zero = 1e-16L;
    std::size_t above = simplex.size(), below = simplex.size();
    for (std::size_t k = 0; k < simplex.size(); ++k) {
      if (value(*simplex[k]) > zero) above = k;
      if (value(*simplex[k]) < -zero) below = k;
    }
    if (above == simplex.size() || below == simplex.size()) return to.push_back(std::move(simplex));
    const Corner &a = *simplex[above], &b = *simplex[below];
    const long double share = value(a) / (value(a) - value(b));
    Values x = a.x;
    for (std::size_t i = 0; i < x.size(); ++i) x[i] += share * (b.x[i] - a.x[i]);
    const Shared between = corner(std::move(x));
    Simplex other = simplex;
    simplex[above] = other[below] = between;
    cut(std::move(simplex), value, to);
    cut(std::move(other), value, to);
  }
  static long double row_at(const Corner& corner, const sb::Conjunction& set, std::size_t r) {
    const Values& y = corner.nodes.back();
    long double sum = -set.rhs[r];
    for (std::size_t i = 0; i < y.size(); ++i) sum += set.rows[r * y.size() + i] * y[i];
    return sum;
  }
  // Rows are cut where two of them are the same, so that one is the greatest in each of what is left.
  long double least_of(const Simplex& simplex, const sb::Conjunction& set) const {
    std::vector<Simplex> parts{simplex};
    for (std::size_t r = 0; r < set.rhs.size(); ++r)
      for (std::size_t s = 0; s < r; ++s) {
        const auto value = [&](const Corner& at) {
          return row_at(at, set, r) - row_at(at, set, s);
        };
        for (Simplex& part : std::exchange(parts, {})) cut(std::move(part), value, parts);
      }
    long double least = std::numeric_limits<long double>::infinity();
    for (const Simplex& part : parts)
      for (const Shared& corner : part) {
        long double most = -std::numeric_limits<long double>::infinity();
        for (std::size_t r = 0; r < set.rhs.size(); ++r)
          most = std::max(most, row_at(*corner, set, r));
        least = std::min(least, most);
      }
    return least;
  }

  const HostNetwork* host_;
  std::vector<Simplex> all_;
};

}  // namespace shardbound_test
