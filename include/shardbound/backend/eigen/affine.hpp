// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Intervals and points through z = W y + b, one pass over W: every matrix row is read once and meets
// every domain while it is in cache. Centre, radius, slack and magnitude are four dot products of the
// same row.

#include <shardbound/backend/eigen/lane_sums.hpp>
#include <shardbound/backend/eigen/pointwise.hpp>
#include <shardbound/backend/eigen/windows.hpp>

#include <cmath>
#include <limits>

namespace shardbound::inline v0::detail {

/// The 2-norm of a row whose squares overflow or vanish.
template <class T>
T rescaled_norm(const T* row, index_t width, T largest) {
  if (!(largest > T(0)) || !(largest - largest == T(0))) return largest;
  LaneSums<T> squares;
  for (index_t c = 0; c < width; c += lanes) {
    const auto w = Lanes<T>::load(row + c) / Lanes<T>(largest);
    squares += w * w;
  }
  return largest * std::sqrt(squares.total());
}

/// What a set's dual norm makes of one matrix row: the radius of row . y.
template <class T>
T dual_radius(const T* row, index_t width, expr::Norm norm, T radius) {
  LaneSums<T> squares;
  Lanes<T> sizes;
  for (index_t c = 0; c < width; c += lanes) {
    const auto w = Lanes<T>::load(row + c);
    squares += w * w;
    sizes = larger(magnitude(w), sizes);
  }
  const T sum = squares.total(), largest = sizes.largest();
  if (sum != sum) return sum;
  if (norm == expr::Norm::one) return radius * largest;
  constexpr T small = std::numeric_limits<T>::min() / (unit_roundoff<T> * unit_roundoff<T>);
  const bool plain = sum > small && sum <= std::numeric_limits<T>::max();
  return radius * (plain ? std::sqrt(sum) : rescaled_norm(row, width, largest));
}

/// Splits a domain's interval into centre, radius and the magnitude that rounding errors scale with.
template <class T>
void centre_interval(const BoundsView<const T>& in, index_t domain, T* centre, T* radius, T* size) {
  const index_t first = domain * in.leading;
  for (index_t j = 0; j < in.leading; ++j) {
    const T l = in.lower[first + j], u = in.upper[first + j];
    centre[j] = (l + u) / 2;
    radius[j] = (u - l) / 2;
    size[j] = expr::largest_magnitude(l, u) + in.slack[first + j];
  }
}

/// What a row of a matrix meets: centres, radii, magnitudes and slacks of its inputs.
template <class T>
struct RowInputs {
  const T *centre, *radius, *size, *slack;
};

template <class T>
expr::RowSummands<T> sum_row(const T* row, index_t width, const expr::SetView<T>& set,
                             index_t domain, const RowInputs<T>& in) {
  LaneSums<T> middle, spread, slack, magnitudes;
  for (index_t c = 0; c < width; c += lanes) {
    const auto w = Lanes<T>::load(row + c), w_size = magnitude(w);
    middle += w * Lanes<T>::load(in.centre + c);
    spread += w_size * Lanes<T>::load(in.radius + c);
    slack += w_size * Lanes<T>::load(in.slack + c);
    magnitudes += w_size * Lanes<T>::load(in.size + c);
  }
  const bool box = set.norm == expr::Norm::infinity;
  return {middle.total(),
          box ? spread.total() : dual_radius(row, width, set.norm, set.radius[domain]),
          slack.total(), magnitudes.total()};
}

template <class T>
void centre_intervals(const expr::AffineCall<T>& call) {
  const index_t width = call.in.bounds.leading;
  for (index_t d = 0; d < call.in.bounds.domains; ++d) {
    T* const space = call.workspace + 3 * d * width;
    centre_interval(call.in.bounds, d, space, space + width, space + 2 * width);
  }
}

/// The inputs of a dense row in a domain, after centre_intervals.
template <class T>
RowInputs<T> row_inputs(const expr::AffineCall<T>& call, index_t domain) {
  const index_t width = call.in.bounds.leading;
  const T* space = call.workspace + 3 * domain * width;
  return {space, space + width, space + 2 * width, call.in.bounds.slack + domain * width};
}

/// Numbers that one thread lays windows out in, of which all are zero at first.
inline index_t window_numbers(const Geometry& geometry) { return 4 * padded(geometry.width()); }

/// Calls body(d, r, position, row, inputs) for rows of the matrix and positions [first, first + count) of every domain:
/// inputs are those of the position's window, laid out in `windows`. After centre_intervals.
template <class T, class Body>
void for_each_window(const expr::AffineCall<T>& call, index_t first, index_t count, T* windows,
                     const Body& body) {
  const Geometry& g = call.geometry;
  const WindowTable table(g, g.in_map(), g.out_map());
  const index_t width = padded(g.width()), positions = g.in_positions(), each = g.in_group();
  const RowInputs<T> laid_out{windows, windows + width, windows + 2 * width, windows + 3 * width};
  for (index_t d = 0; d < call.in.bounds.domains; ++d) {
    const RowInputs<T> in = row_inputs(call, d);
    const T* const planes[] = {in.centre, in.radius, in.size, in.slack};
    for (index_t p = first; p < first + count; ++p)
      for (index_t r = 0, group = -1; r < call.weight.rows; ++r) {
        if (const index_t own = call.channel(r) / g.out_group(); own != group) {
          group = own;
          std::fill_n(windows, 4 * width, T(0));
          table.for_each_tap(p, [&](index_t tap, index_t q) {
            for (index_t plane = 0; plane < 4; ++plane)
              for (index_t c = 0; c < each; ++c)
                windows[plane * width + tap * each + c] =
                    planes[plane][(group * each + c) * positions + q];
          });
        }
        body(d, r, p, call.weight.data + r * call.weight.leading, laid_out);
      }
  }
}

/// After centre_intervals.
template <class T>
void affine_rows(const expr::AffineCall<T>& call) {
  for (index_t r = 0; r < call.weight.rows; ++r)
    for (index_t d = 0; d < call.in.bounds.domains; ++d)
      expr::put_neuron(call, d, call.first + r,
                       sum_row(call.weight.data + r * call.weight.leading, call.in.bounds.leading,
                               call.in, d, row_inputs(call, d)));
}
template <class T>
void affine_windows(const expr::AffineCall<T>& call, index_t first, index_t count, T* windows) {
  for_each_window(call, first, count, windows,
                  [&](index_t d, index_t r, index_t p, const T* row, const RowInputs<T>& in) {
                    expr::put_neuron(call, d, call.output(call.first + r, p),
                                     sum_row(row, padded(call.geometry.width()), call.in, d, in));
                  });
}

/// The sum of one vector times each of `count` others: put(k, sum). Four go side by side, as one alone waits for its own
/// sums; the bits are those of each alone.
template <class T, class Put>
void for_each_sum(const T* one, const T* others, index_t stride, index_t count, index_t width,
                  const Put& put) {
  index_t k = 0;
  for (; k + 4 <= count; k += 4) {
    const T* other = others + k * stride;
    LaneSums<T> first, second, third, fourth;
    for (index_t c = 0; c < width; c += lanes) {
      const auto x = Lanes<T>::load(one + c);
      first += x * Lanes<T>::load(other + c);
      second += x * Lanes<T>::load(other + stride + c);
      third += x * Lanes<T>::load(other + 2 * stride + c);
      fourth += x * Lanes<T>::load(other + 3 * stride + c);
    }
    put(k, first.total()), put(k + 1, second.total());
    put(k + 2, third.total()), put(k + 3, fourth.total());
  }
  for (; k < count; ++k) {
    LaneSums<T> sum;
    for (index_t c = 0; c < width; c += lanes)
      sum += Lanes<T>::load(one + c) * Lanes<T>::load(others + k * stride + c);
    put(k, sum.total());
  }
}
/// A matrix row times a point, which is the lower bounds of what goes in.
template <class T>
T value_of_row(const T* row, const BoundsView<const T>& in, index_t domain) {
  T value{};
  for_each_sum(row, in.lower + domain * in.leading, 0, 1, in.leading,
               [&](index_t, T sum) { value = sum; });
  return value;
}

template <class T>
void affine_partial(const expr::PartialAffineCall<T>& partial, T* windows) {
  const auto& call = partial.call;
  centre_intervals(call);
  const auto put = [&](index_t d, index_t output, const expr::RowSummands<T>& sums) {
    T* out = partial.sums + 4 * d * partial.leading + output;
    out[0] = sums.centre;
    out[partial.leading] = sums.reach;
    out[2 * partial.leading] = sums.slack;
    out[3 * partial.leading] = sums.magnitude;
  };
  if (!call.geometry.is_dense())
    return for_each_window(
        call, 0, call.geometry.out_positions(), windows,
        [&](index_t d, index_t r, index_t p, const T* row, const RowInputs<T>& in) {
          put(d, call.output(call.first + r, p),
              sum_row(row, padded(call.geometry.width()), call.in, d, in));
        });
  for (index_t r = 0; r < call.weight.rows; ++r)
    for (index_t d = 0; d < call.in.bounds.domains; ++d) {
      const T* row = call.weight.data + r * call.weight.leading;
      auto sums = sum_row(row, call.in.bounds.leading, call.in, d, row_inputs(call, d));
      if (partial.points) sums.centre = value_of_row(row, call.in.bounds, d);
      put(d, call.first + r, sums);
    }
}

template <class T>
void affine_finish(const expr::PartialAffineCall<T>& partial) {
  for (index_t d = 0; d < partial.call.out.domains; ++d)
    for (index_t r = 0; r < partial.rows; ++r) expr::finish_neuron(partial, d, r);
}

/// Points instead of intervals: reads and writes the lower bounds, sets upper = lower and slack = 0.
template <class T>
void affine_values(const expr::AffineCall<T>& call, T* windows) {
  const auto& in = call.in.bounds;
  const auto put = [&](index_t d, index_t i, T sum) {
    expr::put_value(call.out, d * call.out.leading + i, sum + call.bias[i]);
  };
  const Geometry& g = call.geometry;
  const index_t rows = call.weight.rows, stride = call.weight.leading;
  if (g.is_dense()) {
    for (index_t r = 0; r < rows; ++r)
      for_each_sum(call.weight.data + r * stride, in.lower, in.leading, in.domains, in.leading,
                   [&](index_t d, T sum) { put(d, call.first + r, sum); });
    return;
  }
  const WindowTable table(g, g.in_map(), g.out_map());
  const index_t width = padded(g.width()), each = g.in_group();
  for (index_t d = 0; d < in.domains; ++d)
    for (index_t p = 0; p < g.out_positions(); ++p)
      for (index_t r = 0, end = 0; r < rows; r = end) {
        const index_t group = call.channel(r) / g.out_group();
        while (end < rows && call.channel(end) / g.out_group() == group) ++end;
        std::fill_n(windows, width, T(0));
        table.for_each_tap(p, [&](index_t tap, index_t q) {
          for (index_t c = 0; c < each; ++c)
            windows[tap * each + c] =
                in.lower[d * in.leading + (group * each + c) * g.in_positions() + q];
        });
        for_each_sum(windows, call.weight.data + r * stride, stride, end - r, width,
                     [&](index_t k, T sum) { put(d, call.output(call.first + r + k, p), sum); });
      }
}

}  // namespace shardbound::inline v0::detail
