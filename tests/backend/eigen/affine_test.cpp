// SPDX-License-Identifier: BSD-3-Clause

// Intervals through W y + b: exact at points up to their slack, attained at corners, and for balls the
// dual norm.

#include <doctest/doctest.h>

#include <shardbound/backend/eigen/affine.hpp>
#include <shardbound/sharding/partition.hpp>
#include <tests/support/random_network.hpp>

#include <array>

using namespace shardbound;
using expr::Norm;
using shardbound_test::uniform;

namespace {

constexpr index_t out = 5, in = 11, domains = 3, width = padded(in);

template <class T>
struct Layer {
  std::vector<T> weight = std::vector<T>(out * width), bias = std::vector<T>(8),
                 lower = std::vector<T>(domains * width), upper = lower, bound_slack = lower,
                 space = std::vector<T>(3 * domains * width),
                 row_slack = std::vector<T>(domains * 8);
  std::array<std::vector<T>, 3> z;
  std::vector<T> radius = {T(0.5), 0, T(0.25)};
  expr::AffineCall<T> call;

  explicit Layer(bool with_slack) {
    std::mt19937 random(1);
    for (std::size_t i = 0; i < static_cast<std::size_t>(out); ++i)
      bias[i] = static_cast<T>(uniform(random));
    for (std::size_t r = 0; r < out * in; ++r)
      weight[r / in * width + r % in] = static_cast<T>(uniform(random));
    for (std::size_t r = 0; r < domains * in; ++r) {
      const auto at = r / in * width + r % in;
      const T centre = static_cast<T>(uniform(random));
      lower[at] = centre - radius[r / in];
      upper[at] = centre + radius[r / in];
      if (with_slack) bound_slack[at] = static_cast<T>(uniform(random, 0, 0.1));
    }
    for (auto& plane : z) plane.resize(domains * 8);
    call.weight = {weight.data(), out, in, width};
    call.bias = bias.data();
    call.in.bounds = {lower.data(), upper.data(), bound_slack.data(), domains, in, width};
    call.in.radius = radius.data();
    call.out = {z[0].data(), z[1].data(), z[2].data(), domains, out, 8};
    call.row_slack = row_slack.data();
    call.gamma = gamma<T>(in);
    call.row_gamma = 2 * gamma<T>(in);
    call.workspace = space.data();
  }
  long double dot(std::size_t row, const std::vector<long double>& y) const {
    long double sum = bias[row];
    for (std::size_t j = 0; j < in; ++j) sum += weight[row * width + j] * y[j];
    return sum;
  }
};

}  // namespace

TEST_CASE_TEMPLATE("intervals are attained at corners, within their slack", T, float, double) {
  for (const bool with_slack : {false, true}) {
    Layer<T> layer(with_slack);
    detail::centre_intervals(layer.call), detail::affine_rows(layer.call);
    for (std::size_t d = 0; d < domains; ++d)
      for (std::size_t i = 0; i < out; ++i) {
        std::vector<long double> low(in), high(in);
        for (std::size_t j = 0; j < in; ++j) {
          const auto at = d * width + j;
          const bool up = layer.weight[i * width + j] >= 0;
          const long double l = static_cast<long double>(layer.lower[at]) - layer.bound_slack[at];
          const long double u = static_cast<long double>(layer.upper[at]) + layer.bound_slack[at];
          low[j] = up ? l : u;
          high[j] = up ? u : l;
        }
        const auto at = d * 8 + i;
        const long double lower = layer.z[0][at], upper = layer.z[1][at], slack = layer.z[2][at];
        CHECK(lower - slack <= layer.dot(i, low));
        CHECK(upper + slack >= layer.dot(i, high));
        CHECK(lower + slack >= layer.dot(i, low) - 1e-6L);
        CHECK(layer.row_slack[at] > 0);
        if (!with_slack) CHECK(slack < 1e-4L);
      }
    CHECK(layer.z[0][5] == 0);  // padding untouched
  }
}

