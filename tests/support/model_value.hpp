// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// An io::Model at a point, in plain loops over doubles, read from its files: what a reader's tests compare
// with, independent of the library but for the activations that it knows.

#include <shardbound/io/model.hpp>
#include <shardbound/io/parameter.hpp>
#include <tests/support/activations.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numbers>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace shardbound_test {

inline std::vector<double> all_numbers(const shardbound::io::ParameterSource& source) {
  std::vector<double> numbers(static_cast<std::size_t>(source.rows * source.columns));
  shardbound::io::read_parameter(source, 0, source.rows, numbers.data());
  return numbers;
}

/// Calls visit(output, input, weight) for every term of a linear layer's sums, and start(output, bias) before those of
/// an output. A dense layer is one position that sees one.
template <class Start, class Visit>
void for_each_term(const shardbound::io::Step& step, std::int64_t inputs, Start start,
                   Visit visit) {
  auto geometry = step.geometry;
  if (geometry.in_channels == 0) geometry = shardbound::Geometry::dense(inputs, step.features);
  const auto weight = all_numbers(step.weight);
  auto bias = all_numbers(step.bias);
  bias.resize(static_cast<std::size_t>(geometry.out_channels));
  const std::int64_t width = geometry.width(), taps = geometry.taps();
  if (geometry.in_features() != inputs || geometry.out_features() != step.features ||
      static_cast<std::int64_t>(weight.size()) != geometry.out_channels * width)
    throw std::logic_error("weight of " + step.node);
  const auto& [in_channels, out_channels, groups, rows, columns] = geometry;
  std::size_t output = 0;
  for (std::int64_t o = 0; o < out_channels; ++o)
    for (std::int64_t r = 0; r < rows.out; ++r)
      for (std::int64_t c = 0; c < columns.out; ++c, ++output) {
        start(output, bias[static_cast<std::size_t>(o)]);
        for (std::int64_t k = 0; k < width; ++k) {
          const std::int64_t channel = o / geometry.out_group() * geometry.in_group() + k / taps;
          const std::int64_t row = rows.input_of(r, k % taps / columns.taps);
          const std::int64_t column = columns.input_of(c, k % columns.taps);
          if (row < 0 || column < 0) continue;
          const std::int64_t at = step.weight.transposed ? k * out_channels + o : o * width + k;
          visit(output, static_cast<std::size_t>((channel * rows.in + row) * columns.in + column),
                weight[static_cast<std::size_t>(at)]);
        }
      }
}

/// Functions by their names: those of the library, and those that files name.
inline double function_at(const shardbound::io::Step& step, double x) {
  static const std::map<std::string, std::function<double(double)>> named = {
      {"Abs", [](double v) { return std::abs(v); }},
      {"Atan", [](double v) { return std::atan(v); }},
      {"Cos", [](double v) { return std::cos(v); }},
      {"Erf", [](double v) { return std::erf(v); }},
      {"Exp", [](double v) { return std::exp(v); }},
      {"Floor", [](double v) { return std::floor(v); }},
      {"Gelu", [](double v) { return v / 2 * (1 + std::erf(v / std::numbers::sqrt2)); }},
      {"Log", [](double v) { return std::log(v); }},
      {"Reciprocal", [](double v) { return 1 / v; }},
      {"Sign", [](double v) { return static_cast<double>((v > 0) - (v < 0)); }},
      {"Sin", [](double v) { return std::sin(v); }},
      {"Softplus", [](double v) { return std::log1p(std::exp(v)); }},
      {"Sqrt", [](double v) { return std::sqrt(v); }},
      {"Square", [](double v) { return v * v; }}};
  if (step.activation == "Power") return std::pow(x, step.coefficients.at(0));
  const auto found = named.find(step.activation);
  return found != named.end() ? found->second(x) : activated(step.activation, step.coefficients, x);
}

/// What a layer of one operand, or of several, makes of their values.
inline std::vector<double> layer_value(const shardbound::io::Step& step,
                                       const std::vector<std::vector<double>>& operands) {
  using Kind = shardbound::io::Step::Kind;
  const std::vector<double>& x = operands.at(0);
  std::vector<double> y;
  const auto runs = [&](const auto& make) {
    for (auto first = x.begin(); first != x.end(); first += step.run) {
      if (x.end() - first < step.run) throw std::logic_error("run of " + step.node);
      make(first, first + step.run);
    }
  };
  switch (step.kind) {
    case Kind::linear:
      for_each_term(
          step, static_cast<std::int64_t>(x.size()),
          [&](std::size_t, double bias) { y.push_back(bias); },
          [&](std::size_t o, std::size_t i, double weight) { y[o] += weight * x[i]; });
      break;
    case Kind::scale_shift:
      for (std::size_t i = 0; i < x.size(); ++i)
        y.push_back(step.scale.at(i) * x[i] + step.shift.at(i));
      break;
    case Kind::activation:
      for (const double one : x) y.push_back(function_at(step, one));
      break;
    case Kind::residual:
    case Kind::multiply:
      for (std::size_t i = 0; i < x.size(); ++i) {
        const double other = operands.at(1).at(i);
        y.push_back(step.kind == Kind::residual ? x[i] + other : x[i] * other);
      }
      break;
    case Kind::concat:
      for (const auto& part : operands) y.insert(y.end(), part.begin(), part.end());
      break;
    case Kind::gather:
      for (std::size_t i = 0; i < step.indices.size(); ++i)
        y.push_back(step.indices[i] >= 0 ? x.at(static_cast<std::size_t>(step.indices[i]))
                    : step.fill.empty()  ? 0
                                         : step.fill.at(i));
      break;
    case Kind::sum:
      runs([&](auto first, auto end) {
        double sum = 0;
        for (auto one = first; one != end; ++one) sum += *one;
        y.push_back(sum);
      });
      break;
    case Kind::maximum:
      runs([&](auto first, auto end) { y.push_back(*std::max_element(first, end)); });
      break;
    case Kind::softmax:
      runs([&](auto first, auto end) {
        double sum = 0;
        const double most = *std::max_element(first, end);
        for (auto one = first; one != end; ++one) sum += std::exp(*one - most);
        for (auto one = first; one != end; ++one) y.push_back(std::exp(*one - most) / sum);
      });
      break;
  }
  if (static_cast<std::int64_t>(y.size()) != step.features)
    throw std::logic_error("features of " + step.node);
  return y;
}

/// The network's value at a point.
inline std::vector<double> value(const shardbound::io::Model& model, std::vector<double> point) {
  std::vector<std::vector<double>> values = {std::move(point)};  // of each layer
  for (std::size_t v = 1; v < model.graph.layers.size(); ++v) {
    std::vector<std::vector<double>> operands;
    for (const std::int32_t operand : model.graph.layers[v].operands)
      operands.push_back(values.at(static_cast<std::size_t>(operand)));
    values.push_back(layer_value(model.graph.layers[v].step, operands));
  }
  return values.back();
}

}  // namespace shardbound_test
