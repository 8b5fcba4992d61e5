// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Intervals and points through z = W y + b, a warp to each row of W and domain. Centre, radius, slack
// and magnitude are four dot products of the same row, which is read once; the domains of one row run
// side by side, so that its numbers are still in the cache for the next. Through windows, a thread to each output,
// whose neighbours see neighbouring inputs through the same numbers.

#include <shardbound/backend/cuda/check.cuh>
#include <shardbound/backend/cuda/dual_radius.cuh>
#include <shardbound/backend/cuda/windows.cuh>
#include <shardbound/expr/neuron.hpp>

namespace shardbound::inline v0::cuda {

/// What is made of a row's sums: an interval, a value, or sums that other ranks add to.
enum class Affine { interval, value, partial };

template <class T>
__device__ expr::RowSummands<T> sum_row(const T* row, const expr::SetView<T>& in, index_t domain) {
  const WarpTeam team;
  const index_t width = in.bounds.leading, first = domain * width;
  const Pack<T> half(T(0.5));
  Pack<T> centre(T(0)), reach(T(0)), slack(T(0)), magnitudes(T(0));
  for_each_pack<T>(team, width, [&](index_t c) {
    const auto w = Pack<T>::load(row + c), size = magnitude(w);
    const auto l = Pack<T>::load(in.bounds.lower + first + c);
    const auto u = Pack<T>::load(in.bounds.upper + first + c);
    const auto e = Pack<T>::load(in.bounds.slack + first + c);
    centre += w * ((l + u) * half);
    reach += size * ((u - l) * half);
    slack += size * e;
    magnitudes += size * (larger(magnitude(l), magnitude(u)) + e);
  });
  expr::RowSummands<T> sums{team.sum(centre.total()), team.sum(reach.total()),
                            team.sum(slack.total()), team.sum(magnitudes.total())};
  if (in.norm != expr::Norm::infinity)
    sums.reach = dual_radius(team, row, width, in.norm, in.radius[domain]);
  return sums;
}

/// A matrix row times a point, which is the lower bounds of what goes in.
template <class T>
__device__ T value_of_row(const T* row, const BoundsView<const T>& in, index_t domain) {
  const WarpTeam team;
  const T* const point = in.lower + domain * in.leading;
  Pack<T> sum(T(0));
  for_each_pack<T>(team, in.leading,
                   [&](index_t c) { sum += Pack<T>::load(row + c) * Pack<T>::load(point + c); });
  return team.sum(sum.total());
}

template <class T>
__device__ void put_sums(const expr::PartialAffineCall<T>& partial, index_t domain, index_t i,
                         const expr::RowSummands<T>& sums) {
  T* const out = partial.sums + 4 * domain * partial.leading + i;
  out[0] = sums.centre;
  out[partial.leading] = sums.reach;
  out[2 * partial.leading] = sums.slack;
  out[3 * partial.leading] = sums.magnitude;
}

template <Affine what, class T>
__global__ void affine_rows(const __grid_constant__ expr::PartialAffineCall<T> partial) {
  const auto& call = partial.call;
  const index_t domains = call.in.bounds.domains;
  const index_t domain = static_cast<index_t>(blockIdx.x) % domains;
  const index_t r =
      static_cast<index_t>(blockIdx.x) / domains * (most_threads / warp) + threadIdx.x / warp;
  if (r >= call.weight.rows) return;
  const T* const row = call.weight.data + r * call.weight.leading;
  const bool first = threadIdx.x % warp == 0;
  const index_t i = call.first + r;
  if constexpr (what == Affine::value) {
    const T value = value_of_row(row, call.in.bounds, domain);
    if (first) expr::put_value(call.out, domain * call.out.leading + i, value + call.bias[i]);
    return;
  } else {
    auto sums = sum_row(row, call.in, domain);
    if constexpr (what == Affine::interval) {
      if (first) expr::put_neuron(call, domain, i, sums);
      return;
    }
    if (partial.points) sums.centre = value_of_row(row, call.in.bounds, domain);
    if (first) put_sums(partial, domain, i, sums);
  }
}

/// A thread that has a row to itself.
struct LoneThread {
  __device__ static int rank() { return 0; }
  __device__ static int size() { return 1; }
  template <class T>
  __device__ T sum(T x) const {
    return x;
  }
  template <class T>
  __device__ T largest(T x) const {
    return x;
  }
};

/// Sums over the window of a position; of points, the centre is the value.
template <bool points, class T>
__device__ expr::RowSummands<T> sum_window(const expr::AffineCall<T>& call, index_t r,
                                           index_t position, index_t domain) {
  const Geometry& g = call.geometry;
  const index_t each = g.in_group(), positions = g.in_positions();
  const index_t y = position / g.columns.out, x = position % g.columns.out;
  const T* const row = call.weight.data + r * call.weight.leading;
  const index_t first =
      domain * call.in.bounds.leading + call.channel(r) / g.out_group() * each * positions;
  expr::RowSummands<T> sums;
  const T* weight = row;
  for (index_t i = 0; i < g.rows.taps; ++i)
    for (index_t j = 0; j < g.columns.taps; ++j, weight += each) {
      const index_t in_y = g.rows.input_of(y, i), in_x = g.columns.input_of(x, j);
      if (in_y < 0 || in_x < 0) continue;
      index_t at = first + in_y * g.columns.in + in_x;
      for (index_t c = 0; c < each; ++c, at += positions) {
        const T w = weight[c], l = call.in.bounds.lower[at];
        if constexpr (points) {
          sums.centre += w * l;
        } else {
          const T u = call.in.bounds.upper[at], e = call.in.bounds.slack[at], size = std::abs(w);
          sums.centre += w * ((l + u) * T(0.5));
          sums.reach += size * ((u - l) * T(0.5));
          sums.slack += size * e;
          sums.magnitude += size * (expr::largest_magnitude(l, u) + e);
        }
      }
    }
  if (!points && call.in.norm != expr::Norm::infinity)
    sums.reach =
        dual_radius(LoneThread{}, row, padded(g.width()), call.in.norm, call.in.radius[domain]);
  return sums;
}

template <Affine what, class T>
__global__ void affine_windows(const __grid_constant__ expr::PartialAffineCall<T> partial) {
  const auto& call = partial.call;
  const index_t positions = call.geometry.out_positions();
  index_t number = thread_number();
  const index_t p = number % positions;
  number /= positions;
  const index_t r = number % call.weight.rows, domain = number / call.weight.rows;
  if (domain >= call.in.bounds.domains) return;
  const index_t i = call.output(call.first + r, p);
  const auto sums = sum_window<what == Affine::value>(call, r, p, domain);
  if constexpr (what == Affine::value)
    expr::put_value(call.out, domain * call.out.leading + i, sums.centre + call.bias[i]);
  else if constexpr (what == Affine::interval)
    expr::put_neuron(call, domain, i, sums);
  else
    put_sums(partial, domain, i, sums);
}

template <Affine what, class T>
void affine(cudaStream_t stream, const expr::PartialAffineCall<T>& partial) {
  const index_t rows = partial.call.weight.rows, domains = partial.call.in.bounds.domains;
  if (rows == 0 || domains == 0) return;
  if (const Geometry& geometry = partial.call.geometry; !geometry.is_dense()) {
    const index_t outputs = domains * rows * geometry.out_positions();
    if (outputs == 0) return;
    affine_windows<what><<<blocks_for(outputs, most_threads), most_threads, 0, stream>>>(partial);
    check_launch("an affine layer of windows");
    return;
  }
  const unsigned blocks = blocks_for(rows, most_threads / warp) * static_cast<unsigned>(domains);
  affine_rows<what><<<blocks, most_threads, 0, stream>>>(partial);
  check_launch("an affine layer");
}

}  // namespace shardbound::inline v0::cuda
