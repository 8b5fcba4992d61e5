// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// From a model file into a network: the architecture is compared node by node with the network's plan,
// then every parameter is streamed in, a few rows at a time. Nothing of the file beyond those in flight
// and what this rank keeps is held.

#include <shardbound/io/model.hpp>
#include <shardbound/io/parameter.hpp>
#include <shardbound/network/instance.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace shardbound::inline v0::io {

namespace detail {

inline NodeKind node_kind(const Step& step) {
  switch (step.kind) {
    case Step::Kind::linear: return NodeKind::product;
    case Step::Kind::scale_shift:
    case Step::Kind::activation: return NodeKind::pointwise;
    case Step::Kind::residual: return NodeKind::add;
    case Step::Kind::concat: return NodeKind::concat;
    case Step::Kind::gather: return NodeKind::gather;
    case Step::Kind::sum: return NodeKind::sum;
    case Step::Kind::maximum: return NodeKind::maximum;
    case Step::Kind::softmax: return NodeKind::softmax;
    case Step::Kind::multiply: return NodeKind::multiply;
  }
  return NodeKind::input;
}

inline std::string kind_name(const Step& step) {
  switch (step.kind) {
    case Step::Kind::linear:
      return step.geometry.out_channels > 0 ? product_name(step.geometry)
                                            : "Linear<" + std::to_string(step.features) + ">";
    case Step::Kind::scale_shift: return "ScaleShift";
    case Step::Kind::activation: return step.activation;
    case Step::Kind::residual: return "Residual";
    case Step::Kind::concat: return "Concat";
    case Step::Kind::gather: return "Gather";
    case Step::Kind::sum: return "Sum<" + std::to_string(step.run) + ">";
    case Step::Kind::maximum: return "Maximum<" + std::to_string(step.run) + ">";
    case Step::Kind::softmax: return "Softmax<" + std::to_string(step.run) + ">";
    case Step::Kind::multiply: return "Multiply";
  }
  return "?";
}

/// How often a gather reads one feature, at most: Node::repeats.
inline index_t repeats_of(const Step& step) {
  std::vector<std::int32_t> sorted = step.indices;
  std::sort(sorted.begin(), sorted.end());
  index_t most = 1, same = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    same = i > 0 && sorted[i] == sorted[i - 1] ? same + 1 : 1;
    if (sorted[i] >= 0) most = std::max(most, same);
  }
  return most;
}

/// Throws FormatError at the first node where model and plan part.
template <class T, class Backend>
void check_architecture(const Instance<T, Backend>& network, const Model& model) {
  const PlanView& plan = network.plan();
  if (model.inputs != network.inputs())
    throw FormatError(model.file + ": it has " + std::to_string(model.inputs) +
                      " inputs where this network type has " + std::to_string(network.inputs()));
  for (int v = 1; v < std::min(model.graph.size(), plan.size()); ++v) {
    const auto& [step, place, operands] = model.graph.layers[static_cast<std::size_t>(v)];
    const auto inputs = plan.inputs_of(v);
    const bool same_windows = step.geometry.out_channels == 0 || step.geometry == plan[v].geometry;
    if (node_kind(step) == plan[v].kind && step.features == plan[v].features && same_windows &&
        kind_name(step) == network.kind_name(v) &&
        std::equal(inputs.begin(), inputs.end(), operands.begin(), operands.end()))
      continue;
    throw FormatError(model.file + ": node '" + step.node + "' is a " + kind_name(step) + " with " +
                      std::to_string(step.features) + " outputs where this network type has node " +
                      std::to_string(v) + ", a " + network.kind_name(v) + " with " +
                      std::to_string(plan[v].features) +
                      "; use a verifier that was generated from this architecture");
  }
  if (model.graph.size() != plan.size())
    throw FormatError(model.file + ": it has " + std::to_string(model.graph.size() - 1) +
                      " layers where this network type has " + std::to_string(plan.size() - 1) +
                      "; use a verifier that was generated from this architecture");
}

/// Some rows of a layer's matrix, out x in, whichever way round it is stored.
template <class T>
std::vector<T> read_rows(const ParameterSource& source, Block wanted) {
  if (!source.transposed) {
    std::vector<T> rows(static_cast<std::size_t>(wanted.count * source.columns));
    read_parameter(source, wanted.first, wanted.count, rows.data());
    return rows;
  }
  const index_t in = source.rows;
  std::vector<T> stored(static_cast<std::size_t>(wanted.count * in)), rows(stored.size());
  read_columns(source, wanted.first, wanted.count, stored.data());
  for (index_t r = 0; r < wanted.count; ++r)
    for (index_t c = 0; c < in; ++c)
      rows[static_cast<std::size_t>(r * in + c)] =
          stored[static_cast<std::size_t>(c * wanted.count + r)];
  return rows;
}

template <class T, class Backend>
void load_linear(Instance<T, Backend>& network, int node, const Step& step) {
  const Geometry& geometry = network.plan()[node].geometry;
  const index_t out = step.weight.transposed ? step.weight.columns : step.weight.rows;
  const index_t in = step.weight.transposed ? step.weight.rows : step.weight.columns;
  if (out != geometry.out_channels || in != geometry.width())
    throw ShapeError("node '" + step.node + "': its weight is " + std::to_string(out) + " x " +
                     std::to_string(in) + " where " + std::to_string(geometry.out_channels) +
                     " x " + std::to_string(geometry.width()) + " belongs");
  for (index_t first = 0; first < out; first += network.rows_in_flight) {
    const Block rows{first, std::min(network.rows_in_flight, out - first)};
    if (network.wants_rows(node, rows))
      network.set_rows(node, rows, read_rows<T>(step.weight, rows).data());
  }
  std::vector<T> bias(static_cast<std::size_t>(out), T(0));
  if (!step.bias.empty()) {
    if (step.bias.rows * step.bias.columns != out)
      throw ShapeError("node '" + step.node + "': its bias has " +
                       std::to_string(step.bias.rows * step.bias.columns) + " numbers where " +
                       std::to_string(out) + " belong");
    read_parameter(step.bias, 0, step.bias.rows, bias.data());
  }
  network.set_bias(node, bias);
}

}  // namespace detail

/// Loads a model's parameters into a network of the same architecture. Throws FormatError, naming file
/// and node, if the architectures differ or a number is NaN or infinite.
template <class T, class Backend>
void load(Instance<T, Backend>& network, const Model& model) {
  detail::check_architecture(network, model);
  network.forget();  // what was there before must not stand beside half a file
  network.set_name(0, printable(model.input_name()));
  for (int v = 1; v < network.plan().size(); ++v) {
    const Step& step = model.graph.layers[static_cast<std::size_t>(v)].step;
    network.set_name(v, step.tensor);
    try {
      switch (step.kind) {
        case Step::Kind::linear: detail::load_linear(network, v, step); break;
        case Step::Kind::scale_shift:
          network.set_scale_shift(v, step.scale, step.shift, step.scale_error, step.shift_error);
          break;
        case Step::Kind::activation:
          if (!step.coefficients.empty()) network.set_activation(v, step.coefficients);
          break;
        case Step::Kind::gather: network.set_gather(v, step.indices, step.fill); break;
        case Step::Kind::residual:
        case Step::Kind::concat:
        case Step::Kind::sum:
        case Step::Kind::maximum:
        case Step::Kind::softmax:
        case Step::Kind::multiply: break;
      }
    } catch (const FormatError&) {
      throw;
    } catch (const Error& error) {
      throw FormatError(model.file + ": " + error.what());
    }
  }
}

}  // namespace shardbound::inline v0::io
