// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// ONNX's TensorProto as plain data: what it is called, its shape, and where in the file its numbers
// lie. Numbers that lie in one piece stay there; the rarer ways of writing them are gathered here.

#include <shardbound/io/detail/onnx_fields.hpp>
#include <shardbound/io/wire.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace shardbound::inline v0::io {

/// ONNX's numbers of element types; those named are read, the rest are only known by name.
enum class OnnxType : std::int32_t { none = 0, float32 = 1, int32 = 6, int64 = 7, float64 = 11 };

/// What ONNX calls an element type, for messages.
inline std::string onnx_type_name(OnnxType type) {
  static constexpr const char* names[] = {"undefined",  "float",   "uint8",  "int8",   "uint16",
                                          "int16",      "int32",   "int64",  "string", "bool",
                                          "float16",    "double",  "uint32", "uint64", "complex64",
                                          "complex128", "bfloat16"};
  const auto number = static_cast<std::int32_t>(type);
  if (number < 0 || number >= static_cast<std::int32_t>(std::size(names)))
    return "element type " + std::to_string(number);
  return names[number];
}

inline bool is_float(OnnxType type) {
  return type == OnnxType::float32 || type == OnnxType::float64;
}

struct OnnxTensor {
  std::string name;
  OnnxType type = OnnxType::none;
  std::vector<std::int64_t> shape;
  std::int64_t elements = 0;           ///< the product of the shape
  std::int64_t offset = -1;            ///< of the first of them, little-endian and without gaps, or
  std::vector<double> numbers;         ///< float32, float64: copied, because they were scattered
  std::vector<std::int64_t> integers;  ///< int32, int64: copied, because they were varints
};

/// Elements of a tensor of this shape; throws through `fail(sentence)` if one of its extents is
/// negative or the product is beyond 2^60.
template <class Fail>
std::int64_t count_elements(const std::vector<std::int64_t>& shape, Fail fail) {
  std::int64_t product = 1;
  bool none = false;
  for (const std::int64_t extent : shape) {
    if (extent < 0) fail("has a negative extent, " + std::to_string(extent));
    if (extent == 0) none = true;
    if (extent > 0 && product > (std::int64_t{1} << 60) / extent)
      fail("has more than 2^60 elements");
    if (extent > 0) product *= extent;
  }
  return none ? 0 : product;
}

namespace detail {

// The pieces in which a tensor's numbers of one kind were written: none, one that may stay in the
// file, or several that have to be put together.
template <class Number>
class Pieces {
 public:
  void add(const InputFile& file, ByteRange piece) {
    if (piece.length == 0) return;
    if (numbers_.empty() && whole_.length == 0) {
      whole_ = piece;
      return;
    }
    gather(file);
    copy(file, piece);
  }

  void add(const InputFile& file, Number number) {
    gather(file);
    numbers_.push_back(number);
  }

  // Hands the numbers over; `elements` of them are wanted.
  bool give(OnnxTensor& tensor) {
    const auto size = static_cast<std::int64_t>(sizeof(Number));
    if (numbers_.empty() && whole_.length == tensor.elements * size && whole_.length > 0) {
      tensor.offset = whole_.offset;
      return true;
    }
    tensor.numbers = std::move(numbers_);
    return static_cast<std::int64_t>(tensor.numbers.size()) == tensor.elements;
  }

 private:
  void gather(const InputFile& file) {
    if (whole_.length > 0) copy(file, std::exchange(whole_, {}));
  }

  void copy(const InputFile& file, ByteRange piece) {
    const auto size = static_cast<std::int64_t>(sizeof(Number));
    std::vector<Number> read(static_cast<std::size_t>(piece.length / size));
    file.read(piece.offset, read.data(), piece.length / size * size);
    numbers_.insert(numbers_.end(), read.begin(), read.end());
  }

  ByteRange whole_;
  std::vector<double> numbers_;
};

}  // namespace detail

