// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Products at every position of a map, as dense ones: a position of a row is a line of its own. On the way down lines
// of outputs are multiplied at once, and every input then adds up what the taps that see it hold for it, in their
// order - unless window_pull.cuh is faster; on the way up windows are laid out as lines and multiplied. Tiles hold channel after channel and lines
// position after position, so that whatever moves between them turns small squares in shared memory.

#include <shardbound/backend/cuda/check.cuh>
#include <shardbound/backend/cuda/pack.cuh>
#include <shardbound/backend/cuda/window_pull.cuh>
#include <shardbound/expr/calls.hpp>

#include <algorithm>
#include <cstddef>

namespace shardbound::inline v0::cuda {

/// The output, within a block of them, of which a tap sees an input, or less than 0. Axes have extents of 32 bits,
/// which divide faster; most need not be divided at all.
__device__ inline int output_of(const WindowAxis& axis, const Block& outputs, int input, int tap) {
  const int stride = static_cast<int>(axis.stride), first = static_cast<int>(outputs.first);
  const int at = input * static_cast<int>(axis.spread) + static_cast<int>(axis.before) -
                 tap * static_cast<int>(axis.dilation);
  if (at < 0 || (stride > 1 && at % stride != 0)) return -1;
  const int output = (stride > 1 ? at / stride : at) - first;
  return output < static_cast<int>(outputs.count) ? output : -1;
}
/// The input, within a block of them, that a tap of an output sees, or less than 0.
__device__ inline int input_within(const WindowAxis& axis, const Block& inputs, int output,
                                   int tap) {
  const int spread = static_cast<int>(axis.spread), first = static_cast<int>(inputs.first);
  const int at = output * static_cast<int>(axis.stride) + tap * static_cast<int>(axis.dilation) -
                 static_cast<int>(axis.before);
  if (at < 0 || (spread > 1 && at % spread != 0)) return -1;
  const int input = (spread > 1 ? at / spread : at) - first;
  return input < static_cast<int>(inputs.count) ? input : -1;
}

// ---- between tiles and lines ------------------------------------------------------------------

inline constexpr int bits_of_turn = 10,
                     numbers_of_turn = 1 << bits_of_turn;  // that a block turns at a time

/// How numbers (rows, channels, positions) are dealt to blocks: 2^bits channels at a time.
struct Turning {
  int channels, positions, bits = 0;

  Turning(index_t all_channels, index_t all_positions)
      : channels(static_cast<int>(all_channels)), positions(static_cast<int>(all_positions)) {
    while (bits < 5 && (1 << bits) < channels) ++bits;
  }
  __host__ __device__ int channels_each() const { return 1 << bits; }
  __host__ __device__ int positions_each() const { return numbers_of_turn >> bits; }
  __host__ __device__ unsigned channel_blocks() const {
    return static_cast<unsigned>((channels + channels_each() - 1) / channels_each());
  }
  __host__ __device__ unsigned position_blocks() const {
    return static_cast<unsigned>((positions + positions_each() - 1) / positions_each());
  }
};

/// put(row, channel, position, of(row, channel, position)) for all. Neighbouring threads read neighbouring positions
/// and write neighbouring channels, or - `to_lines` false - the other way round.
template <class T, class Turn>
__global__ void __launch_bounds__(most_threads)
    turn_numbers(const __grid_constant__ Turning turning, const __grid_constant__ Turn turn) {
  __shared__ T room[2 * numbers_of_turn];
  const int bits = turning.bits, wide = turning.channels_each(), high = turning.positions_each();
  unsigned block = blockIdx.x;
  const int first_position = static_cast<int>(block % turning.position_blocks()) * high;
  block /= turning.position_blocks();
  const int first_channel = static_cast<int>(block % turning.channel_blocks()) * wide;
  const index_t row = block / turning.channel_blocks();
  const auto over = [&](bool by_position, const auto& body) {
#pragma unroll
    for (int step = 0; step < numbers_of_turn; step += most_threads) {
      const int i = step + static_cast<int>(threadIdx.x);
      const int c = by_position ? i >> (bits_of_turn - bits) : i & (wide - 1);
      const int p = by_position ? i & (high - 1) : i >> bits;
      if (first_channel + c < turning.channels && first_position + p < turning.positions)
        body(first_channel + c, first_position + p, room[p * (wide + 1) + c]);
    }
  };
  over(Turn::to_lines, [&](int c, int p, T& number) { number = turn.number(row, c, p); });
  __syncthreads();
  over(!Turn::to_lines, [&](int c, int p, T& number) { turn.put(row, c, p, number); });
}

template <class T, class Turn>
void turn_rows(cudaStream_t stream, index_t rows, const Turning& turning, const Turn& turn) {
  const index_t blocks = rows * turning.channel_blocks() * turning.position_blocks();
  if (blocks == 0) return;
  turn_numbers<T><<<blocks_for(blocks, 1), most_threads, 0, stream>>>(turning, turn);
  check_launch("work on windows");
}

/// Some channels of a tile as lines (rows x positions, leading), their padding zeros.
template <class T>
struct ToLines {
  static constexpr bool to_lines = true;
  MatrixView<const T> tile;
  index_t first, channels, positions;
  T* lines;
  index_t leading;

