// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Rows whose coefficients on unstable neurons are asked for, beside an ordinary run that finds them among all features.

#include <doctest/doctest.h>

#include <tests/support/random_network.hpp>

#include <shardbound/bound/pass.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <utility>
#include <vector>

namespace shardbound_test {

/// Rows over a small box and a large one, in no order, and what an ordinary run says of them.
template <class Net, class T, class Backend>
struct AskedSlots {
  sb::Network<Net, T, Backend> network;
  std::vector<int> activations;
  std::vector<std::int32_t> domain = {1, 0, 0, 1, 1, 0, 1, 1, 0, 1, 0, 1, 1, 1, 0, 0, 1, 0};
  sb::Pass<T, Backend> pass;
  std::vector<sb::PartRow> parts;
  sb::Bounds<T> plain;

  explicit AskedSlots(sb::AnyCommunicator communicator = {},
                      sb::Store store = sb::Store::replicated, sb::index_t wave = 0)
      : network(std::move(communicator), 1, store),
        activations(splittable()),
        pass(network, sb::Method{},
             {.domains = 2, .rows = 18, .wave = wave, .coefficients_at = activations}) {
    HostNetwork::random(network, 3).copy_to(network);
    std::mt19937 random(4);
    std::vector<sb::InputSet> sets;
    for (const double radius : {0.05, 0.6})
      sets.push_back(random_box(random, network.inputs(), radius));
    sb::RowQuery query;
    query.domain = domain;
    for (std::size_t r = 0; r < domain.size(); ++r) {
      for (sb::index_t i = 0; i < network.outputs(); ++i)
        query.matrix.push_back(static_cast<float>(uniform(random, -1, 1)));
      sb::PartRow part;
      part.row = static_cast<std::int32_t>(r);
      part.target = std::numeric_limits<double>::infinity();
      part.group = part.row;
      parts.push_back(part);
    }
    plain = pass.run(sets, query, {.outputs = false, .coefficients = true});
  }
  /// Those of rows by the lines that an ordinary run draws.
  sb::PartBounds found() {
    return pass.bound_parts(parts, {.iterations = 1, .coefficients = true});
  }

  /// Whether they are there for every row that is kept, and no more; returns how many they are.
  std::size_t check(const sb::PartBounds& bounds) const {
    std::size_t count = 0;
    REQUIRE(bounds.coefficients.size() == activations.size());
    for (std::size_t a = 0; a < activations.size(); ++a) {
      const sb::PartCoefficients& own = bounds.coefficients[a];
      CHECK(own.activation == activations[a]);
      const auto inputs = pass.node_bounds(network.plan().input_of(own.activation));
      REQUIRE(own.neurons.size() == 2);
      for (std::size_t d = 0; d < 2; ++d) {
        std::vector<std::int32_t> unstable;
        for (std::size_t i = 0; i < inputs[d].lower.size(); ++i)
          if (bends(own.activation) ? inputs[d].lower[i] < 0 && inputs[d].upper[i] > 0
                                    : inputs[d].lower[i] < inputs[d].upper[i])
            unstable.push_back(static_cast<std::int32_t>(i));
        CHECK(own.neurons[d] == unstable);
      }
      REQUIRE(own.numbers.size() == bounds.kept.size() * own.slots);
      for (std::size_t k = 0; k < bounds.kept.size(); ++k) {
        const auto row = static_cast<std::size_t>(bounds.kept[k]);
        const auto over = static_cast<std::size_t>(domain[row]);
        const auto width = inputs[0].lower.size();
        std::vector<double> expected(own.slots);
        for (std::size_t s = 0; s < own.neurons[over].size(); ++s)
          expected[s] = static_cast<double>(
              plain.coefficients[a]
                  .lower[row * width + static_cast<std::size_t>(own.neurons[over][s])]);
        const auto from = own.numbers.begin() + static_cast<std::ptrdiff_t>(k * own.slots);
        CHECK(std::vector<double>(from, from + static_cast<std::ptrdiff_t>(own.slots)) == expected);
        CHECK(own.of(k, over).size() == own.neurons[over].size());
        count += own.neurons[over].size();
      }
    }
    return count;
  }

 private:
  bool bends(int v) const {
    for (const char* kind : {"ReLU", "LeakyReLU", "Abs"})
      if (network.kind_name(v) == kind) return true;
    return false;
  }
  std::vector<int> splittable() const {
    std::vector<int> found;
    for (int v = 1; v < network.plan().size(); ++v)
      if (bends(v) || network.kind_name(v) == "Tanh" || network.kind_name(v) == "Sigmoid")
        found.push_back(v);
    return found;
  }
};

}  // namespace shardbound_test
