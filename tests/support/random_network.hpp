// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A network's numbers on the host, drawn at random for any network type, and its values at a point in
// plain loops over long doubles: what bounds are compared with. Of the library only the plan and the
// activations' values are used.

#include <shardbound/network/instance.hpp>
#include <shardbound/spec/input_set.hpp>
#include <tests/support/activations.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace shardbound_test {

namespace sb = shardbound;
using Values = std::vector<long double>;

class HostNetwork {
 public:
  struct Numbers {
    std::vector<double> weight, bias;   // product; scale and shift of a ScaleShift
    std::vector<double> coefficients;   // activation; empty: its own
    std::vector<std::int32_t> indices;  // gather; its constants are its bias
  };

  /// Numbers that are exact in float, so that both scalars compute the same network. Weights shrink
  /// with the layer's width; `gain` multiplies them. What an activation reads that is defined on one side of zero alone
  /// has only positive numbers in nearly all draws: it stays defined behind what is not below zero.
  template <class T, class Backend>
  static HostNetwork random(const sb::Instance<T, Backend>& network, unsigned seed,
                            double gain = 1) {
    HostNetwork host(network);
    std::mt19937 random(seed);
    const auto draw = [&](std::size_t count, double size) {
      std::vector<double> numbers(count);
      for (double& x : numbers) x = static_cast<float>(uniform(random, -size, size));
      return numbers;
    };
    for (int v = 0; v < host.plan_.size(); ++v) {
      const sb::Node& node = host.plan_[v];
      const auto features = static_cast<std::size_t>(node.features);
      auto& own = host.numbers(v);
      if (node.kind == sb::NodeKind::product) {
        const auto in = static_cast<std::size_t>(host.plan_[host.plan_.input_of(v)].features);
        own.weight = draw(features * in, 1.7 * gain / std::sqrt(static_cast<double>(in)));
        own.bias = draw(features, 0.3 * gain);
      } else if (node.kind == sb::NodeKind::pointwise && !host.plan_.is_activation(v)) {
        own.weight = draw(features, 1.5 * gain);
        own.bias = draw(features, 0.5 * gain);
      } else if (node.kind == sb::NodeKind::pointwise) {
        own.coefficients = random_coefficients(host.names_[static_cast<std::size_t>(v)], random);
      } else if (node.kind == sb::NodeKind::gather) {
        own.indices = random_indices(random, host.plan_[host.plan_.input_of(v)].features, node);
        own.bias = draw(features, gain);
      }
    }
    for (int v = 0; v < host.plan_.size(); ++v)
      if (host.is_one_sided(v) && random() % 32) host.make_positive(host.plan_.input_of(v));
    return host;
  }
  template <class T, class Backend>
  explicit HostNetwork(const sb::Instance<T, Backend>& network)
      : plan_(network.plan()), numbers_(static_cast<std::size_t>(plan_.size())) {
    for (int v = 0; v < plan_.size(); ++v) names_.push_back(network.kind_name(v));
  }

  const sb::PlanView& plan() const { return plan_; }
  Numbers& numbers(int node) { return numbers_[static_cast<std::size_t>(node)]; }
  const Numbers& numbers(int node) const { return numbers_[static_cast<std::size_t>(node)]; }

  template <class T, class Backend>
  void copy_to(sb::Instance<T, Backend>& network) const {
    const auto all = [](const std::vector<double>& x) { return std::span<const double>(x); };
    for (int v = 0; v < plan_.size(); ++v) {
      const auto& own = numbers(v);
      if (plan_[v].kind == sb::NodeKind::product)
        network.set_linear(v, all(own.weight), all(own.bias));
      else if (names_[static_cast<std::size_t>(v)] == "ScaleShift")
        network.set_scale_shift(v, all(own.weight), all(own.bias));
      else if (plan_[v].kind == sb::NodeKind::gather)
        network.set_gather(v, own.indices, all(own.bias));
      else if (!own.coefficients.empty())
        network.set_activation(v, all(own.coefficients));
    }
  }

  /// Every node's value at a point.
  std::vector<Values> values(const std::vector<double>& point) const {
    return values_in<long double>({point.begin(), point.end()});
  }
  /// The same in another arithmetic.
  template <class Real>
  std::vector<std::vector<Real>> values_in(const std::vector<Real>& point) const {
    std::vector<std::vector<Real>> all(1, point);
    for (int v = 1; v < plan_.size(); ++v) all.push_back(value(v, all));
    return all;
  }

