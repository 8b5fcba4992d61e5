// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// An ONNX file as plain structs, read straight from the wire format: no generated code, no copy of
// the weights, no recursion (subgraphs are skipped, as every operator that has one is refused
// later).

#include <shardbound/io/detail/onnx_fields.hpp>
#include <shardbound/io/file_kind.hpp>
#include <shardbound/io/onnx_tensor.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace shardbound::inline v0::io {

/// A named constant of an operator. Which member counts follows from `kind`.
struct OnnxAttribute {
  enum class Kind : std::int32_t {
    none = 0,
    float32 = 1,
    integer = 2,
    text = 3,
    tensor = 4,
    graph = 5,
    floats = 6,
    integers = 7
  };

  std::string name;
  Kind kind = Kind::none;  ///< other values: known to ONNX, not to this reader
  double number = 0;
  std::int64_t integer = 0;
  std::string text;
  OnnxTensor tensor;
  std::vector<double> numbers;
  std::vector<std::int64_t> integers;
};

struct OnnxNode {
  std::int64_t index = 0;  ///< its place in the file, from 0
  std::string name, op_type, domain;
  std::vector<std::string> inputs, outputs;  ///< "" where an optional one is left out
  std::vector<OnnxAttribute> attributes;

  const OnnxAttribute* find(const std::string& attribute) const {
    for (const auto& candidate : attributes)
      if (candidate.name == attribute) return &candidate;
    return nullptr;
  }
};

/// An input or output of the whole graph.
struct OnnxValueInfo {
  static constexpr std::int64_t open = -1;  ///< an extent that the file names but does not fix

  std::string name;
  OnnxType type = OnnxType::none;
  bool has_shape = false;
  std::vector<std::int64_t> shape;
};

struct OnnxGraph {
  std::int64_t opset = 0;  ///< of ONNX's own operators
  std::vector<OnnxNode> nodes;
  std::vector<OnnxTensor> initializers;
  std::vector<OnnxValueInfo> inputs, outputs;
};

