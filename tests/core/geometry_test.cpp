// SPDX-License-Identifier: BSD-3-Clause

// Windows beside what they mean: a map with zeros between its positions and around them, over which taps slide.

#include <doctest/doctest.h>

#include <shardbound/core/geometry.hpp>

#include <algorithm>
#include <vector>

using namespace shardbound;

namespace {

/// The axis as it is written out: the number of an input at each place, or -1 for a zero.
std::vector<index_t> with_zeros(const WindowAxis& axis, index_t places) {
  std::vector<index_t> all(static_cast<std::size_t>(places), -1);
  for (index_t i = 0; i < axis.in; ++i) {
    const index_t at = axis.before + i * axis.spread;
    if (at >= 0 && at < places) all[static_cast<std::size_t>(at)] = i;
  }
  return all;
}

template <class Body>
void for_each_axis(const Body& body) {
  for (index_t in = 1; in <= 5; ++in)
    for (index_t taps = 1; taps <= 4; ++taps)
      for (index_t stride = 1; stride <= 3; ++stride)
        for (index_t dilation = 1; dilation <= 2; ++dilation)
          for (index_t spread = 1; spread <= 3; ++spread)
            for (index_t before = -2; before <= 3; ++before)
              body(WindowAxis{in, 5, taps, stride, dilation, spread, before});
}

}  // namespace

TEST_CASE("taps see what stands below them, or a zero") {
  int seen = 0, zeros = 0;
  for_each_axis([&](const WindowAxis& axis) {
    const auto places = with_zeros(axis, 64);
    for (index_t output = 0; output < axis.out; ++output)
      for (index_t tap = 0; tap < axis.taps; ++tap) {
        const index_t place = output * axis.stride + tap * axis.dilation;
        const index_t wanted = places[static_cast<std::size_t>(place)];
        REQUIRE(axis.input_of(output, tap) == wanted);
        ++(wanted < 0 ? zeros : seen);
      }
  });
  CHECK(seen > 1000);
  CHECK(zeros > 1000);
}

TEST_CASE("a block sees all that its outputs see, and begins and ends within their reach") {
  for_each_axis([&](const WindowAxis& axis) {
    for (index_t first = 0; first < axis.out; ++first)
      for (index_t count = 0; first + count <= axis.out; ++count) {
        const Block seen = axis.seen_by({first, count});
        REQUIRE(seen.first >= 0);
        REQUIRE(seen.end() <= axis.in);
        index_t least = axis.in, most = -1;
        for (index_t output = first; output < first + count; ++output)
          for (index_t tap = 0; tap < axis.taps; ++tap) {
            const index_t input = axis.input_of(output, tap);
            if (input < 0) continue;
            least = std::min(least, input), most = std::max(most, input);
            REQUIRE(input >= seen.first);
            REQUIRE(input < seen.end());
          }
        if (count == 0) REQUIRE(seen.count == 0);
        if (axis.dilation == 1 && axis.spread == 1 && axis.stride <= axis.taps && most >= 0) {
          // Without gaps it is no larger than that.
          REQUIRE(seen.first == least);
          REQUIRE(seen.end() == most + 1);
        }
      }
  });
}

static_assert(intersection({2, 5}, {4, 9}) == Block{4, 3});
static_assert(intersection({2, 2}, {4, 9}).count == 0);
static_assert(hull(Block{2, 2}, Block{7, 1}) == Block{2, 6});
static_assert(hull(Block{}, Block{7, 1}) == Block{7, 1});
static_assert(hull(Block{7, 1}, Block{}) == Block{7, 1});
static_assert(hull(MapRegion{{1, 2}, {0, 3}}, MapRegion{{4, 1}, {5, 2}}) ==
              MapRegion{{1, 4}, {0, 7}});
static_assert(hull(MapRegion{}, MapRegion{{4, 1}, {5, 2}}) == MapRegion{{4, 1}, {5, 2}});

TEST_CASE("columns of a region: its features in order, and -1 elsewhere") {
  const MapRegion map{{0, 4}, {0, 5}}, region{{1, 2}, {2, 3}};
  const index_t channels = 3;
  index_t next = 0;
  for (index_t channel = 0; channel < channels; ++channel)
    for (index_t y = 0; y < 4; ++y)
      for (index_t x = 0; x < 5; ++x) {
        const index_t feature = (channel * 4 + y) * 5 + x;
        const bool inside = y >= 1 && y < 3 && x >= 2;
        CHECK(column_in(region, map, feature) == (inside ? next++ : -1));
        CHECK(column_in(map, map, feature) == feature);
      }
  CHECK(next == channels * region.positions());
}

TEST_CASE("what a product is called, and its numbers") {
  const Geometry dense = Geometry::dense(7, 256);
  CHECK(dense.is_dense());
  CHECK(product_name(dense) == "Linear<256>");
  CHECK(dense.width() == 7);
  Geometry conv;
  conv.in_channels = 4, conv.out_channels = 6, conv.groups = 2;
  conv.rows = {.in = 5, .out = 3, .taps = 3};
  conv.columns = {.in = 8, .out = 7, .taps = 2};
  CHECK_FALSE(conv.is_dense());
  CHECK(product_name(conv) == "Conv2d<6, 3x2>");
  CHECK(conv.taps() == 6);
  CHECK(conv.width() == 12);
  CHECK(conv.readers() == 18);
  CHECK(conv.in_features() == 160);
  CHECK(conv.out_features() == 126);
  CHECK(in_shape(conv) == Shape{4, 5, 8});
  CHECK(out_shape(conv) == Shape{6, 3, 7});
  CHECK(conv.seen_by({{1, 1}, {2, 2}}) == MapRegion{{1, 3}, {2, 3}});
  Geometry flat;
  flat.in_channels = 2, flat.out_channels = 8;
  flat.columns = {.in = 9, .out = 5, .taps = 5};
  CHECK(product_name(flat) == "Conv1d<8, 5>");
  CHECK(in_shape(flat) == Shape{2, 9});
  CHECK(out_shape(flat) == Shape{8, 5});
  flat.columns.spread = 2;
  CHECK(product_name(flat) == "ConvTranspose1d<8, 5>");
  conv.rows.spread = 2;
  CHECK(product_name(conv) == "ConvTranspose2d<6, 3x2>");
  Geometry zeros = conv;  // windows of zeros alone
  zeros.rows = {.in = 2, .out = 2, .taps = 1, .before = 5};
  CHECK(zeros.seen_by(zeros.out_map()) == MapRegion{});
}