 private:
  bool is_one_sided(int v) const {
    return plan_.is_activation(v) &&
           shardbound_test::is_one_sided(names_[static_cast<std::size_t>(v)],
                                         numbers(v).coefficients);
  }
  // The numbers of a product or of a scale and shift.
  void make_positive(int v) {
    for (double& w : numbers(v).weight) w = std::abs(w);
    for (double& b : numbers(v).bias) b = static_cast<float>(std::abs(b) + 0.25);
  }
  // Features in any order, none more often than the node allows, and now and then a constant.
  static std::vector<std::int32_t> random_indices(std::mt19937& random, sb::index_t from,
                                                  const sb::Node& node) {
    std::vector<std::int32_t> pool, indices;
    for (sb::index_t i = 0; i < from * node.repeats; ++i)
      pool.push_back(static_cast<std::int32_t>(i % from));
    for (sb::index_t i = 0; i < node.features; ++i) {
      const std::size_t at = random() % (pool.size() + 1);
      if (at == pool.size()) {
        indices.push_back(-1);
        continue;
      }
      indices.push_back(pool[at]);
      pool.erase(pool.begin() + static_cast<std::ptrdiff_t>(at));
    }
    return indices;
  }
  // To the precision of the C library's widest, whatever Real is.
  template <class Real>
  static Real exp_of(Real x) {
    return static_cast<Real>(std::exp(static_cast<long double>(x)));
  }
  template <class Real>
  std::vector<Real> value(int v, const std::vector<std::vector<Real>>& before) const {
    const sb::Node& node = plan_[v];
    const auto& own = numbers(v);
    const std::vector<Real>& x = before[static_cast<std::size_t>(plan_.input_of(v))];
    std::vector<Real> y;
    switch (node.kind) {
      case sb::NodeKind::input: break;
      case sb::NodeKind::product:
        y.assign(own.bias.begin(), own.bias.end());
        for (std::size_t i = 0; i < y.size(); ++i)
          for (std::size_t j = 0; j < x.size(); ++j) y[i] += own.weight[i * x.size() + j] * x[j];
        break;
      case sb::NodeKind::pointwise:
        for (std::size_t i = 0; i < x.size(); ++i)
          y.push_back(plan_.is_activation(v) ? activated<Real>(names_[static_cast<std::size_t>(v)],
                                                               own.coefficients, x[i])
                                             : own.weight[i] * x[i] + own.bias[i]);
        break;
      case sb::NodeKind::add:
        y.resize(x.size());
        for (int from : plan_.inputs_of(v))
          for (std::size_t i = 0; i < y.size(); ++i)
            y[i] += before[static_cast<std::size_t>(from)][i];
        break;
      case sb::NodeKind::concat:
        for (int from : plan_.inputs_of(v))
          for (Real part : before[static_cast<std::size_t>(from)]) y.push_back(part);
        break;
      case sb::NodeKind::gather:
        for (std::size_t i = 0; i < own.indices.size(); ++i)
          y.push_back(own.indices[i] < 0 ? static_cast<Real>(own.bias[i])
                                         : x[static_cast<std::size_t>(own.indices[i])]);
        break;
      case sb::NodeKind::multiply: {
        const auto& other = before[static_cast<std::size_t>(plan_.inputs_of(v).back())];
        for (std::size_t i = 0; i < x.size(); ++i) y.push_back(x[i] * other[i]);
        break;
      }
      case sb::NodeKind::sum:
      case sb::NodeKind::maximum:
      case sb::NodeKind::softmax: {
        const auto run = static_cast<std::ptrdiff_t>(node.run);
        for (auto first = x.begin(); first != x.end(); first += run) {
          const Real largest = *std::max_element(first, first + run);
          if (node.kind == sb::NodeKind::maximum) {
            y.push_back(largest);
            continue;
          }
          Real sum = 0;
          for (auto one = first; one != first + run; ++one)
            sum += node.kind == sb::NodeKind::sum ? *one : exp_of(*one - largest);
          if (node.kind == sb::NodeKind::sum)
            y.push_back(sum);
          else
            for (auto one = first; one != first + run; ++one)
              y.push_back(exp_of(*one - largest) / sum);
        }
        break;
      }
    }
    return y;
  }

  sb::PlanView plan_;
  std::vector<std::string> names_;
  std::vector<Numbers> numbers_;
};

/// A box around a random centre; now and then a side is a point, or one-sided.
inline sb::InputSet random_box(std::mt19937& random, sb::index_t size, double radius) {
  sb::Box box;
  for (sb::index_t i = 0; i < size; ++i) {
    const double centre = uniform(random), reach = random() % 8 ? uniform(random, 0, radius) : 0;
    box.lower.push_back(random() % 8 ? centre - reach : 0);
    box.upper.push_back(std::max(box.lower.back(), centre + reach));
  }
  return box;
}
inline sb::InputSet random_ball(std::mt19937& random, sb::index_t size, double radius,
                                sb::expr::Norm norm) {
  std::vector<double> centre;
  for (sb::index_t i = 0; i < size; ++i) centre.push_back(uniform(random));
  return sb::InputSet::ball(centre, radius, norm);
}

/// A point of a set, mostly of its boundary: a corner or a mixture for boxes, for balls a point on the
/// sphere pulled in by a hair.
inline std::vector<double> random_point(std::mt19937& random, const sb::InputSet& set) {
  const auto& [lower, upper] = set.box;
  std::vector<double> x(lower.size());
  if (set.norm == sb::expr::Norm::infinity) {
    const bool corner = random() % 2;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double inside = std::clamp(uniform(random, lower[i], upper[i]), lower[i], upper[i]);
      x[i] = corner || random() % 4 == 0 ? (random() % 2 ? lower[i] : upper[i]) : inside;
    }
    return x;
  }
  double length = 0;
  const bool axis = random() % 3 == 0;
  const std::size_t only = random() % x.size();
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = axis && i != only ? 0 : uniform(random);
    length += set.norm == sb::expr::Norm::two ? x[i] * x[i] : std::abs(x[i]);
  }
  if (set.norm == sb::expr::Norm::two) length = std::sqrt(length);
  const double reach = set.radius * (random() % 4 ? 1 - 1e-12 : uniform(random, 0, 1 - 1e-12));
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] = lower[i] / 2 + upper[i] / 2 + (length > 0 ? x[i] / length * reach : 0);
  return x;
}

}  // namespace shardbound_test