namespace detail {

inline OnnxAttribute read_onnx_attribute(WireWindow& window, ByteRange message) {
  namespace field = attribute_field;
  OnnxAttribute attribute;
  WireReader reader(window, message);
  while (reader.next()) {
    switch (reader.field()) {
      case field::name: attribute.name = reader.text(); break;
      case field::f: attribute.number = static_cast<double>(reader.float32()); break;
      case field::i: attribute.integer = reader.integer(); break;
      case field::s: attribute.text = reader.text(); break;
      case field::t: attribute.tensor = read_onnx_tensor(window, reader.bytes()); break;
      case field::type: attribute.kind = static_cast<OnnxAttribute::Kind>(reader.integer()); break;
      case field::floats:
        if (reader.type() == WireType::fixed32) {
          reader.append(attribute.numbers) = static_cast<double>(reader.float32());
        } else {
          const ByteRange range = reader.bytes();
          if (range.length % 4 != 0) reader.fail("a list of floats is cut short");
          std::vector<float> numbers(static_cast<std::size_t>(range.length / 4));
          window.file().read(range.offset, numbers.data(), range.length);
          attribute.numbers.insert(attribute.numbers.end(), numbers.begin(), numbers.end());
        }
        break;
      case field::ints:
        reader.each_integer(
            [&](std::int64_t number) { reader.append(attribute.integers) = number; });
        break;
      default: break;
    }
  }
  return attribute;
}

inline OnnxNode read_onnx_node(WireWindow& window, ByteRange message) {
  namespace field = node_field;
  OnnxNode node;
  WireReader reader(window, message);
  while (reader.next()) {
    switch (reader.field()) {
      case field::input: reader.append(node.inputs) = reader.text(); break;
      case field::output: reader.append(node.outputs) = reader.text(); break;
      case field::name: node.name = reader.text(); break;
      case field::op_type: node.op_type = reader.text(); break;
      case field::domain: node.domain = reader.text(); break;
      case field::attribute:
        reader.append(node.attributes) = read_onnx_attribute(window, reader.bytes());
        break;
      default: break;
    }
  }
  return node;
}

inline std::int64_t read_onnx_dim(WireWindow& window, ByteRange message) {
  std::int64_t extent = OnnxValueInfo::open;
  WireReader reader(window, message);
  while (reader.next()) {
    if (reader.field() != dim_field::value) continue;
    extent = reader.integer();
    // -1 is an old way to write an open extent.
    if (extent < OnnxValueInfo::open)
      reader.fail("a shape has a negative extent, " + std::to_string(extent));
  }
  return extent;
}

inline void read_onnx_tensor_type(WireWindow& window, ByteRange message, OnnxValueInfo& value) {
  WireReader reader(window, message);
  while (reader.next()) {
    if (reader.field() == tensor_type_field::element_type)
      value.type = static_cast<OnnxType>(reader.integer());
    if (reader.field() != tensor_type_field::shape) continue;
    value.has_shape = true;
    WireReader dims(window, reader.bytes());
    while (dims.next()) {
      if (dims.field() != shape_field::dim) continue;
      if (value.shape.size() == 64) dims.fail("a shape of more than 64 axes is not supported");
      dims.append(value.shape) = read_onnx_dim(window, dims.bytes());
    }
  }
}

inline OnnxValueInfo read_onnx_value_info(WireWindow& window, ByteRange message) {
  OnnxValueInfo value;
  WireReader reader(window, message);
  while (reader.next()) {
    if (reader.field() == value_info_field::name) value.name = reader.text();
    if (reader.field() != value_info_field::type) continue;
    WireReader type(window, reader.bytes());
    while (type.next())
      if (type.field() == type_field::tensor_type)
        read_onnx_tensor_type(window, type.bytes(), value);
  }
  return value;
}

inline void read_onnx_graph(WireWindow& window, ByteRange message, OnnxGraph& graph) {
  namespace field = graph_field;
  WireReader reader(window, message);
  while (reader.next()) {
    switch (reader.field()) {
      case field::node: {
        auto& node = reader.append(graph.nodes);
        node = read_onnx_node(window, reader.bytes());
        node.index = static_cast<std::int64_t>(graph.nodes.size()) - 1;
        break;
      }
      case field::initializer:
        reader.append(graph.initializers) = read_onnx_tensor(window, reader.bytes());
        break;
      case field::input:
        reader.append(graph.inputs) = read_onnx_value_info(window, reader.bytes());
        break;
      case field::output:
        reader.append(graph.outputs) = read_onnx_value_info(window, reader.bytes());
        break;
      case field::sparse_initializer: reader.fail("sparse initializers are not supported");
      default: break;
    }
  }
}

inline OnnxGraph read_onnx_model(const InputFile& file) {
  WireWindow window(file);
  OnnxGraph graph;
  bool found = false;
  WireReader reader(window);
  while (reader.next()) {
    if (reader.field() == model_field::graph) {
      if (std::exchange(found, true)) reader.fail("the model holds a second graph");
      read_onnx_graph(window, reader.bytes(), graph);
    } else if (reader.field() == model_field::opset_import) {
      std::string domain;
      std::int64_t version = 0;
      WireReader opset(window, reader.bytes());
      while (opset.next()) {
        if (opset.field() == opset_field::domain) domain = opset.text();
        if (opset.field() == opset_field::version) version = opset.integer();
      }
      if (domain.empty() || domain == "ai.onnx") graph.opset = std::max(graph.opset, version);
    }
  }
  if (!found)
    throw FormatError(file.name() +
                      ": holds no graph; this is not an ONNX model, or it ends early, at byte " +
                      std::to_string(file.size()));
  return graph;
}

}  // namespace detail

/// Reads the graph of an ONNX file. Throws FormatError with the byte where it stops being one, or with what
/// the file is instead.
inline OnnxGraph read_onnx_graph(const InputFile& file) {
  if (file.size() == 0) throw FormatError(file.name() + ": is empty; this is not an ONNX model");
  try {
    return detail::read_onnx_model(file);
  } catch (const FormatError&) {
    const std::string kind = file_kind(file);
    if (kind.empty()) throw;
    throw FormatError(file.name() + ": " + kind);
  }
}

}  // namespace shardbound::inline v0::io
