// SPDX-License-Identifier: BSD-3-Clause

// Products through windows beside the one big matrix that they are, whole maps and regions, panel by panel; and bits that
// depend neither on how many rows go by together nor on threads.

#include <doctest/doctest.h>

#include <shardbound/backend/eigen/backend.hpp>
#include <tests/support/convolutions.hpp>

#include <algorithm>
#include <cmath>

using namespace shardbound_test;
using sb::index_t;

namespace {

/// A random product with windows, its matrix as backends read it (tap by tap) and as files have it.
struct Layer {
  sb::Geometry g;
  std::vector<double> weight, filed;
  index_t leading = 0;

  explicit Layer(std::mt19937& random) {
    const auto any = [&](int low, int high) {
      return static_cast<index_t>(std::uniform_int_distribution<int>(low, high)(random));
    };
    const auto axis = [&] {
      sb::WindowAxis made;
      made.taps = any(1, 4), made.stride = any(1, 3), made.dilation = any(1, 2);
      made.spread = any(1, 2), made.before = any(-1, 2);
      made.in = any(2, 9), made.out = any(1, 7);
      return made;
    };
    g.groups = any(0, 2) == 0 ? any(2, 3) : 1;
    g.in_channels = g.groups * any(1, 10), g.out_channels = g.groups * any(1, 10);
    g.rows = axis(), g.columns = axis();
    leading = sb::padded(g.width());
    weight.resize(static_cast<std::size_t>(g.out_channels * leading));
    std::normal_distribution<double> normal;
    for (index_t o = 0; o < g.out_channels; ++o)
      for (index_t c = 0; c < g.in_group(); ++c)
        for (index_t tap = 0; tap < g.taps(); ++tap) {
          filed.push_back(normal(random));
          weight[static_cast<std::size_t>(o * leading + tap * g.in_group() + c)] = filed.back();
        }
  }
  sb::expr::WindowCall<double> call(sb::Block channels) const {
    sb::expr::WindowCall<double> made;
    made.geometry = g;
    made.below = g.in_map(), made.above = g.out_map();
    made.channels = channels;
    made.weight = {weight.data() + channels.first * leading, channels.count, g.width(), leading};
    return made;
  }
};

using Numbers = std::vector<double>;

/// Rows with clean padding.
Numbers rows_of(index_t rows, index_t columns, std::mt19937& random) {
  Numbers all(static_cast<std::size_t>(rows * sb::padded(columns)));
  std::normal_distribution<double> normal;
  for (index_t r = 0; r < rows; ++r)
    for (index_t c = 0; c < columns; ++c)
      all[static_cast<std::size_t>(r * sb::padded(columns) + c)] = normal(random);
  return all;
}
sb::MatrixView<double> view(Numbers& all, index_t rows, index_t columns) {
  return {all.data(), rows, columns, sb::padded(columns)};
}

enum class Way { back, forward };

void run(Way way, int threads, sb::expr::WindowCall<double> call) {
  sb::EigenBackend backend(threads);
  const sb::Buffer<double, sb::EigenBackend> space(
      backend, backend.window_workspace<double>(call.geometry, call.weight.rows),
      sb::Category::workspace);
  call.workspace = space.data();
  if (way == Way::back)
    backend.windows_back(call);
  else
    backend.windows_forward(call);
}

void check_close(double found, double wanted) {
  REQUIRE(std::abs(found - wanted) <= 1e-11 * std::max(1.0, std::abs(wanted)));
}

}  // namespace

TEST_CASE("windows are the matrix that they are as a whole, panel by panel") {
  for (unsigned seed = 0; seed < 40; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const Layer layer(random);
    const sb::Geometry& g = layer.g;
    const index_t rows = 16, in = g.in_features(), out = g.out_features();
    Numbers matrix;
    for (index_t i = 0; i < out; ++i)
      for (index_t j = 0; j < in; ++j) matrix.push_back(written_out(g, layer.filed, i, j));
    const auto number = [&](index_t i, index_t j) {
      return matrix[static_cast<std::size_t>(i * in + j)];
    };
    const index_t cut = static_cast<index_t>(random() % (g.out_channels + 1));
    Numbers above = rows_of(rows, out, random), below(rows_of(rows, in, random));
    const Numbers before = below;
    const bool adds = random() % 2 == 0;
    auto write = adds ? sb::Write::add : sb::Write::assign;
    const sb::Block panels[] = {{0, cut}, {cut, g.out_channels - cut}};
    for (const sb::Block panel : panels) {
      if (panel.count == 0) continue;
      auto call = layer.call(panel);
      call.from =
          view(above, rows, out)
              .column_range(panel.first * g.out_positions(), panel.count * g.out_positions());
      call.to = view(below, rows, in);
      call.write = write;
      run(Way::back, 1, call);
      write = sb::Write::add;
    }
    for (index_t r = 0; r < rows; ++r)
      for (index_t j = 0; j < in; ++j) {
        const auto at = static_cast<std::size_t>(r * sb::padded(in) + j);
        double wanted = adds ? before[at] : 0;
        for (index_t i = 0; i < out; ++i)
          wanted += above[static_cast<std::size_t>(r * sb::padded(out) + i)] * number(i, j);
        check_close(below[at], wanted);
      }
    const Numbers points = rows_of(rows, in, random);
    Numbers read = points;
    Numbers found(static_cast<std::size_t>(rows * sb::padded(out)));
    for (const sb::Block panel : panels) {
      if (panel.count == 0) continue;
      auto call = layer.call(panel);
      call.from = view(read, rows, in);
      call.to = view(found, rows, out)
                    .column_range(panel.first * g.out_positions(), panel.count * g.out_positions());
      run(Way::forward, 1, call);
    }
    for (index_t r = 0; r < rows; ++r)
      for (index_t i = 0; i < out; ++i) {
        double wanted = 0;
        for (index_t j = 0; j < in; ++j)
          wanted += points[static_cast<std::size_t>(r * sb::padded(in) + j)] * number(i, j);
        check_close(found[static_cast<std::size_t>(r * sb::padded(out) + i)], wanted);
      }
  }
}

