// SPDX-License-Identifier: BSD-3-Clause

// A fused sweep does to every coefficient what its operations do one after the other, whatever the
// thread.

#include <doctest/doctest.h>

#include <shardbound/backend/eigen/backend.hpp>
#include <tests/support/random_network.hpp>

using namespace shardbound;
using shardbound_test::uniform;

namespace {

using General = expr::Relaxed<expr::LineKind::any>;
using ThroughOrigin = expr::Relaxed<expr::LineKind::lower_through_origin>;

enum class Op { sigmoid, relu, scaled, biased };
bool is_relaxed(Op op) { return op == Op::sigmoid || op == Op::relu; }

constexpr index_t rows = 40, features = 13, leading = padded(features), domains = 3;

std::vector<double> random_numbers(std::mt19937& random, index_t count, double low = -1) {
  std::vector<double> numbers(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < numbers.size(); ++i)
    numbers[i] = static_cast<index_t>(i) % leading < features ? uniform(random, low, 1) : 0;
  return numbers;
}

struct Sweep {
  std::vector<double> tile, constant, slack, sign, planes[14];
  std::vector<std::int32_t> index, domain;
  expr::SweepCall<double> call;

  explicit Sweep(std::initializer_list<Op> operations) {
    std::mt19937 random(1);
    tile = random_numbers(random, rows * leading);
    constant = slack = std::vector<double>(rows, 0.5);
    index.resize(rows);
    sign.assign(rows, 1);
    for (index_t r = 0; r < rows; ++r)
      domain.push_back(static_cast<std::int32_t>(random() % domains));
    for (auto& plane : planes) plane = random_numbers(random, domains * leading, 0);
    const auto lines = [&](int first) {
      const auto at = [&](int i) {
        return expr::Strided<double>{planes[first + i].data(), leading, 0};
      };
      return expr::LineSource<double>{at(0), at(1), at(2), at(3), at(4), at(5), {}, {}};
    };
    call.tile = {tile.data(), rows, features, leading};
    call.rows = {index.data(), domain.data(), sign.data(), rows};
    call.sums = {constant.data(), slack.data()};
    auto* data = call.data;
    for (const Op op : operations) {
      data->lines = lines(op == Op::sigmoid ? 0 : 6);
      data->scale = planes[12].data();
      data->shift = planes[13].data();
      data->slack = slack_of(op).data();
      data++->slack_leading = leading;
    }
  }
  const std::vector<double>& slack_of(Op op) const { return planes[op == Op::scaled ? 1 : 3]; }
};

/// One operation at a time, in the plainest way.
Sweep one_by_one(std::initializer_list<Op> operations) {
  Sweep s(operations);
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t c = 0; c < features; ++c) {
      double& a = s.tile[r * leading + c];
      const auto at = static_cast<std::size_t>(s.domain[r]) * leading + c;
      for (const Op op : operations) {
        if (is_relaxed(op)) {
          const auto* lines = &s.planes[op == Op::sigmoid ? 0 : 6];
          const bool up = a >= 0;
          const double intercept = up ? (op == Op::sigmoid ? lines[1][at] : 0) : lines[3][at];
          s.constant[r] += a * intercept;
          s.slack[r] += std::abs(a) * lines[up ? 4 : 5][at];
          a *= lines[up ? 0 : 2][at];
        } else {
          s.constant[r] += a * s.planes[13][c];
          s.slack[r] += std::abs(a) * s.slack_of(op)[at];
          if (op == Op::scaled) a *= s.planes[12][c];
        }
      }
    }
  return s;
}

}  // namespace

TEST_CASE("fused is one by one, in any number of threads") {
  const auto check = []<class Chain>(Chain, std::initializer_list<Op> operations) {
    const Sweep expected = one_by_one(operations);
    std::vector<double> bits;
    for (const int threads : {1, 2, 3}) {
      Sweep s(operations);
      EigenBackend(threads).sweep<Chain>(s.call);
      for (std::size_t r = 0; r < rows; ++r) {
        REQUIRE(s.constant[r] == doctest::Approx(expected.constant[r]).epsilon(1e-12));
        REQUIRE(s.slack[r] == doctest::Approx(expected.slack[r]).epsilon(1e-12));
        for (std::size_t c = 0; c < leading; ++c)
          REQUIRE(s.tile[r * leading + c] ==
                  doctest::Approx(expected.tile[r * leading + c]).epsilon(1e-12));
      }
      auto all = s.tile;
      all.insert(all.end(), s.constant.begin(), s.constant.end());
      all.insert(all.end(), s.slack.begin(), s.slack.end());
      if (bits.empty()) bits = all;
      CHECK(bits == all);
    }
  };
  using expr::Biased, expr::Chain, expr::Scaled;
  check(Chain<General, Scaled, Biased>{}, {Op::sigmoid, Op::scaled, Op::biased});
  check(Chain<Scaled, ThroughOrigin, Biased>{}, {Op::scaled, Op::relu, Op::biased});
  check(Chain<Scaled, General>{}, {Op::scaled, Op::sigmoid});
  check(Chain<ThroughOrigin>{}, {Op::relu});
  check(Chain<Biased>{}, {Op::biased});
}

TEST_CASE("biases alone leave the coefficients as they are") {
  Sweep s({Op::biased});
  const auto before = s.tile;
  EigenBackend().sweep<expr::Chain<expr::Biased>>(s.call);
  CHECK(s.tile == before);
  CHECK(s.constant != std::vector<double>(rows, 0.5));
}

TEST_CASE("lines per row follow their rows into threads") {
  Sweep s({Op::sigmoid});
  std::mt19937 random(2);
  std::vector<double> per_row[4];
  for (auto& plane : per_row) plane = random_numbers(random, rows * leading);
  auto& lines = s.call.data[0].lines;
  const auto own = [](const std::vector<double>& plane) {
    return expr::Strided<double>{plane.data(), 0, leading};
  };
  lines.lower_slope = own(per_row[0]);
  lines.lower_intercept = own(per_row[1]);
  lines.upper_slope = own(per_row[2]);
  lines.upper_intercept = own(per_row[3]);
  const auto before = s.tile;
  EigenBackend(3).sweep<expr::Chain<General>>(s.call);
  for (std::size_t i = 0; i < before.size(); ++i)
    REQUIRE(s.tile[i] == before[i] * (before[i] >= 0 ? per_row[0][i] : per_row[2][i]));
}
