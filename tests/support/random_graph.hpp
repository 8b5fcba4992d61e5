// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A network file of a random shape - any directed acyclic graph of small layers - and what it computes, said a second
// time by the drawing itself. Choices come from a generator, or from a fuzzer's bytes.

#include <tests/support/onnx_writer.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace shardbound_test {

using Point = std::vector<long double>;

/// Chooses from a seed.
class SeededChoices {
 public:
  explicit SeededChoices(unsigned seed) : random_(seed) {}
  /// A number below `count`.
  std::size_t below(std::size_t count) { return random_() % count; }
  /// A weight of a few bits, in [-2, 2).
  float weight() { return static_cast<float>(static_cast<int>(random_() % 64) - 32) / 16; }

 private:
  std::mt19937 random_;
};

class RandomGraph {
 public:
  static constexpr std::size_t inputs = 3;

  template <class Choices>
  explicit RandomGraph(Choices& choices) {
    net_.input("t0", {1, inputs});
    tensors_.push_back({inputs, [](const Point& x) { return x; }});
    const std::size_t layers = 3 + choices.below(8);
    while (tensors_.size() <= layers) draw(choices);
    // All that nobody reads yet is read by the end, so that little of the drawing is pruned away.
    while (unread() > 1) join(choices);
    if (size(last()) > 4) linear(choices, last(), 2);
    net_.output("t" + std::to_string(last()), {1, static_cast<std::int64_t>(size(last()))});
  }

  std::string bytes() const { return net_.bytes(); }
  Point value(const Point& x) const { return tensors_.back().value(x); }

 private:
  struct Tensor {
    std::size_t size;
    std::function<Point(const Point&)> value;
    bool read = false;
  };

  std::size_t last() const { return tensors_.size() - 1; }
  std::size_t size(std::size_t tensor) const { return tensors_[tensor].size; }
  static std::string name(std::size_t tensor) { return "t" + std::to_string(tensor); }
  std::size_t unread() const {
    std::size_t count = 0;
    for (const Tensor& tensor : tensors_) count += !tensor.read;
    return count;
  }
  std::size_t some_unread(std::size_t skip) const {
    for (std::size_t t = tensors_.size(); t-- > 0;)
      if (!tensors_[t].read && skip-- == 0) return t;
    return 0;
  }

  void give(std::size_t size, std::function<Point(const Point&)> value) {
    tensors_.push_back({size, std::move(value)});
  }
  std::function<Point(const Point&)> read(std::size_t tensor) {
    tensors_[tensor].read = true;
    return tensors_[tensor].value;
  }
  template <class Choices>
  static std::vector<float> weights(Choices& choices, std::size_t count) {
    std::vector<float> numbers(count);
    for (float& number : numbers) number = choices.weight();
    return numbers;
  }
  std::string constant(std::vector<std::int64_t> shape, const std::vector<float>& numbers) {
    const std::string called = "c" + std::to_string(constants_++);
    net_.tensor(called, shape, numbers);
    return called;
  }

  template <class Choices>
  void linear(Choices& choices, std::size_t from, std::size_t out) {
    const std::size_t in = size(from);
    const auto w = weights(choices, out * in), b = weights(choices, out);
    const auto rows = static_cast<std::int64_t>(out), columns = static_cast<std::int64_t>(in);
    const std::string weight = constant({rows, columns}, w), bias = constant({rows}, b);
    net_.node("Gemm", {name(from), weight, bias}, {name(tensors_.size())},
              {onnx_integer("transB", 1)});
    give(out, [=, x = read(from)](const Point& point) {
      const Point before = x(point);
      Point after(b.begin(), b.end());
      for (std::size_t r = 0; r < out; ++r)
        for (std::size_t c = 0; c < in; ++c) after[r] += w[r * in + c] * before[c];
      return after;
    });
  }

  template <class Choices>
  void constants(Choices& choices, std::size_t from) {
    static constexpr const char* operators[] = {"Add", "Sub", "Mul"};
    const std::size_t which = choices.below(3), n = size(from);
    const auto c = weights(choices, n);
    net_.node(operators[which], {name(from), constant({static_cast<std::int64_t>(n)}, c)},
              {name(tensors_.size())});
    give(n, [=, x = read(from)](const Point& point) {
      Point after = x(point);
      for (std::size_t i = 0; i < n; ++i)
        after[i] = which == 0 ? after[i] + c[i] : which == 1 ? after[i] - c[i] : after[i] * c[i];
      return after;
    });
  }

