// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A small network for every operator of ONNX that the library lists, as a file: some for those that mean several
// things. Of three inputs a dense layer makes 24 features; these, in a shape that suits the operator, become what it
// reads, and behind it follow a ReLU between two more dense layers, so that every policy has matrices to cut
// between two ranks.

#include <tests/support/onnx_writer.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace shardbound_test {

struct OperatorCase {
  std::string op, file;  ///< the file's bytes
};

/// What an operator is put between.
struct Surroundings {
  std::vector<std::int64_t> shape = {1, 24};  ///< of its operand "t"
  std::int64_t results = 24;                  ///< the elements of its result "u"
  float shift = 0;                            ///< of the operand: at 4, nothing of it is 2 or less
  std::int64_t opset = 13;
};

/// Draws the networks one after the other, always the same.
class OperatorCases {
 public:
  static constexpr std::size_t inputs = 3;

  /// A network whose operator `write(net)` writes: from "t" to "u".
  OperatorCases& add(const std::string& op, const std::function<void(OnnxWriter&)>& write,
                     const Surroundings& around = {}) {
    OnnxWriter net;
    net.opset(around.opset).input("x", {1, inputs}).output("y", {1, 2});
    dense(net, "x", inputs, 24, "first", around.shift);
    net.integers("shape", around.shape).node("Reshape", {"first", "shape"}, {"t"});
    write(net);
    net.integers("flat", {1, around.results}).node("Reshape", {"u", "flat"}, {"v"});
    dense(net, "v", around.results, 12, "second", 0);
    net.node("Relu", {"second"}, {"r"});
    dense(net, "r", 12, 2, "y", 0);
    cases_.push_back({op, net.bytes()});
    return *this;
  }

  /// One that reads "t" alone, or constants besides, which `write` adds.
  OperatorCases& add(const std::string& op, const std::vector<std::string>& operands,
                     const std::vector<WireWriter>& attributes, const Surroundings& around = {},
                     const std::function<void(OnnxWriter&)>& write = {}) {
    return add(
        op,
        [&](OnnxWriter& net) {
          if (write) write(net);
          net.node(op, operands, {"u"}, attributes);
        },
        around);
  }

  /// Of these many numbers, in (-1, 1), of few bits.
  std::vector<float> numbers(std::int64_t count, float shift = 0) {
    std::vector<float> drawn;
    for (; count > 0; --count)
      drawn.push_back(static_cast<float>(static_cast<int>(random_() % 63) - 31) / 32 + shift);
    return drawn;
  }

  std::vector<OperatorCase> take() { return std::move(cases_); }

 private:
  void dense(OnnxWriter& net, const std::string& from, std::int64_t in, std::int64_t out,
             const std::string& to, float shift) {
    auto weight = numbers(out * in);
    for (float& number : weight)
      number /= in > 3 ? 4 : 1;  // bounds stay such that they say something
    net.tensor(to + "_W", {out, in}, weight);
    net.tensor(to + "_b", {out}, numbers(out, shift));
    net.node("Gemm", {from, to + "_W", to + "_b"}, {to}, {onnx_integer("transB", 1)});
  }

  std::mt19937 random_{1};
  std::vector<OperatorCase> cases_;
};