TEST_CASE_TEMPLATE("balls have the dual norm's radius", T, float, double) {
  for (const Norm norm : {Norm::two, Norm::one}) {
    Layer<T> layer(false);
    layer.call.in.norm = norm;
    detail::centre_intervals(layer.call), detail::affine_rows(layer.call);
    for (std::size_t d = 0; d < domains; ++d)
      for (std::size_t i = 0; i < out; ++i) {
        long double squares = 0, largest = 0;
        for (std::size_t j = 0; j < in; ++j) {
          const long double w = layer.weight[i * width + j];
          squares += w * w;
          largest = std::max(largest, std::abs(w));
        }
        const long double dual = norm == Norm::two ? std::sqrt(squares) : largest;
        const long double width_found =
            static_cast<long double>(layer.z[1][d * 8 + i]) - layer.z[0][d * 8 + i];
        CHECK(static_cast<double>(width_found) ==
              doctest::Approx(static_cast<double>(2 * layer.radius[d] * dual)).epsilon(1e-6));
      }
  }
}

TEST_CASE_TEMPLATE("norms of numbers whose squares overflow or vanish", T, float, double) {
  constexpr T infinity = std::numeric_limits<T>::infinity();
  for (const T size :
       {T(1e-30), T(1e30), std::numeric_limits<T>::min(), std::numeric_limits<T>::max() / 8}) {
    CAPTURE(size);
    const T row[8] = {3 * size, 0, -4 * size};
    CHECK(detail::dual_radius(row, 8, Norm::two, T(1)) / size ==
          doctest::Approx(T(5)).epsilon(1e-5));
    CHECK(detail::dual_radius(row, 8, Norm::one, T(1)) == 4 * size);
  }
  const T zeros[8] = {}, broken[8] = {1, infinity};
  CHECK(detail::dual_radius(zeros, 8, Norm::two, T(1)) == 0);
  CHECK(detail::dual_radius(broken, 8, Norm::two, T(1)) == infinity);
}

TEST_CASE("points go through as points, panel by panel") {
  Layer<double> layer(false);
  detail::affine_values(layer.call, static_cast<double*>(nullptr));
  const auto whole = layer.z[0];
  for (std::size_t d = 0; d < domains; ++d)
    for (std::size_t i = 0; i < out; ++i) {
      const std::vector<long double> x(
          layer.lower.begin() + static_cast<std::ptrdiff_t>(d) * width,
          layer.lower.begin() + static_cast<std::ptrdiff_t>(d) * width + in);
      CHECK(whole[d * 8 + i] == doctest::Approx(static_cast<double>(layer.dot(i, x))));
      CHECK(layer.z[1][d * 8 + i] == whole[d * 8 + i]);
    }
  for (auto& plane : layer.z) std::fill(plane.begin(), plane.end(), 0.0);
  for (index_t first : {0, 3}) {
    layer.call.first = first;
    layer.call.weight = {layer.weight.data() + first * width, first ? out - 3 : 3, in, width};
    detail::affine_values(layer.call, static_cast<double*>(nullptr));
  }
  CHECK(layer.z[0] == whole);
}

namespace {

/// Columns of a layer and of what is known there, side by side and padded with zeros.
template <class T>
struct Columns {
  index_t wide;
  std::vector<T> weight, lower, upper, bound_slack, space;

