// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Intervals through an io::Model in plain loops over doubles, as points are in model_value.hpp.

#include <shardbound/io/model.hpp>
#include <shardbound/spec/property.hpp>
#include <tests/support/model_value.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace shardbound_test {

using shardbound::Box;

inline Box linear_interval(const shardbound::io::Step& step, const Box& in) {
  Box out;
  for_each_term(
      step, static_cast<std::int64_t>(in.lower.size()),
      [&](std::size_t, double bias) { out.lower.push_back(bias), out.upper.push_back(bias); },
      [&](std::size_t o, std::size_t i, double weight) {
        out.lower[o] += weight * (weight > 0 ? in.lower[i] : in.upper[i]);
        out.upper[o] += weight * (weight > 0 ? in.upper[i] : in.lower[i]);
      });
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
    } else if (step.kind == Kind::gather || step.kind == Kind::sum ||
               step.kind == Kind::maximum) {  // monotone
      out = {layer_value(step, {box.lower}), layer_value(step, {box.upper})};
    } else if (step.kind == Kind::softmax || step.kind == Kind::multiply) {
      throw std::logic_error("no interval of " + step.node);
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

}  // namespace shardbound_test
