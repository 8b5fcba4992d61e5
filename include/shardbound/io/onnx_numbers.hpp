// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The elements of an ONNX tensor as doubles or as integers, exactly, from whichever file they lie in.

#include <shardbound/io/folded.hpp>
#include <shardbound/io/onnx_tensor.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace shardbound::inline v0::io {

namespace detail {

[[noreturn]] inline void fail_tensor(const OnnxTensor& tensor, const std::string& sentence) {
  const std::string all = "tensor '" + tensor.name + "' " + sentence;
  if (!tensor.file) throw FormatError(printable(all));
  throw format_error(tensor.file->name(), all);
}

// The numbers that lie in one piece in the file, each as `convert` makes it.
template <class Stored, class To, class Convert>
std::vector<To> read_stored(const OnnxTensor& tensor, Convert convert) {
  std::vector<Stored> stored(static_cast<std::size_t>(tensor.elements));
  tensor.file->read(tensor.offset, stored.data(),
                    tensor.elements * static_cast<std::int64_t>(sizeof(Stored)));
  std::vector<To> out;
  out.reserve(stored.size());
  for (const Stored number : stored) out.push_back(convert(number));
  return out;
}

template <class Stored>
std::vector<double> read_floats(const OnnxTensor& tensor) {
  return read_stored<Stored, double>(tensor,
                                     [](Stored number) { return static_cast<double>(number); });
}
template <class Stored>
std::vector<std::int64_t> read_whole(const OnnxTensor& tensor) {
  return read_stored<Stored, std::int64_t>(
      tensor, [](Stored number) { return static_cast<std::int64_t>(number); });
}

}  // namespace detail

/// The numbers of a tensor of a float type, as doubles. Throws FormatError on other element types.
inline std::vector<double> read_numbers(const OnnxTensor& tensor) {
  if (!is_float(tensor.type))
    detail::fail_tensor(tensor, "holds numbers of type " + onnx_type_name(tensor.type) +
                                    " where float or double is wanted");
  if (tensor.offset < 0) return tensor.numbers;
  switch (tensor.type) {
    case OnnxType::float32: return detail::read_floats<float>(tensor);
    case OnnxType::float16:
      return detail::read_stored<std::uint16_t, double>(tensor, detail::from_half);
    case OnnxType::bfloat16:
      return detail::read_stored<std::uint16_t, double>(tensor, detail::from_bfloat);
    default: return detail::read_floats<double>(tensor);
  }
}

/// The same with how far off each may be.
inline std::vector<Approximation> read_approximations(const OnnxTensor& tensor) {
  const std::vector<double> numbers = read_numbers(tensor);
  std::vector<Approximation> out;
  out.reserve(numbers.size());
  for (std::size_t i = 0; i < numbers.size(); ++i)
    out.push_back({numbers[i], tensor.errors.empty() ? 0 : tensor.errors[i]});
  return out;
}

/// The numbers of a tensor of a whole type: a shape, a list of axes or indices. Throws FormatError on
/// other element types, on more than `limit` numbers, and on those beyond 2^63.
inline std::vector<std::int64_t> read_integers(const OnnxTensor& tensor, std::int64_t limit = 64) {
  if (!is_whole(tensor.type))
    detail::fail_tensor(tensor, "holds numbers of type " + onnx_type_name(tensor.type) +
                                    " where integers are wanted");
  if (tensor.elements > limit)
    detail::fail_tensor(tensor, "holds " + std::to_string(tensor.elements) +
                                    " integers where at most " + std::to_string(limit) +
                                    " make sense");
  if (tensor.offset < 0) return tensor.integers;
  std::vector<std::int64_t> out;
  switch (tensor.type) {
    case OnnxType::boolean:
    case OnnxType::uint8: out = detail::read_whole<std::uint8_t>(tensor); break;
    case OnnxType::int8: out = detail::read_whole<std::int8_t>(tensor); break;
    case OnnxType::uint16: out = detail::read_whole<std::uint16_t>(tensor); break;
    case OnnxType::int16: out = detail::read_whole<std::int16_t>(tensor); break;
    case OnnxType::int32: out = detail::read_whole<std::int32_t>(tensor); break;
    case OnnxType::uint32: out = detail::read_whole<std::uint32_t>(tensor); break;
    default: out = detail::read_whole<std::int64_t>(tensor); break;
  }
  for (const std::int64_t number : out)
    if (!detail::holds(tensor.type, number))
      detail::fail_tensor(tensor, "holds " + std::to_string(number) +
                                      ", which is not a number of type " +
                                      onnx_type_name(tensor.type) + " that is read here");
  return out;
}

}  // namespace shardbound::inline v0::io