inline void add_functions(OperatorCases& cases) {
  for (const char* op : {"Abs", "Atan", "Cos", "Erf", "Exp", "Floor", "HardSigmoid", "Identity",
                         "Neg", "Relu", "Sigmoid", "Sign", "Sin", "Softplus", "Tanh"})
    cases.add(op, {"t"}, {});
  for (const char* op : {"Log", "Reciprocal", "Sqrt"}) cases.add(op, {"t"}, {}, {.shift = 4});
  cases.add("Gelu", {"t"}, {}, {.opset = 20});
  cases.add("LeakyRelu", {"t"}, {onnx_float("alpha", 0.25f)});
  cases.add("Dropout", {"t"}, {});
  cases.add("Softmax", {"t"}, {onnx_integer("axis", -1)}, {.shape = {4, 6}});
  cases.add("Clip", {"t", "low", "high"}, {}, {},
            [](OnnxWriter& net) { net.tensor("low", {}, {-0.25f}).tensor("high", {}, {0.5f}); });
  const auto c = cases.numbers(24);
  cases.add("PRelu", {"t", "c"}, {}, {}, [&](OnnxWriter& net) {
    std::vector<float> slopes;
    for (int i = 0; i < 24; ++i) slopes.push_back(static_cast<float>(i) / 23);
    net.tensor("c", {24}, slopes);
  });
  for (const float exponent : {2.0f, 3.0f, -1.0f, 0.5f, 1.5f})
    cases.add("Pow", {"t", "c"}, {}, {.shift = exponent > 1.75f ? 0.0f : 4.0f},
              [&](OnnxWriter& net) { net.tensor("c", {}, {exponent}); });
  cases.add("Pow", {"c", "t"}, {}, {}, [](OnnxWriter& net) { net.tensor("c", {}, {2}); });
  cases.add("BatchNormalization", {"t", "g", "b", "b", "variance"}, {}, {.shape = {1, 2, 12}},
            [](OnnxWriter& net) {
              net.tensor("g", {2}, {1, -0.5f}).tensor("b", {2}, {0.25f, -1});
              net.tensor("variance", {2}, {1, 3});
            });
  for (const char* op : {"Add", "Sub", "Mul", "Div", "Max", "Min"})
    cases.add(op, {"t", "c"}, {}, {}, [&](OnnxWriter& net) {
      net.tensor("c", {24}, op == std::string("Div") ? std::vector<float>(24, 3) : c);
    });
  // Of two branches, the second of which is positive.
  for (const char* op : {"Add", "Sub", "Mul", "Div", "Max", "Min", "Sum"})
    cases.add(op, {"t", "e"}, {}, {}, [](OnnxWriter& net) { net.node("Exp", {"t"}, {"e"}); });
  for (const char* op : {"Constant", "ConstantOfShape"})
    cases.add(op, [op](OnnxWriter& net) {
      const bool of_shape = op == std::string("ConstantOfShape");
      const WireWriter number = onnx_tensor("", {1}, std::vector<float>{0.75f});
      if (of_shape) net.integers("s", {24});
      net.node(op, of_shape ? std::vector<std::string>{"s"} : std::vector<std::string>{}, {"c"},
               {onnx_constant("value", number)});
      net.node("Add", {"t", "c"}, {"u"});
    });
}

inline void add_products(OperatorCases& cases) {
  const auto w = cases.numbers(24 * 10), b = cases.numbers(10);
  cases.add("Gemm", {"t", "W", "b"}, {}, {.results = 10}, [&](OnnxWriter& net) {
    net.tensor("W", {24, 10}, w).tensor("b", {10}, b);
  });
  cases.add("MatMul", {"t", "W"}, {}, {.results = 10}, [&](OnnxWriter& net) {
    net.tensor("W", {24, 10}, w);
  });
  cases.add("MatMul", {"W", "t"}, {}, {.shape = {24, 1}, .results = 10}, [&](OnnxWriter& net) {
    net.tensor("W", {10, 24}, w);
  });
  cases.add("MatMul", {"t", "s"}, {}, {.shape = {3, 8}, .results = 9}, [](OnnxWriter& net) {
    net.node("Sigmoid", {"t"}, {"e"})
        .node("Transpose", {"e"}, {"s"}, {onnx_integers("perm", {1, 0})});
  });
  const Surroundings map{.shape = {1, 2, 3, 4}, .results = 36};
  const auto pads = onnx_integers("pads", {1, 0, 0, 1});
  cases.add("Conv", {"t", "W", "b"}, {pads}, map, [&](OnnxWriter& net) {
    net.tensor("W", {3, 2, 2, 2}, {w.begin(), w.begin() + 24}).tensor("b", {3}, {1, 0, -1});
  });
  cases.add("Conv", {"t", "W"}, {onnx_integer("group", 2)}, {.shape = {1, 4, 6}, .results = 24},
            [&](OnnxWriter& net) {
              net.tensor("W", {6, 2, 3}, {w.begin(), w.begin() + 36});
            });
  cases.add("ConvTranspose", {"t", "W"}, {onnx_integers("strides", {2, 1})},
            {.shape = {1, 2, 3, 4}, .results = 48}, [&](OnnxWriter& net) {
              net.tensor("W", {2, 2, 2, 1}, {w.begin(), w.begin() + 8});
            });
  const auto window = onnx_integers("kernel_shape", {2, 2});
  for (const char* op : {"AveragePool", "MaxPool"})
    cases.add(op, {"t"}, {window, pads}, {.shape = {1, 2, 3, 4}});
  for (const char* op : {"GlobalAveragePool", "GlobalMaxPool"})
    cases.add(op, {"t"}, {}, {.shape = {1, 2, 3, 4}, .results = 2});
  for (const char* op : {"ReduceMax", "ReduceMean", "ReduceMin"})
    cases.add(op, {"t"}, {onnx_integers("axes", {1})}, {.shape = {4, 6}, .results = 4});
  cases.add("ReduceSum", {"t", "axes"}, {}, {.shape = {4, 6}, .results = 4},
            [](OnnxWriter& net) { net.integers("axes", {1}); });
}