  __device__ T number(index_t row, int c, int p) const {
    return c < channels ? tile.data[row * tile.leading + (first + c) * positions + p] : T(0);
  }
  __device__ void put(index_t row, int c, int p, T number) const {
    lines[(row * positions + p) * leading + c] = number;
  }
};
/// The same back.
template <class T>
struct FromLines {
  static constexpr bool to_lines = false;
  MatrixView<T> tile;
  index_t first, positions;
  const T* lines;
  index_t leading;

  __device__ T number(index_t row, int c, int p) const {
    return lines[(row * positions + p) * leading + c];
  }
  __device__ void put(index_t row, int c, int p, T number) const {
    tile.data[row * tile.leading + (first + c) * positions + p] = number;
  }
};

/// The windows of a group's inputs as lines (rows x positions above, leading); `c` counts a window's numbers.
template <class T>
struct LayWindows {
  static constexpr bool to_lines = true;
  Geometry geometry;
  MapRegion below, above;
  MatrixView<const T> tile;
  index_t first;  // input channel
  int each;       // of the group
  T* lines;
  index_t leading;

  __device__ T number(index_t row, int c, int p) const {
    const int tap = c / each, taps = static_cast<int>(geometry.columns.taps);
    const int width = static_cast<int>(above.columns.count);
    if (tap >= static_cast<int>(geometry.taps())) return T(0);
    const int out_y = static_cast<int>(above.rows.first) + p / width;
    const int out_x = static_cast<int>(above.columns.first) + p % width;
    const int y = input_within(geometry.rows, below.rows, out_y, tap / taps);
    const int x = input_within(geometry.columns, below.columns, out_x, tap % taps);
    if (y < 0 || x < 0) return T(0);
    return tile.data[row * tile.leading + (first + c % each) * below.positions() +
                     y * below.columns.count + x];
  }
  __device__ void put(index_t row, int c, int p, T number) const {
    lines[(row * above.positions() + p) * leading + c] = number;
  }
};
/// What windows hold for a group's inputs, summed up: the other way round.
template <class T>
struct AddWindows {
  static constexpr bool to_lines = false;
  Geometry geometry;
  MapRegion below, above;
  MatrixView<T> tile;
  index_t first;
  int each;
  const T* lines;
  index_t leading;
  Write write;