TEST_CASE("bits depend neither on the number of rows nor on threads") {
  for (unsigned seed = 0; seed < 10; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const Layer layer(random);
    const sb::Geometry& g = layer.g;
    const index_t most = 64;
    for (const Way way : {Way::back, Way::forward}) {
      const index_t from = way == Way::back ? g.out_features() : g.in_features();
      const index_t to = way == Way::back ? g.in_features() : g.out_features();
      Numbers given = rows_of(most, from, random);
      const auto product = [&](index_t first, index_t count, int threads) {
        Numbers found(static_cast<std::size_t>(count * sb::padded(to)));
        auto call = layer.call({0, g.out_channels});
        call.from = view(given, most, from).row_range(first, count);
        call.to = view(found, count, to);
        run(way, threads, call);
        return found;
      };
      const Numbers all = product(0, most, 1);
      CHECK(product(0, most, 3) == all);
      for (const index_t count : {16, 24, 40})
        for (const index_t first : {0, 8, 24}) {
          const auto at = all.begin() + first * sb::padded(to);
          CHECK(product(first, count, 1) == Numbers(at, at + count * sb::padded(to)));
        }
    }
  }
}

TEST_CASE("on regions the numbers are those of whole maps, bit by bit") {
  for (unsigned seed = 0; seed < 40; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const Layer layer(random);
    const sb::Geometry& g = layer.g;
    const auto some = [&](index_t count) {
      const auto first = static_cast<index_t>(random() % count);
      return sb::Block{first, 1 + static_cast<index_t>(random() % (count - first))};
    };
    const sb::MapRegion above{some(g.rows.out), some(g.columns.out)};
    const sb::MapRegion below = g.seen_by(above);
    if (below.positions() == 0) continue;
    const index_t rows = 16;
    const index_t wide = g.out_features(), own = g.out_channels * above.positions();
    // Coefficients that are zero outside the region, on either kind of tile.
    Numbers whole(static_cast<std::size_t>(rows * sb::padded(wide)));
    Numbers part = rows_of(rows, own, random);
    const auto copy = [&](const Numbers& from, index_t columns, const sb::MapRegion& region,
                          const sb::MapRegion& map, index_t features, const auto& put) {
      for (index_t r = 0; r < rows; ++r)
        for (index_t i = 0; i < features; ++i)
          if (const index_t c = sb::column_in(region, map, i); c >= 0)
            put(r, i, from[static_cast<std::size_t>(r * sb::padded(columns) + c)]);
    };
    copy(part, own, above, g.out_map(), wide, [&](index_t r, index_t i, double x) {
      whole[static_cast<std::size_t>(r * sb::padded(wide) + i)] = x;
    });
    const index_t in = g.in_features(), seen = g.in_channels * below.positions();
    Numbers of_whole(static_cast<std::size_t>(rows * sb::padded(in)), 99);
    Numbers of_part(static_cast<std::size_t>(rows * sb::padded(seen)), 99);
    auto call = layer.call({0, g.out_channels});
    call.from = view(whole, rows, wide);
    call.to = view(of_whole, rows, in);
    run(Way::back, 1, call);
    call.above = above, call.below = below;
    call.from = view(part, rows, own);
    call.to = view(of_part, rows, seen);
    run(Way::back, 1, call);
    double inside = 0, all = 0;
    copy(of_part, seen, below, g.in_map(), in, [&](index_t r, index_t i, double x) {
      REQUIRE(of_whole[static_cast<std::size_t>(r * sb::padded(in) + i)] == x);
      inside += std::abs(x);
    });
    for (const double x : of_whole) all += std::abs(x);
    CHECK(inside == doctest::Approx(all));  // nothing lies outside
  }
}