/// Reads a TensorProto. Throws FormatError, naming the tensor, if its data lies outside the file,
/// if it is cut into segments, or if there are more or fewer numbers than its shape says.
inline OnnxTensor read_onnx_tensor(WireWindow& window, ByteRange message) {
  namespace field = detail::tensor_field;
  constexpr std::size_t rank_limit = 64;
  const InputFile& file = window.file();
  OnnxTensor tensor;
  detail::Pieces<float> floats;
  detail::Pieces<double> doubles;
  ByteRange raw;
  bool has_raw = false, external = false, segment = false;
  WireReader reader(window, message);
  while (reader.next()) {
    switch (reader.field()) {
      case field::dims:
        reader.each_integer([&](std::int64_t extent) {
          if (tensor.shape.size() == rank_limit) reader.fail("a tensor has more than 64 axes");
          tensor.shape.push_back(extent);
        });
        break;
      case field::data_type: tensor.type = static_cast<OnnxType>(reader.integer()); break;
      case field::segment: segment = true; break;
      case field::name: tensor.name = reader.text(); break;
      case field::raw_data: raw = reader.bytes(), has_raw = true; break;
      case field::external_data: external = true; break;
      case field::data_location: external = external || reader.integer() != 0; break;
      case field::float_data:
        reader.type() == WireType::fixed32 ? floats.add(file, reader.float32())
                                           : floats.add(file, reader.bytes());
        break;
      case field::double_data:
        reader.type() == WireType::fixed64 ? doubles.add(file, reader.float64())
                                           : doubles.add(file, reader.bytes());
        break;
      case field::int32_data:
      case field::int64_data:
        reader.each_integer([&](std::int64_t number) { tensor.integers.push_back(number); });
        break;
      default: break;
    }
  }

  const auto fail = [&](const std::string& sentence) {
    throw FormatError(file.name() + ": tensor '" + tensor.name + "' " + sentence);
  };
  if (external) fail("keeps its numbers in another file (external data), which is not supported");
  if (segment) fail("is cut into segments, which is not supported");
  tensor.elements = count_elements(tensor.shape, fail);

  const bool narrow = tensor.type == OnnxType::float32 || tensor.type == OnnxType::int32;
  const bool whole = tensor.type == OnnxType::int32 || tensor.type == OnnxType::int64;
  if (!whole && !is_float(tensor.type)) return tensor;  // refused by whoever wants its numbers
  if (has_raw) {
    const std::int64_t size = narrow ? 4 : 8;
    if (raw.length % size != 0 || raw.length / size != tensor.elements)
      fail("has " + std::to_string(raw.length) + " bytes of data where its shape wants " +
           std::to_string(tensor.elements) + " numbers of " + std::to_string(size) + " bytes");
    tensor.offset = raw.offset;
    return tensor;
  }
  const bool complete = whole ? static_cast<std::int64_t>(tensor.integers.size()) == tensor.elements
                              : (narrow ? floats.give(tensor) : doubles.give(tensor));
  if (!complete)
    fail("does not hold the " + std::to_string(tensor.elements) + " numbers that its shape wants");
  return tensor;
}

namespace detail {

// The numbers that lie in one piece in the file, as `To`.
template <class Stored, class To>
std::vector<To> read_stored(const InputFile& file, const OnnxTensor& tensor) {
  std::vector<Stored> stored(static_cast<std::size_t>(tensor.elements));
  file.read(tensor.offset, stored.data(),
            tensor.elements * static_cast<std::int64_t>(sizeof(Stored)));
  return std::vector<To>(stored.begin(), stored.end());
}

}  // namespace detail

/// The numbers of a float or double tensor, as doubles. Throws FormatError on other element types.
inline std::vector<double> read_numbers(const InputFile& file, const OnnxTensor& tensor) {
  if (!is_float(tensor.type))
    throw FormatError(file.name() + ": tensor '" + tensor.name + "' holds numbers of type " +
                      onnx_type_name(tensor.type) + " where float or double is wanted");
  if (tensor.offset < 0) return tensor.numbers;
  return tensor.type == OnnxType::float32 ? detail::read_stored<float, double>(file, tensor)
                                          : detail::read_stored<double, double>(file, tensor);
}

/// The numbers of a short tensor of int32 or int64: a shape, a list of axes. Throws FormatError on
/// other element types and on more than `limit` numbers.
inline std::vector<std::int64_t> read_integers(const InputFile& file, const OnnxTensor& tensor,
                                               std::int64_t limit = 64) {
  const auto fail = [&](const std::string& sentence) {
    throw FormatError(file.name() + ": tensor '" + tensor.name + "' " + sentence);
  };
  if (tensor.type != OnnxType::int32 && tensor.type != OnnxType::int64)
    fail("holds numbers of type " + onnx_type_name(tensor.type) + " where integers are wanted");
  if (tensor.elements > limit)
    fail("holds " + std::to_string(tensor.elements) + " integers where at most " +
         std::to_string(limit) + " make sense");
  if (tensor.offset < 0) return tensor.integers;
  return tensor.type == OnnxType::int32
             ? detail::read_stored<std::int32_t, std::int64_t>(file, tensor)
             : detail::read_stored<std::int64_t, std::int64_t>(file, tensor);
}

}  // namespace shardbound::inline v0::io