  __device__ T number(index_t row, int c, int p) const {
    const T* const from = lines + row * above.positions() * leading + c;
    const int width = static_cast<int>(below.columns.count);
    const int in_y = static_cast<int>(below.rows.first) + p / width;
    const int in_x = static_cast<int>(below.columns.first) + p % width;
    const int row_taps = static_cast<int>(geometry.rows.taps);
    const int column_taps = static_cast<int>(geometry.columns.taps);
    T sum = 0;
    for (int i = 0; i < row_taps; ++i) {
      const int y = output_of(geometry.rows, above.rows, in_y, i);
      if (y < 0) continue;
      for (int j = 0; j < column_taps; ++j) {
        const int x = output_of(geometry.columns, above.columns, in_x, j);
        if (x >= 0)
          sum += from[(y * above.columns.count + x) * leading + (i * column_taps + j) * each];
      }
    }
    return sum;
  }
  __device__ void put(index_t row, int c, int p, T number) const {
    T& to = tile.data[row * tile.leading + (first + c) * below.positions() + p];
    to = write == Write::add ? to + number : number;
  }
};

// ---- products ---------------------------------------------------------------------------------

/// The space of a call whose matrix has so many rows: outputs and windows of as many lines as are multiplied at once,
/// those of one row of a tile at least, and the product's own. A line's bits do not depend on those beside it. Where
/// rows are pulled down without, points alone have use for it, and less will do.
template <class T>
struct WindowSpace {
  static constexpr index_t most_numbers = index_t{1} << 23, most_of_points = index_t{1} << 20;

  index_t out_leading, leading, lines;
  T *outputs = nullptr, *windows = nullptr, *product = nullptr;