  template <class Choices>
  void activation(Choices& choices, std::size_t from) {
    static constexpr const char* operators[] = {"Relu", "LeakyRelu", "Sigmoid", "Tanh",    "Abs",
                                                "Sin",  "Atan",      "Erf",     "Softplus"};
    const std::size_t which = choices.below(9);
    net_.node(operators[which], {name(from)}, {name(tensors_.size())});
    give(size(from), [=, x = read(from)](const Point& point) {
      Point after = x(point);
      for (long double& z : after)
        z = which == 0   ? std::fmax(z, 0.0L)
            : which == 1 ? (z > 0 ? z : static_cast<long double>(0.01F) * z)
            : which == 2 ? 1 / (1 + std::exp(-z))
            : which == 3 ? std::tanh(z)
            : which == 4 ? std::fabs(z)
            : which == 5 ? std::sin(z)
            : which == 6 ? std::atan(z)
            : which == 7 ? std::erf(z)
                         : std::fmax(z, 0.0L) + std::log1p(std::exp(-std::fabs(z)));
      return after;
    });
  }

  template <class Choices>
  void sum(Choices& choices, std::size_t a, std::size_t b) {
    const bool plus = choices.below(3) > 0;
    net_.node(plus ? "Add" : "Sub", {name(a), name(b)}, {name(tensors_.size())});
    give(size(a), [plus, x = read(a), y = read(b)](const Point& point) {
      Point after = x(point);
      const Point other = y(point);
      for (std::size_t i = 0; i < after.size(); ++i) after[i] += plus ? other[i] : -other[i];
      return after;
    });
  }

  // Some of the elements, in some order, any of them more than once.
  template <class Choices>
  void gather(Choices& choices, std::size_t from) {
    std::vector<std::int64_t> indices(1 + choices.below(4));
    for (auto& index : indices) index = static_cast<std::int64_t>(choices.below(size(from)));
    const std::string called = "c" + std::to_string(constants_++);
    net_.integers(called, indices);
    net_.node("Gather", {name(from), called}, {name(tensors_.size())}, {onnx_integer("axis", 1)});
    give(indices.size(), [indices, x = read(from)](const Point& point) {
      const Point before = x(point);
      Point after;
      for (const auto index : indices) after.push_back(before[static_cast<std::size_t>(index)]);
      return after;
    });
  }

  void concat(std::size_t a, std::size_t b) {
    net_.node("Concat", {name(a), name(b)}, {name(tensors_.size())}, {onnx_integer("axis", 1)});
    give(size(a) + size(b), [x = read(a), y = read(b)](const Point& point) {
      Point after = x(point);
      const Point other = y(point);
      after.insert(after.end(), other.begin(), other.end());
      return after;
    });
  }

  // Two tensors that nobody has read become one.
  template <class Choices>
  void join(Choices& choices) {
    const std::size_t a = some_unread(0), b = some_unread(1);
    if (size(a) == size(b) && choices.below(3) > 0)
      sum(choices, a, b);
    else if (choices.below(2))
      concat(a, b);
    else
      concat(b, a);
    if (size(last()) > 6) linear(choices, last(), 1 + choices.below(4));
  }

  template <class Choices>
  void draw(Choices& choices) {
    const std::size_t from = choices.below(tensors_.size());
    switch (choices.below(7)) {
      case 0:
      case 1: return linear(choices, from, 1 + choices.below(5));
      case 2:
      case 3: return activation(choices, from);
      case 4: return constants(choices, from);
      case 5: return gather(choices, from);
      default: break;
    }
    const std::size_t other = choices.below(tensors_.size());
    if (size(from) == size(other))
      sum(choices, from, other);
    else if (size(from) + size(other) <= 8)
      concat(from, other);
    else
      activation(choices, from);
  }

  OnnxWriter net_;
  std::vector<Tensor> tensors_;
  std::size_t constants_ = 0;
};

}  // namespace shardbound_test
