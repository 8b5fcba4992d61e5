// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// One layer of a network file, as plain data. The numbers of its parameters stay in the file until they are
// asked for; each parameter knows its file, as one network may have several.

#include <shardbound/core/geometry.hpp>
#include <shardbound/io/file.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace shardbound::inline v0::io {

/// A matrix or vector of parameters in its file. `offset` counts bytes of the (uncompressed) file
/// from which `rows * columns` little-endian numbers follow without gaps, row-major as stored.
/// A source with no file behind it (a constant made while reading) holds `values` instead.
struct ParameterSource {
  enum class Element { float32, float64 };

  std::string name;          ///< the initialiser's name, for messages
  std::int64_t rows = 0;     ///< as stored
  std::int64_t columns = 0;  ///< as stored; 1 for a vector
  Element element = Element::float32;
  bool transposed = false;                ///< stored as in x out; the layer's matrix is out x in
  std::shared_ptr<const InputFile> file;  ///< where its numbers lie; null: in `values`
  std::int64_t offset = 0;                ///< of the first byte
  std::vector<double> values;

  bool empty() const { return rows == 0; }
};

struct Step;
using Steps = std::vector<Step>;

/// One layer, or one place where branches meet.
struct Step {
  enum class Kind {
    linear,
    scale_shift,
    activation,
    residual,
    concat,
    gather,
    sum,
    maximum,
    softmax,
    multiply
  };

  Kind kind = Kind::linear;
  std::string node;           ///< the operator's name in the file, for messages
  std::string tensor;         ///< the name of the file's tensor that this layer outputs
  std::int64_t features = 0;  ///< elements of its output, the batch axis left out

  ParameterSource weight, bias;  ///< linear: out x in, and out (empty: zeros)
  /// linear: the windows of a convolution, whose matrix is out channels x (in channels / groups, row taps, column
  /// taps), as ONNX stores it, and whose bias is one of each out channel; no channels: dense
  Geometry geometry;
  /// gather: the feature that each output is, -1: the constant in `fill` (empty: zeros)
  std::vector<std::int32_t> indices;
  std::vector<double> fill;
  std::int64_t run = 1;  ///< sum, maximum, softmax: of so many features that follow each other
  std::vector<double> scale, shift;  ///< scale_shift: y = scale x + shift, one of each a feature
  std::vector<double> scale_error,
      shift_error;                   ///< scale_shift: how far off these may be (empty: exact)
  std::string activation;            ///< activation: its functor's name, as in "LeakyReLU"
  std::vector<double> coefficients;  ///< activation: its numbers, in its functor's order
  std::vector<Steps>
      branches;  ///< in a tree of layers: residual, multiply: two; concat: two or more
};

}  // namespace shardbound::inline v0::io
