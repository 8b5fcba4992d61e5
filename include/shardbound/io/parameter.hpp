// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Parameters by the piece: some rows of a stored matrix, straight from the file into the caller's
// memory, so that no rank ever holds more of a layer than it asked for.

#include <shardbound/core/decimal.hpp>
#include <shardbound/io/step.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

namespace shardbound::inline v0::io {

namespace detail {

// A stored number as Scalar, to nearest. What is finite must stay so.
template <class Scalar>
Scalar converted(double number, const ParameterSource& source) {
  const auto near = static_cast<Scalar>(number);
  if (std::isinf(near) && std::isfinite(number))
    throw FormatError((source.file ? source.file->name() + ": " : std::string()) + "parameter '" +
                      source.name + "' holds " + decimal(number) +
                      ", which is beyond float32. Fix: compute in float64");
  return near;
}

// Numbers [first, first + count) of those that lie in the source's file, there as `Stored`.
template <class Stored, class Scalar>
void read_stored(const ParameterSource& source, std::int64_t first, std::int64_t count,
                 Scalar* out) {
  const InputFile& file = *source.file;
  const std::int64_t offset = source.offset;
  constexpr auto size = static_cast<std::int64_t>(sizeof(Stored));
  if constexpr (std::is_same_v<Stored, Scalar>) {
    file.read(offset + first * size, out, count * size);
  } else {
    constexpr std::int64_t piece = 1 << 14;
    std::vector<Stored> buffer(static_cast<std::size_t>(std::min(piece, count)));
    for (std::int64_t done = 0; done < count; done += piece) {
      const std::int64_t now = std::min(piece, count - done);
      file.read(offset + (first + done) * size, buffer.data(), now * size);
      std::transform(buffer.begin(), buffer.begin() + now, out + done,
                     [&](Stored number) { return converted<Scalar>(number, source); });
    }
  }
}

[[noreturn]] inline void refuse_parameter(const ParameterSource& source, const std::string& what) {
  throw ArgumentError((source.file ? source.file->name() + ": " : std::string()) + "parameter '" +
                      source.name + "' " + what);
}

// Numbers [first, first + count) of a parameter, row-major as stored.
template <class Scalar>
void read_run(const ParameterSource& source, std::int64_t first, std::int64_t count, Scalar* out) {
  if (source.file) {
    if (source.element == ParameterSource::Element::float32)
      read_stored<float>(source, first, count, out);
    else
      read_stored<double>(source, first, count, out);
    return;
  }
  if (static_cast<std::int64_t>(source.values.size()) != source.rows * source.columns)
    refuse_parameter(source, "holds " + std::to_string(source.values.size()) + " values for " +
                                 std::to_string(source.rows) + " x " +
                                 std::to_string(source.columns));
  std::transform(source.values.begin() + first, source.values.begin() + first + count, out,
                 [&](double number) { return converted<Scalar>(number, source); });
}

}  // namespace detail

/// Copies stored rows [first_row, first_row + row_count) of a parameter, row-major as stored, to
/// `out`: (row_count, source.columns). float32 numbers arrive in a float exactly, and in a double;
/// float64 numbers are rounded to the nearest float.
/// Throws ArgumentError for rows that it does not have, FormatError if the file is cut short or a number is beyond float.
template <std::floating_point Scalar>
void read_parameter(const ParameterSource& source, std::int64_t first_row, std::int64_t row_count,
                    Scalar* out) {
  if (first_row < 0 || row_count < 0 || first_row > source.rows ||
      row_count > source.rows - first_row)
    detail::refuse_parameter(source, "has " + std::to_string(source.rows) + " rows; rows " +
                                         std::to_string(first_row) + " to " +
                                         std::to_string(first_row + row_count) + " were wanted");
  detail::read_run(source, first_row * source.columns, row_count * source.columns, out);
}

/// The same for a block of columns: rows [0, source.rows) of columns [first, first + count), to `out`:
/// (source.rows, count). Reads each number once.
template <std::floating_point Scalar>
void read_columns(const ParameterSource& source, std::int64_t first, std::int64_t count,
                  Scalar* out) {
  if (first < 0 || count < 0 || count > source.columns - first)
    detail::refuse_parameter(source, "has " + std::to_string(source.columns) + " columns; " +
                                         std::to_string(first) + " to " +
                                         std::to_string(first + count) + " were wanted");
  for (std::int64_t row = 0; row < source.rows; ++row)
    detail::read_run(source, row * source.columns + first, count, out + row * count);
}

}  // namespace shardbound::inline v0::io
