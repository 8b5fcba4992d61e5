// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// ONNX's TensorProto as plain data: what it is called, its shape, and where in the file its numbers
// lie. Numbers that lie in one piece stay there; the rarer ways of writing them are gathered here.

#include <shardbound/io/detail/onnx_fields.hpp>
#include <shardbound/io/onnx_type.hpp>
#include <shardbound/io/wire.hpp>

#include <bit>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace shardbound::inline v0::io {

/// Where a tensor's numbers lie that are kept outside its model's file, as the model says.
struct OnnxExternal {
  std::string location;  ///< a path, relative to the model's folder
  std::int64_t offset = 0;
  std::int64_t length = -1;  ///< in bytes; -1: not said
};

struct OnnxTensor {
  std::string name;
  OnnxType type = OnnxType::none;
  std::vector<std::int64_t> shape;
  std::int64_t elements = 0;              ///< the product of the shape
  std::int64_t offset = -1;               ///< of the first of them, little-endian and without gaps,
  std::shared_ptr<const InputFile> file;  ///< in this file; or, if offset is -1,
  std::vector<double> numbers;            ///< of a float type: copied or computed
  std::vector<double> errors;             ///< how far off `numbers` may be; empty: exact
  std::vector<std::int64_t> integers;     ///< of a whole type: copied or computed
  std::optional<OnnxExternal> external{};  ///< until the other file is open
  bool rounds = false;  ///< computed, and floats may have been rounded on the way
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

namespace detail {

/// The number that 16 bits are: IEEE's binary16, and the upper half of a binary32.
inline double from_half(std::uint16_t bits) {
  const int exponent = bits >> 10 & 31;
  const double fraction = bits & 1023;
  const double size = exponent == 31  ? (fraction > 0 ? std::numeric_limits<double>::quiet_NaN()
                                                      : std::numeric_limits<double>::infinity())
                      : exponent == 0 ? std::ldexp(fraction, -24)
                                      : std::ldexp(1024 + fraction, exponent - 25);
  return bits >> 15 ? -size : size;
}
inline double from_bfloat(std::uint16_t bits) {
  return static_cast<double>(std::bit_cast<float>(std::uint32_t{bits} << 16));
}

/// Whether a whole number is one of this type's; unsigned ones of 64 bits end where signed ones do.
inline bool holds(OnnxType type, std::int64_t number) {
  const auto within = [&](std::int64_t least, std::int64_t most) {
    return least <= number && number <= most;
  };
  switch (type) {
    case OnnxType::boolean: return within(0, 1);
    case OnnxType::int8: return within(-128, 127);
    case OnnxType::uint8: return within(0, 255);
    case OnnxType::int16: return within(-32768, 32767);
    case OnnxType::uint16:
    case OnnxType::float16:  // written as their bits
    case OnnxType::bfloat16: return within(0, 65535);
    case OnnxType::int32: return within(INT32_MIN, INT32_MAX);
    case OnnxType::uint32: return within(0, UINT32_MAX);
    case OnnxType::uint64: return number >= 0;
    default: return true;
  }
}

// Of a tensor whose numbers were written as varints: none beyond its type; 16-bit floats are their bits.
template <class Fail>
void from_integers(OnnxTensor& tensor, Fail fail) {
  for (const std::int64_t number : tensor.integers)
    if (!holds(tensor.type, number))
      fail("holds " + std::to_string(number) + ", which is not a number of type " +
           onnx_type_name(tensor.type));
  if (is_whole(tensor.type)) return;
  if (tensor.type == OnnxType::float16 || tensor.type == OnnxType::bfloat16)
    for (const std::int64_t number : tensor.integers)
      tensor.numbers.push_back(tensor.type == OnnxType::float16
                                   ? from_half(static_cast<std::uint16_t>(number))
                                   : from_bfloat(static_cast<std::uint16_t>(number)));
  tensor.integers.clear();
}

// One of the pairs of texts that say where numbers lie outside the file.
inline void read_onnx_external(WireWindow& window, ByteRange message, OnnxExternal& external) {
  std::string key, value;
  WireReader reader(window, message);
  while (reader.next()) {
    if (reader.field() == entry_field::key) key = reader.text();
    if (reader.field() == entry_field::value) value = reader.text();
  }
  if (key == "location") external.location = value;
  if (key != "offset" && key != "length") return;  // a checksum, or what is not known
  auto& number = key == "offset" ? external.offset : external.length;
  const auto [end, wrong] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (wrong != std::errc() || end != value.data() + value.size() || number < 0)
    reader.fail("external data has the " + key + " '" + value +
                "', which is not a number of bytes");
}

}  // namespace detail

/// Reads a TensorProto. What lies in the file is located there: `file` is not set yet. Throws
/// FormatError, naming the tensor, if its data lies outside the file, if it is cut into segments, or
/// if there are more or fewer numbers than its shape says.
inline OnnxTensor read_onnx_tensor(WireWindow& window, ByteRange message) {
  namespace field = detail::tensor_field;
  constexpr std::size_t rank_limit = 64;
  const InputFile& file = window.file();
  OnnxTensor tensor;
  detail::Pieces<float> floats;
  detail::Pieces<double> doubles;
  ByteRange raw;
  OnnxExternal elsewhere;
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
      case field::external_data:
        detail::read_onnx_external(window, reader.bytes(), elsewhere);
        break;
      case field::data_location: external = reader.integer() != 0; break;
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
      case field::uint64_data:
        reader.each_integer([&](std::int64_t number) { tensor.integers.push_back(number); });
        break;
      default: break;
    }
  }

  const auto fail = [&](const std::string& sentence) {
    throw format_error(file.name(), "tensor '" + tensor.name + "' " + sentence);
  };
  if (segment) fail("is stored in segments, which are not supported");
  tensor.elements = count_elements(tensor.shape, fail);
  const std::int64_t size = element_bytes(tensor.type);
  if (size == 0) return tensor;  // refused by whoever wants its numbers
  if (external) {
    tensor.integers.clear();
    if (has_raw) fail("has its numbers both in this file and in another one");
    tensor.external = std::move(elsewhere);
    return tensor;
  }
  if (has_raw) {
    if (raw.length % size != 0 || raw.length / size != tensor.elements)
      fail("has " + std::to_string(raw.length) + " bytes of data where its shape wants " +
           std::to_string(tensor.elements) + " numbers of " + std::to_string(size) + " bytes");
    tensor.integers.clear();
    tensor.offset = raw.offset;
    return tensor;
  }
  bool complete = static_cast<std::int64_t>(tensor.integers.size()) == tensor.elements;
  if (tensor.type == OnnxType::float32) complete = floats.give(tensor);
  if (tensor.type == OnnxType::float64) complete = doubles.give(tensor);
  if (!complete)
    fail("does not hold the " + std::to_string(tensor.elements) + " numbers that its shape wants");
  detail::from_integers(tensor, fail);
  return tensor;
}

}  // namespace shardbound::inline v0::io