/// Copies, orders and choices of features.
inline void add_choices(OperatorCases& cases) {
  const Surroundings matrix{.shape = {4, 6}};
  cases.add("Concat", {"e", "t"}, {onnx_integer("axis", 1)}, {.results = 48},
            [](OnnxWriter& net) { net.node("Sigmoid", {"t"}, {"e"}); });
  cases.add("Expand", {"t", "s"}, {}, {.results = 48}, [](OnnxWriter& net) {
    net.integers("s", {2, 24});
  });
  cases.add("Flatten", {"t"}, {}, matrix);
  cases.add("Gather", {"t", "i"}, {onnx_integer("axis", 1)}, {.shape = {4, 6}, .results = 12},
            [](OnnxWriter& net) {
              net.integers("i", {3, 0, 3});
            });
  cases.add("Pad", {"t", "p"}, {}, {.results = 27}, [](OnnxWriter& net) {
    net.integers("p", {0, 1, 0, 2});
  });
  cases.add("Reshape", {"t", "s"}, {}, matrix, [](OnnxWriter& net) { net.integers("s", {3, -1}); });
  cases.add("Resize", {"t", "", "s"}, {}, {.shape = {4, 6}, .results = 48}, [](OnnxWriter& net) {
    net.tensor("s", {2}, {1, 2});
  });
  cases.add("Upsample", {"t", "s"}, {}, {.shape = {4, 6}, .results = 48, .opset = 9},
            [](OnnxWriter& net) {
              net.tensor("s", {2}, {2, 1});
            });
  cases.add("Slice", {"t", "begin", "end", "axes"}, {}, {.shape = {4, 6}, .results = 8},
            [](OnnxWriter& net) {
              net.integers("begin", {1}).integers("end", {3}).integers("axes", {1});
            });
  cases.add("Split",
            [](OnnxWriter& net) {
              net.node("Split", {"t"}, {"a", "b"}, {onnx_integer("axis", 1)});
              net.node("Sigmoid", {"a"}, {"s"}).node("Mul", {"s", "b"}, {"u"});
            },
            {.results = 12});
  cases.add("Squeeze", {"t"}, {}, {.shape = {24, 1}});
  cases.add("Unsqueeze", {"t", "a"}, {}, {}, [](OnnxWriter& net) { net.integers("a", {0, 2}); });
  cases.add("Transpose", {"t"}, {onnx_integers("perm", {1, 0})}, matrix);
}

inline std::vector<OperatorCase> operator_cases() {
  OperatorCases cases;
  add_functions(cases);
  add_products(cases);
  add_choices(cases);
  return cases.take();
}

}  // namespace shardbound_test
