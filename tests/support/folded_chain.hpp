// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Random runs of operators that apply constants, as an ONNX file that ends in a ReLU and a small matrix,
// and their values in quadruple precision: what a reader that folds constants is compared with.

#include <cmath>
#include <random>
#include <string>
#include <tests/support/onnx_writer.hpp>
#include <tests/support/random_network.hpp>
#include <vector>

namespace shardbound_test {

__extension__ typedef __float128 Quad;  // 113 bits

/// A number and by how much quadruple precision may be off.
struct QuadValue {
  Quad number, doubt;
};

class FoldedChain {
 public:
  enum Numbers { floats, doubles };
  /// Of moderate constants, divisions and batch normalisations among them; or of large ones that meet
  /// their opposites further down, multiplied or divided by the same on the way.
  enum Kind { mixed, cancelling, dividing };

  static constexpr std::size_t features = 4, outputs = 2;

  FoldedChain(std::mt19937& random, Kind kind, Numbers numbers) : numbers_(numbers) {
    const auto type = numbers == doubles ? 11 : 1;
    onnx_.input("x", {1, 4}, type).output("y", {1, 2}, type);
    const int length = 2 + static_cast<int>(random() % 5);
    std::vector<double> large;
    if (kind != mixed) {
      for (std::size_t i = 0; i < features; ++i)
        large.push_back(kept(uniform(random, 1, 9) * (numbers == doubles ? 1e15 : 1e6)));
      arithmetic("Sub", large);
    }
    for (int i = 0; i < length; ++i) {
      const auto pick = random() % 6;
      if (kind != mixed) {
        arithmetic(pick % 2 ? "Add" : "Sub", draw(random, 0.1, 5));
      } else if (pick < 4) {
        const char* operators[] = {"Add", "Sub", "Mul", "Div"};
        arithmetic(operators[pick], draw(random, 0.3, 3));
      } else {
        normalisation(draw(random, 0.3, 2), draw(random, 0.1, 2), draw(random, 0.1, 2),
                      draw(random, 0.3, 3));
      }
    }
    if (kind != mixed) {
      const auto factor = draw(random, 0.5, 2);
      arithmetic(kind == dividing ? "Div" : "Mul", factor);
      for (std::size_t i = 0; i < features; ++i)
        large[i] = kept(kind == dividing ? large[i] / factor[i] : large[i] * factor[i]);
      arithmetic("Add", large);
    }
    for (std::size_t i = 0; i < features * outputs; ++i)
      weight_.push_back(static_cast<double>(random() % 7) - 3);
    constant("W", {4, 2}, weight_);
    onnx_.node("Relu", {last_}, {"h"}).node("MatMul", {"h", "W"}, {"y"});
  }

  const OnnxWriter& onnx() const { return onnx_; }

  /// The network's outputs at a point, which like the weights is exact in float.
  std::vector<QuadValue> values(const std::vector<double>& x) const {
    std::vector<QuadValue> y(outputs, {0, 0});
    for (std::size_t i = 0; i < features; ++i) {
      Quad number = x[i], size = absolute(number);
      for (const auto& step : steps_) {
        number = number * step.scale[i] / step.divisor[i] + step.shift[i];
        size = size * absolute(step.scale[i] / step.divisor[i]) + absolute(step.shift[i]);
      }
      if (number < 0) number = 0;
      for (std::size_t o = 0; o < outputs; ++o) {
        y[o].number += weight_[i * outputs + o] * number;
        y[o].doubt += absolute(weight_[i * outputs + o]) * size * Quad(0x1p-107);
      }
    }
    return y;
  }

 private:
  struct Step {
    std::vector<Quad> scale, divisor, shift;
  };

  static Quad absolute(Quad x) { return x < 0 ? -x : x; }
  static Quad root(Quad x) {
    Quad y = std::sqrt(static_cast<double>(x));
    for (int i = 0; i < 4; ++i) y = (y + x / y) / 2;
    return y;
  }

  double kept(double x) const { return numbers_ == doubles ? x : static_cast<float>(x); }
  std::vector<double> draw(std::mt19937& random, double low, double high) const {
    std::vector<double> numbers;
    for (std::size_t i = 0; i < features; ++i) numbers.push_back(kept(uniform(random, low, high)));
    return numbers;
  }

  void constant(const std::string& name, const std::vector<std::int64_t>& shape,
                const std::vector<double>& numbers) {
    if (numbers_ == doubles)
      onnx_.doubles(name, shape, numbers);
    else
      onnx_.tensor(name, shape, std::vector<float>(numbers.begin(), numbers.end()));
  }
  std::string next() { return "t" + std::to_string(steps_.size()); }

  void arithmetic(const std::string& op, const std::vector<double>& numbers) {
    const std::string name = "c" + std::to_string(steps_.size()), out = next();
    constant(name, {4}, numbers);
    onnx_.node(op, {last_, name}, {out});
    last_ = out;
    Step step{std::vector<Quad>(features, 1), std::vector<Quad>(features, 1),
              std::vector<Quad>(features, 0)};
    auto& target = op == "Mul" ? step.scale : op == "Div" ? step.divisor : step.shift;
    for (std::size_t i = 0; i < features; ++i) target[i] = op == "Sub" ? -numbers[i] : numbers[i];
    steps_.push_back(step);
  }

  // gamma (x - mean) / sqrt(variance + epsilon) + beta
  void normalisation(const std::vector<double>& gamma, const std::vector<double>& beta,
                     const std::vector<double>& mean, const std::vector<double>& variance) {
    const std::string name = "n" + std::to_string(steps_.size()), out = next();
    const std::vector<double>* parts[] = {&gamma, &beta, &mean, &variance};
    std::vector<std::string> inputs{last_};
    for (const auto* part : parts) {
      inputs.push_back(name + std::to_string(inputs.size()));
      constant(inputs.back(), {4}, *part);
    }
    const float epsilon = 1e-3f;
    onnx_.node("BatchNormalization", inputs, {out}, {onnx_float("epsilon", epsilon)});
    last_ = out;
    Step centred, scaled;
    for (std::size_t i = 0; i < features; ++i) {
      centred.scale.push_back(1), centred.divisor.push_back(1), centred.shift.push_back(-mean[i]);
      scaled.scale.push_back(gamma[i]), scaled.shift.push_back(beta[i]);
      scaled.divisor.push_back(root(Quad(variance[i]) + epsilon));
    }
    steps_.push_back(centred), steps_.push_back(scaled);
  }

  Numbers numbers_;
  OnnxWriter onnx_;
  std::string last_ = "x";
  std::vector<Step> steps_;
  std::vector<double> weight_;
};

}  // namespace shardbound_test
