// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Small ONNX files for tests, written field by field:
//
//   OnnxWriter net;
//   net.input("x", {1, 2}).output("y", {1, 1});
//   net.tensor("W", {1, 2}, {0.5f, -1}).tensor("b", {1}, {0.25f});
//   net.node("Gemm", {"x", "W", "b"}, {"y"}, {onnx_integer("transB", 1)});
//   net.save(path);   // or net.bytes()
//
// Nothing is checked: tests need damaged files too.

#include <cstdint>
#include <fstream>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace shardbound_test {

/// A protobuf message under construction.
class WireWriter {
 public:
  WireWriter& integer(std::uint32_t field, std::int64_t value) {
    tag(field, 0);
    varint(static_cast<std::uint64_t>(value));
    return *this;
  }

  WireWriter& bytes(std::uint32_t field, const std::string& value) {
    tag(field, 2);
    varint(value.size());
    out_ += value;
    return *this;
  }

  WireWriter& message(std::uint32_t field, const WireWriter& value) {
    return bytes(field, value.out_);
  }

  WireWriter& float32(std::uint32_t field, float value) {
    tag(field, 5);
    raw(value);
    return *this;
  }

  WireWriter& float64(std::uint32_t field, double value) {
    tag(field, 1);
    raw(value);
    return *this;
  }

  WireWriter& tag(std::uint32_t field, std::uint32_t type) {
    varint(std::uint64_t{field} << 3 | type);
    return *this;
  }

  WireWriter& varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) out_ += static_cast<char>(value | 0x80);
    out_ += static_cast<char>(value);
    return *this;
  }

  /// The bytes of a number as they lie in memory, which is how files hold them.
  template <class Number>
  WireWriter& raw(Number value) {
    const auto* first = reinterpret_cast<const char*>(&value);
    out_.append(first, first + sizeof(Number));
    return *this;
  }

  const std::string& str() const { return out_; }

 private:
  std::string out_;
};

/// The bytes of a list of numbers.
template <class Number>
std::string packed(const std::vector<Number>& numbers) {
  WireWriter out;
  for (const Number number : numbers) out.raw(number);
  return out.str();
}

/// A TensorProto without its numbers; ONNX's element types: 1 float, 7 int64, 11 double.
inline WireWriter onnx_tensor(const std::string& name, const std::vector<std::int64_t>& shape,
                              std::int64_t type) {
  WireWriter tensor;
  for (const std::int64_t extent : shape) tensor.integer(1, extent);
  tensor.integer(2, type);
  if (!name.empty()) tensor.bytes(8, name);
  return tensor;
}

template <class Number>
WireWriter onnx_tensor(const std::string& name, const std::vector<std::int64_t>& shape,
                       const std::vector<Number>& numbers) {
  constexpr std::int64_t type = std::is_same_v<Number, float>    ? 1
                                : std::is_same_v<Number, double> ? 11
                                                                 : 7;
  return onnx_tensor(name, shape, type).bytes(9, packed(numbers));
}

/// AttributeProtos.
inline WireWriter onnx_attribute(const std::string& name, std::int64_t kind) {
  return WireWriter{}.bytes(1, name).integer(20, kind);
}
inline WireWriter onnx_float(const std::string& name, float value) {
  return onnx_attribute(name, 1).float32(2, value);
}
inline WireWriter onnx_integer(const std::string& name, std::int64_t value) {
  return onnx_attribute(name, 2).integer(3, value);
}
inline WireWriter onnx_constant(const std::string& name, const WireWriter& tensor) {
  return onnx_attribute(name, 4).message(5, tensor);
}
inline WireWriter onnx_integers(const std::string& name, const std::vector<std::int64_t>& values) {
  auto attribute = onnx_attribute(name, 7);
  for (const std::int64_t value : values) attribute.integer(8, value);
  return attribute;
}
inline WireWriter onnx_floats(const std::string& name, const std::vector<float>& values) {
  return onnx_attribute(name, 6).bytes(7, packed(values));
}

/// A ModelProto with one graph.
class OnnxWriter {
 public:
  /// Extents of -1 are open, as a batch often is.
  OnnxWriter& input(const std::string& name, const std::vector<std::int64_t>& shape,
                    std::int64_t type = 1) {
    graph_.message(11, value_info(name, shape, type));
    return *this;
  }

  OnnxWriter& output(const std::string& name, const std::vector<std::int64_t>& shape,
                     std::int64_t type = 1) {
    graph_.message(12, value_info(name, shape, type));
    return *this;
  }

  /// An initializer of float numbers, as raw data.
  OnnxWriter& tensor(const std::string& name, const std::vector<std::int64_t>& shape,
                     const std::vector<float>& numbers) {
    return tensor(onnx_tensor(name, shape, numbers));
  }

  OnnxWriter& doubles(const std::string& name, const std::vector<std::int64_t>& shape,
                      const std::vector<double>& numbers) {
    return tensor(onnx_tensor(name, shape, numbers));
  }

  OnnxWriter& integers(const std::string& name, const std::vector<std::int64_t>& numbers) {
    return tensor(onnx_tensor(name, {static_cast<std::int64_t>(numbers.size())}, numbers));
  }

  OnnxWriter& tensor(const WireWriter& tensor_proto) {
    graph_.message(5, tensor_proto);
    return *this;
  }

  OnnxWriter& node(const std::string& op_type, const std::vector<std::string>& inputs,
                   const std::vector<std::string>& outputs,
                   const std::vector<WireWriter>& attributes = {}, const std::string& name = {},
                   const std::string& domain = {}) {
    WireWriter node;
    for (const auto& input : inputs) node.bytes(1, input);
    for (const auto& output : outputs) node.bytes(2, output);
    if (!name.empty()) node.bytes(3, name);
    node.bytes(4, op_type);
    for (const auto& attribute : attributes) node.message(5, attribute);
    if (!domain.empty()) node.bytes(7, domain);
    graph_.message(1, node);
    return *this;
  }

  /// The operators' version; 13 unless said. Further domains may be imported too.
  OnnxWriter& opset(std::int64_t version, const std::string& domain = {}) {
    opsets_.message(8, WireWriter{}.bytes(1, domain).integer(2, version));
    return *this;
  }

  /// The file's bytes.
  std::string bytes() const {
    WireWriter model;
    model.integer(1, 8).message(7, graph_);
    if (opsets_.str().empty()) model.message(8, WireWriter{}.bytes(1, "").integer(2, 13));
    return model.str() + opsets_.str();
  }

  /// The bytes of its GraphProto alone, to wrap in something else.
  const std::string& graph() const { return graph_.str(); }

  void save(const std::string& path) const { std::ofstream(path, std::ios::binary) << bytes(); }

 private:
  static WireWriter value_info(const std::string& name, const std::vector<std::int64_t>& shape,
                               std::int64_t type) {
    WireWriter dims;
    for (const std::int64_t extent : shape) {
      WireWriter dim;
      if (extent == -1) dim.bytes(2, "N");
      if (extent != -1) dim.integer(1, extent);
      dims.message(1, dim);
    }
    const auto tensor_type = WireWriter{}.integer(1, type).message(2, dims);
    return WireWriter{}.bytes(1, name).message(2, WireWriter{}.message(1, tensor_type));
  }

  WireWriter graph_, opsets_;
};

}  // namespace shardbound_test
