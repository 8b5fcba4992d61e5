// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Intervals through an io::Model in plain loops over doubles, read from its files: what a reader's
// tests compare with, independent of the library but for its activations' ranges. A point is a box of no
// width.

#include <shardbound/io/model.hpp>
#include <shardbound/io/parameter.hpp>
#include <shardbound/spec/property.hpp>
#include <tests/support/activations.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace shardbound_test {

using shardbound::Box;

inline std::vector<double> all_numbers(const shardbound::io::ParameterSource& source) {
  std::vector<double> numbers(static_cast<std::size_t>(source.rows * source.columns));
  shardbound::io::read_parameter(source, 0, source.rows, numbers.data());
  return numbers;
}

inline Box linear_interval(const shardbound::io::Step& step, const Box& in) {
  const auto weight = all_numbers(step.weight);
  auto bias = all_numbers(step.bias);
  const auto columns = static_cast<std::size_t>(step.weight.columns);
  const auto outputs = static_cast<std::size_t>(step.features), inputs = in.lower.size();
  bias.resize(outputs);
  if (weight.size() != outputs * inputs) throw std::logic_error("weight of " + step.node);
  Box out;
  for (std::size_t o = 0; o < outputs; ++o) {
    double centre = bias[o], radius = 0;
    for (std::size_t i = 0; i < inputs; ++i) {
      const double w = step.weight.transposed ? weight[i * columns + o] : weight[o * columns + i];
      centre += w * (in.upper[i] + in.lower[i]) / 2;
      radius += std::abs(w) * (in.upper[i] - in.lower[i]) / 2;
    }
    out.lower.push_back(centre - radius), out.upper.push_back(centre + radius);
  }
  return out;
}

/// Of the network's output.
inline Box interval(const shardbound::io::Model& model, const Box& input) {
  using Kind = shardbound::io::Step::Kind;
  std::vector<Box> values = {input};  // of each layer
  for (std::size_t v = 1; v < model.graph.layers.size(); ++v) {
    const auto& [step, place, operands] = model.graph.layers[v];
    const Box box = values.at(static_cast<std::size_t>(operands.at(0)));
    Box out;
    if (step.kind == Kind::linear) {
      out = linear_interval(step, box);
    } else if (step.kind == Kind::scale_shift) {
      for (std::size_t i = 0; i < box.lower.size(); ++i) {
        const double a = step.scale.at(i) * box.lower[i], b = step.scale.at(i) * box.upper[i];
        out.lower.push_back(std::min(a, b) + step.shift.at(i));
        out.upper.push_back(std::max(a, b) + step.shift.at(i));
      }
    } else if (step.kind == Kind::activation) {
      with_activation(step.activation, [&, coefficients = step.coefficients]<class F>(const F&) {
        const auto f = shardbound::relax::with_coefficients<F>(coefficients);
        for (std::size_t i = 0; i < box.lower.size(); ++i) {
          const auto y = f.range(box.lower[i], box.upper[i]);
          out.lower.push_back(y.lower), out.upper.push_back(y.upper);
        }
      });
    } else {
      for (const std::int32_t operand : operands) {
        const Box& part = values.at(static_cast<std::size_t>(operand));
        const bool first = out.lower.empty();
        for (std::size_t i = 0; i < part.lower.size(); ++i) {
          if (step.kind == Kind::concat || first) {
            out.lower.push_back(part.lower[i]), out.upper.push_back(part.upper[i]);
          } else {
            out.lower.at(i) += part.lower[i], out.upper.at(i) += part.upper[i];
          }
        }
      }
    }
    if (static_cast<std::int64_t>(out.lower.size()) != step.features)
      throw std::logic_error("features of " + step.node);
    values.push_back(std::move(out));
  }
  return values.back();
}

/// The network's value at a point.
inline std::vector<double> value(const shardbound::io::Model& model, std::vector<double> point) {
  return interval(model, {point, point}).lower;
}

}  // namespace shardbound_test
