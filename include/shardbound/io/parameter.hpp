// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Parameters by the piece: some rows of a stored matrix, straight from the file into the caller's
// memory, so that no rank ever holds more of a layer than it asked for.

#include <shardbound/io/file.hpp>
#include <shardbound/io/model.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

namespace shardbound::inline v0::io {

namespace detail {

// Numbers [first, first + count) of those that start at `offset`, as `Stored` in the file.
template <class Stored, class Scalar>
void read_stored(const InputFile& file, std::int64_t offset, std::int64_t first, std::int64_t count,
                 Scalar* out) {
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
                     [](Stored number) { return static_cast<Scalar>(number); });
    }
  }
}

}  // namespace detail

/// Copies stored rows [first_row, first_row + row_count) of a parameter, row-major as stored, to
/// `out`: (row_count, source.columns). float32 numbers arrive in a float exactly, and in a double;
/// float64 numbers are rounded to the nearest float. `file` is the one the source was read from.
/// Throws ArgumentError for rows that it does not have, FormatError if the file is cut short.
template <std::floating_point Scalar>
void read_parameter(const InputFile& file, const ParameterSource& source, std::int64_t first_row,
                    std::int64_t row_count, Scalar* out) {
  if (first_row < 0 || row_count < 0 || first_row > source.rows ||
      row_count > source.rows - first_row)
    throw ArgumentError(file.name() + ": parameter '" + source.name + "' has " +
                        std::to_string(source.rows) + " rows; rows " + std::to_string(first_row) +
                        " to " + std::to_string(first_row + row_count) + " were wanted");
  const std::int64_t first = first_row * source.columns;
  const std::int64_t count = row_count * source.columns;
  if (source.offset < 0) {
    if (static_cast<std::int64_t>(source.values.size()) != source.rows * source.columns)
      throw ArgumentError(file.name() + ": parameter '" + source.name + "' holds " +
                          std::to_string(source.values.size()) + " values for " +
                          std::to_string(source.rows) + " x " + std::to_string(source.columns));
    std::transform(source.values.begin() + first, source.values.begin() + first + count, out,
                   [](double number) { return static_cast<Scalar>(number); });
  } else if (source.element == ParameterSource::Element::float32) {
    detail::read_stored<float>(file, source.offset, first, count, out);
  } else {
    detail::read_stored<double>(file, source.offset, first, count, out);
  }
}

/// The same for a block of columns: rows [0, source.rows) of columns [first, first + count), to `out`:
/// (source.rows, count). Reads each number once.
template <std::floating_point Scalar>
void read_columns(const InputFile& file, const ParameterSource& source, std::int64_t first,
                  std::int64_t count, Scalar* out) {
  if (first < 0 || count < 0 || count > source.columns - first)
    throw ArgumentError(file.name() + ": parameter '" + source.name + "' has " +
                        std::to_string(source.columns) + " columns; " + std::to_string(first) +
                        " to " + std::to_string(first + count) + " were wanted");
  ParameterSource flat = source;  // as one column, so that any run of numbers is some of its rows
  flat.rows = source.rows * source.columns;
  flat.columns = 1;
  for (std::int64_t row = 0; row < source.rows; ++row)
    read_parameter(file, flat, row * source.columns + first, count, out + row * count);
}

}  // namespace shardbound::inline v0::io