  WindowSpace(const Geometry& geometry, index_t height, T* workspace = nullptr)
      : out_leading(padded(height)),
        leading(padded(geometry.width())),
        lines(std::max(geometry.out_positions(),
                       (pulls_at_once<T>(geometry) ? most_of_points : most_numbers) /
                           (out_leading + leading))) {
    if (!workspace) return;
    outputs = workspace;
    windows = outputs + lines * out_leading;
    product = windows + lines * leading;
  }
  index_t numbers() const { return lines * (out_leading + leading); }
};

/// Calls body(rows first, count, channels of the matrix, group) for the parts of a call that are multiplied at once.
template <class T, class Body>
void for_each_part(const expr::WindowCall<T>& call, index_t lines, const Body& body) {
  const index_t each = call.geometry.out_group(), rows = lines / call.above.positions();
  for (index_t group = 0; group < call.geometry.groups; ++group) {
    Block channels = intersection(call.channels, {group * each, each});
    channels.first -= call.channels.first;
    for (index_t r = 0; channels.count > 0 && r < call.from.rows; r += rows)
      body(r, std::min(rows, call.from.rows - r), channels, group);
  }
}

/// `multiply(a, weight, out, workspace)` assigns.
template <class T, class Multiply>
void windows_back(cudaStream_t stream, const expr::WindowCall<T>& call, const Multiply& multiply) {
  const Geometry& g = call.geometry;
  const index_t above = call.above.positions(), below = call.below.positions();
  const bool sees = above > 0 && below > 0;
  const bool all = sees && (g.groups == 1 || call.channels.count == g.out_channels);
  if (call.to.rows == 0) return;
  if (call.write == Write::assign) {  // what no group of the call writes
    const index_t first = all ? call.to.columns : 0, end = padded(call.to.columns);
    if (first < end)
      check(cudaMemset2DAsync(call.to.data + first,
                              static_cast<std::size_t>(call.to.leading) * sizeof(T), 0,
                              static_cast<std::size_t>(end - first) * sizeof(T),
                              static_cast<std::size_t>(call.to.rows), stream),
            "cudaMemset2DAsync");
  }
  if (!sees) return;
  const Write write = all ? call.write : Write::add;
  if (pulls_at_once<T>(g)) return pull_windows(stream, call, write);
  const WindowSpace<T> space(g, call.weight.rows, call.workspace);
  for_each_part(call, space.lines, [&](index_t r, index_t rows, Block channels, index_t group) {
    const index_t out_leading = padded(channels.count);
    turn_rows<T>(stream, rows, Turning(out_leading, above),
                 ToLines<T>{call.from.row_range(r, rows), channels.first, channels.count, above,
                            space.outputs, out_leading});
    multiply(MatrixView<const T>{space.outputs, rows * above, channels.count, out_leading},
             call.weight.row_range(channels.first, channels.count),
             MatrixView<T>{space.windows, rows * above, g.width(), space.leading}, space.product);
    turn_rows<T>(
        stream, rows, Turning(g.in_group(), below),
        AddWindows<T>{g, call.below, call.above, call.to.row_range(r, rows), group * g.in_group(),
                      static_cast<int>(g.in_group()), space.windows, space.leading, write});
  });
}

/// The same for points, from below to above.
template <class T, class Multiply>
void windows_forward(cudaStream_t stream, const expr::WindowCall<T>& call,
                     const Multiply& multiply) {
  const Geometry& g = call.geometry;
  const index_t above = call.above.positions();
  if (above == 0) return;
  const WindowSpace<T> space(g, call.weight.rows, call.workspace);
  for_each_part(call, space.lines, [&](index_t r, index_t rows, Block channels, index_t group) {
    const index_t out_leading = padded(channels.count);
    turn_rows<T>(
        stream, rows, Turning(space.leading, above),
        LayWindows<T>{g, call.below, call.above, call.from.row_range(r, rows), group * g.in_group(),
                      static_cast<int>(g.in_group()), space.windows, space.leading});
    multiply(MatrixView<const T>{space.windows, rows * above, g.width(), space.leading},
             call.weight.row_range(channels.first, channels.count),
             MatrixView<T>{space.outputs, rows * above, channels.count, out_leading},
             space.product);
    turn_rows<T>(stream, rows, Turning(channels.count, above),
                 FromLines<T>{call.to.row_range(r, rows), channels.first, above, space.outputs,
                              out_leading});
  });
}

// ---- regions ----------------------------------------------------------------------------------

// One row of a copy, by the blocks that share it.
template <class T>
__device__ void copy_region_row(const expr::RegionCall<T>& call, index_t row) {
  const MapRegion &source = call.source, &target = call.target;
  const T* const from = call.from.data + row * call.from.leading;
  T* const to = call.to.data + row * call.to.leading;
  const index_t width = padded(call.to.columns), positions = target.positions();
  for (index_t i = static_cast<index_t>(blockIdx.y) * blockDim.x + threadIdx.x; i < width;
       i += static_cast<index_t>(gridDim.y) * blockDim.x) {
    const index_t c = positions > 0 ? i / positions : call.channels;
    bool inside = c < call.channels;
    index_t at = 0;
    if (inside) {
      const index_t p = i % positions;
      const index_t y = target.rows.first + p / target.columns.count - source.rows.first;
      const index_t x = target.columns.first + p % target.columns.count - source.columns.first;
      inside = y >= 0 && y < source.rows.count && x >= 0 && x < source.columns.count;
      at = (c * source.rows.count + y) * source.columns.count + x;
    }
    if (call.write == Write::assign)
      to[i] = inside ? from[at] : T(0);
    else if (inside)
      to[i] += from[at];
  }
}

template <class T>
__global__ void copy_regions(const __grid_constant__ expr::RegionCall<T> call) {
  copy_region_row(call, static_cast<index_t>(blockIdx.x));
}
template <class T>
__global__ void pack_regions(const __grid_constant__ expr::PackCall<T> call) {
  index_t row = blockIdx.x;
  int plane = 0;
  T* place = call.to;
  for (; row >= call.rows[plane]; ++plane) {
    place += call.rows[plane] * padded(call.columns());
    row -= call.rows[plane];
  }
  copy_region_row(call.copy(plane, place), row);
}

template <class T>
void pack_region(cudaStream_t stream, const expr::PackCall<T>& call) {
  index_t rows = 0;
  for (int plane = 0; plane < call.count; ++plane) rows += call.rows[plane];
  if (rows == 0 || call.columns() == 0) return;
  const unsigned across = blocks_for(padded(call.columns()), most_threads * 4);
  const dim3 blocks(static_cast<unsigned>(rows), std::min(across, 1024u));
  pack_regions<<<blocks, threads_for<T>(call.columns()), 0, stream>>>(call);
  check_launch("packing of a region");
}
template <class T>
void copy_region(cudaStream_t stream, const expr::RegionCall<T>& call) {
  if (call.to.rows == 0 || call.to.columns == 0) return;
  const unsigned across = blocks_for(padded(call.to.columns), most_threads * 4);
  const dim3 blocks(static_cast<unsigned>(call.to.rows), std::min(across, 1024u));
  copy_regions<<<blocks, threads_for<T>(call.to.columns), 0, stream>>>(call);
  check_launch("copy of a region");
}

}  // namespace shardbound::inline v0::cuda