  Columns(const Layer<T>& layer, Block block)
      : wide(padded(block.count)), space(static_cast<std::size_t>(3 * domains * wide)) {
    const auto take = [&](const std::vector<T>& from, index_t rows) {
      std::vector<T> to(static_cast<std::size_t>(rows * wide));
      for (index_t r = 0; r < rows; ++r)
        for (index_t c = 0; c < block.count; ++c)
          to[static_cast<std::size_t>(r * wide + c)] =
              from[static_cast<std::size_t>(r * width + block.first + c)];
      return to;
    };
    weight = take(layer.weight, out);
    lower = take(layer.lower, domains);
    upper = take(layer.upper, domains);
    bound_slack = take(layer.bound_slack, domains);
  }
};

/// The layer's bounds from the sums over the columns of `ranks` ranks: each writes its part of both
/// blocks of rows, panel by panel, and the blocks are finished one by one.
template <class T>
void from_columns(Layer<T>& layer, int ranks, bool points) {
  const Block blocks[] = {{0, 3}, {3, out - 3}};
  constexpr index_t leading = 8, each = 4 * domains * leading;
  std::vector<T> sums[2] = {std::vector<T>(static_cast<std::size_t>(ranks * each), T(99)),
                            std::vector<T>(static_cast<std::size_t>(ranks * each), T(99))};
  expr::PartialAffineCall<T> partial;
  partial.leading = leading;
  partial.points = points;
  for (int rank = 0; rank < ranks; ++rank) {
    const Block mine = block_of(in, rank, ranks);
    Columns<T> own(layer, mine);
    partial.call = layer.call;
    partial.call.in.bounds = {own.lower.data(), own.upper.data(), own.bound_slack.data(),
                              domains,          mine.count,       own.wide};
    partial.call.workspace = own.space.data();
    for (std::size_t b = 0; b < 2; ++b)
      for (index_t r = 0; r < blocks[b].count; ++r) {
        partial.call.weight = {own.weight.data() + (blocks[b].first + r) * own.wide, 1, mine.count,
                               own.wide};
        partial.call.first = r;
        partial.sums = sums[b].data() + rank * each;
        detail::affine_partial(partial, static_cast<T*>(nullptr));
      }
  }
  for (std::size_t b = 0; b < 2; ++b) {
    partial.call = layer.call;
    partial.call.first = blocks[b].first;
    partial.sums = sums[b].data();
    partial.rows = blocks[b].count;
    partial.parts = ranks;
    detail::affine_finish(partial);
  }
}

}  // namespace

TEST_CASE_TEMPLATE("sums over columns, finished, are the sums over rows", T, float, double) {
  const double tolerance = 64 * static_cast<double>(unit_roundoff<T>);
  for (const Norm norm : {Norm::infinity, Norm::two, Norm::one})
    for (int ranks : {1, 2, 3}) {  // of 3 ranks the first has no columns
      CAPTURE(ranks);
      const bool box = norm == Norm::infinity;
      Layer<T> whole(box), cut(box);
      whole.call.in.norm = cut.call.in.norm = norm;
      detail::centre_intervals(whole.call), detail::affine_rows(whole.call);
      from_columns(cut, ranks, false);
      double largest = 0;
      for (std::size_t at = 0; at < domains * 8; ++at) {
        const double scale = 1 + std::abs(static_cast<double>(whole.z[0][at]));
        for (std::size_t plane : {0, 1, 2})
          largest = std::max(largest, std::abs(static_cast<double>(whole.z[plane][at]) -
                                               static_cast<double>(cut.z[plane][at])) /
                                          scale);
        CHECK(static_cast<double>(cut.row_slack[at]) ==
              doctest::Approx(static_cast<double>(whole.row_slack[at])).epsilon(1e-5));
        CHECK(static_cast<double>(cut.z[2][at]) ==
              doctest::Approx(static_cast<double>(whole.z[2][at])).epsilon(1e-5));
      }
      CHECK(largest <= tolerance);
      if (ranks == 1) CHECK(cut.z == whole.z);
    }
}

TEST_CASE_TEMPLATE("points go through column by column", T, float, double) {
  for (int ranks : {1, 2, 3}) {
    Layer<T> whole(false), cut(false);
    cut.upper = cut.lower;  // points
    cut.call.in.bounds.upper = cut.upper.data();
    detail::affine_values(whole.call, static_cast<T*>(nullptr));
    from_columns(cut, ranks, true);
    for (std::size_t at = 0; at < domains * 8; ++at) {
      CHECK(std::abs(cut.z[0][at] - whole.z[0][at]) <= 64 * unit_roundoff<T>);
      CHECK(cut.z[1][at] == cut.z[0][at]);
      CHECK(cut.z[2][at] == 0);
    }
    CHECK(cut.row_slack == std::vector<T>(domains * 8));  // there is none
  }
}
