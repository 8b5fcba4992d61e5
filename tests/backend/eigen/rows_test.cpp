// SPDX-License-Identifier: BSD-3-Clause

// Where rows begin and end.

#include <doctest/doctest.h>

#include <shardbound/backend/eigen/rows.hpp>
#include <tests/support/random_network.hpp>

#include <limits>

using namespace shardbound;
using expr::Norm;
using shardbound_test::uniform;

namespace {

template <class T>
struct Rows {
  std::vector<std::int32_t> index, domain;
  std::vector<T> sign, tile, constant, slack;
  index_t columns;

  Rows(std::vector<std::int32_t> i, std::vector<std::int32_t> d, std::vector<T> s, index_t n)
      : index(i),
        domain(d),
        sign(s),
        tile(i.size() * static_cast<std::size_t>(padded(n)), T(99)),
        constant(i.size(), 99),
        slack(i.size(), 99),
        columns(n) {}
  index_t count() const { return static_cast<index_t>(index.size()); }
  RowsView<T> rows() const { return {index.data(), domain.data(), sign.data(), count()}; }
  MatrixView<T> view() { return {tile.data(), count(), columns, padded(columns)}; }
  expr::RowSums<T> sums() { return {constant.data(), slack.data()}; }
  std::vector<T> row(std::size_t r) const {
    const auto width = static_cast<std::ptrdiff_t>(padded(columns));
    const auto first = tile.begin() + static_cast<std::ptrdiff_t>(r) * width;
    return {first, first + width};
  }
};
using Row = std::vector<double>;

}  // namespace

TEST_CASE("rows of the identity are signed units; rows that fill up are zero") {
  Rows<double> rows({2, 0, 1}, {0, 0, 0}, {1, -1, 0}, 3);
  expr::SelectCall<double> call;
  call.rows = rows.rows();
  call.tile = rows.view();
  call.sums = rows.sums();
  detail::select(call);
  CHECK(rows.row(0) == Row{0, 0, 1, 0, 0, 0, 0, 0});
  CHECK(rows.row(1) == Row{-1, 0, 0, 0, 0, 0, 0, 0});
  CHECK(rows.row(2) == Row(8));
  CHECK(rows.constant == Row(3));
  CHECK(rows.slack == Row(3));
}

TEST_CASE("rows of a matrix come with their bias, panel by panel") {
  const double matrix[3][8] = {{1, 2}, {3, 4}, {5, 6}}, bias[3] = {10, -20, 30};
  Rows<double> rows({2, 0, 1, 1}, {0, 0, 1, 0}, {1, -1, -1, 0}, 2);
  expr::SelectCall<double> call;
  call.bias = bias;
  call.gamma = 0.125;
  call.rows = rows.rows();
  call.tile = rows.view();
  call.sums = rows.sums();
  for (index_t first : {0, 2}) {
    call.first = first;
    call.matrix = {matrix[first], first ? 1 : 2, 2, 8};
    detail::select(call);
  }
  CHECK(rows.row(0) == Row{5, 6, 0, 0, 0, 0, 0, 0});
  CHECK(rows.row(1) == Row{-1, -2, 0, 0, 0, 0, 0, 0});
  CHECK(rows.row(2) == Row{-3, -4, 0, 0, 0, 0, 0, 0});
  CHECK(rows.row(3) == Row(8));
  CHECK(rows.constant == Row{30, -10, 20, 0});
  CHECK(rows.slack == Row{3.75, 1.25, 2.5, 0});  // what is added to the bias later
}

TEST_CASE("a user's rows begin with what rounding may cost their own terms") {
  const double matrix[2][8] = {{1, -2}, {0, 4}};
  const double lower[8] = {-3, -1}, upper[8] = {1, 5}, error[8] = {0.5, 1};
  Rows<double> rows({0, 1}, {0, 0}, {1, 1}, 2);
  expr::SelectCall<double> call;
  call.matrix = {matrix[0], 2, 2, 8};
  call.bounds = {lower, upper, error, 1, 2, 8};
  call.gamma = 0.125;
  call.rows = rows.rows();
  call.tile = rows.view();
  call.sums = rows.sums();
  detail::select(call);
  CHECK(rows.constant == Row{0, 0});
  CHECK(rows.slack == Row{0.125 * (3.5 + 2 * 6), 0.125 * 4 * 6});
}

TEST_CASE_TEMPLATE("least values over boxes and balls, and where they are taken", T, float,
                   double) {
  constexpr index_t n = 11, width = padded(n);
  std::mt19937 random(1);
  std::vector<T> lower(2 * width), upper(2 * width), error(2 * width), radius = {T(0.5), T(2)};
  for (std::size_t i = 0; i < 2 * n; ++i) {
    const auto at = i / n * width + i % n;
    const T centre = static_cast<T>(uniform(random));
    lower[at] = centre - radius[i / n];
    upper[at] = centre + radius[i / n];
  }
  Rows<T> rows({0, 0, 0, 0}, {0, 1, 1, 0}, {1, 1, 1, 1}, n);
  for (std::size_t i = 0; i < rows.tile.size(); ++i)
    rows.tile[i] = i % width < n ? static_cast<T>(uniform(random)) : 0;
  rows.constant = {1, -2, 3, 0};
  rows.slack = {0, 0, 0, T(0.5)};
  std::vector<T> value(4), slack(4), points(4 * width);
  expr::ConcretizeCall<T> call;
  call.tile = rows.view();
  call.rows = rows.rows();
  call.sums = rows.sums();
  call.set = {
      {lower.data(), upper.data(), error.data(), 2, n, width}, Norm::infinity, radius.data()};
  call.gamma = gamma<T>(n);
  call.result = {value.data(), slack.data()};
  call.worst = {points.data(), 4, n, width};
  for (const Norm norm : {Norm::infinity, Norm::two, Norm::one}) {
    call.set.norm = norm;
    detail::concretize(call);
    detail::worst_points(call);
    for (std::size_t r = 0; r < 4; ++r) {
      const auto d = static_cast<std::size_t>(rows.domain[r]);
      long double there = rows.constant[r], length = 0;
      for (std::size_t j = 0; j < n; ++j) {
        const long double x = points[r * width + j];
        const long double centre =
            (static_cast<long double>(lower[d * width + j]) + upper[d * width + j]) / 2;
        const long double step = std::abs(x - centre);
        there += rows.tile[r * width + j] * x;
        if (norm == Norm::infinity) length = std::max(length, step);
        if (norm == Norm::two) length += step * step;
        if (norm == Norm::one) length += step;
      }
      if (norm == Norm::two) length = std::sqrt(length);
      CHECK(static_cast<double>(length) == doctest::Approx(radius[d]).epsilon(1e-5));  // in the set
      CHECK(value[r] - slack[r] <= there + 1e-6L * radius[d]);
      CHECK(value[r] == doctest::Approx(static_cast<double>(there)).epsilon(1e-5));
      CHECK(slack[r] >= rows.slack[r]);
      CHECK(slack[r] < rows.slack[r] + T(1e-3));
    }
  }
}

TEST_CASE_TEMPLATE("rows that met an infinity or a NaN are vacuous", T, float, double) {
  constexpr T infinity = std::numeric_limits<T>::infinity(),
              nan = std::numeric_limits<T>::quiet_NaN();
  const T lower[8] = {-1}, upper[8] = {1}, error[8] = {};
  for (const T bad : {infinity, -infinity, nan})
    for (int place = 0; place < 3; ++place) {
      Rows<T> rows({0}, {0}, {1}, 1);
      rows.tile.assign(8, 0);
      rows.constant = rows.slack = {0};
      (place == 0 ? rows.tile : place == 1 ? rows.constant : rows.slack)[0] = bad;
      T value = 7, slack = 7;
      expr::ConcretizeCall<T> call;
      call.tile = rows.view();
      call.rows = rows.rows();
      call.sums = rows.sums();
      call.set.bounds = {lower, upper, error, 1, 1, 8};
      call.result = {&value, &slack};
      detail::concretize(call);
      CHECK(value == -infinity);
      CHECK(slack == 0);
    }
}

TEST_CASE("found bounds replace or tighten, and never cross") {
  const double infinity = std::numeric_limits<double>::infinity();
  double lower[8] = {-1, -1, -1, -1}, upper[8] = {1, 1, 1, 1}, error[8] = {0.5, 0.5, 0.5, 0.5};
  // both sides of neurons 0 to 3: better, worse, vacuous below, beyond the other side by rounding
  Rows<double> rows({0, 0, 1, 1, 2, 2, 3, 3, 0, 0}, std::vector<std::int32_t>(10),
                    {1, -1, 1, -1, 1, -1, 1, -1, 0, 0}, 4);
  rows.constant = {-0.5, -0.25, -2, -3, -infinity, -0.5, 1.5, -2, 77, 77};
  rows.slack = {0.125, 0.25, 0.125, 0.25, 0, 0.125, 0.0625, 0.03125, 0, 0};
  expr::StoreCall<double> call;
  call.rows = rows.rows();
  call.result = rows.sums();
  call.bounds = {lower, upper, error, 1, 4, 8};
  SUBCASE("assign") {
    call.meet = expr::Meet::assign;
    detail::store(call);
    const Row l{-0.5, -2, -infinity, 1.5}, u{0.25, 3, 0.5, 2}, e{0.25, 0.25, 0.125, 0.0625};
    for (std::size_t i = 0; i < 4; ++i) {
      CHECK(lower[i] == l[i]);
      CHECK(upper[i] == u[i]);
      CHECK(error[i] == e[i]);
    }
  }
  SUBCASE("intersect") {
    call.meet = expr::Meet::intersect;
    detail::store(call);
    const Row l{-0.5, -1, -1, 1}, u{0.25, 1, 0.5, 1.5};
    for (std::size_t i = 0; i < 4; ++i) {
      CHECK(lower[i] == l[i]);
      CHECK(upper[i] == u[i]);
      CHECK(error[i] == (i == 0 ? 0.25 : 0.5));  // the error of whatever a side was taken from
    }
  }
}

TEST_CASE("columns are copied with clean padding, or added") {
  std::vector<double> from(2 * 16), to(2 * 8, 99);
  for (std::size_t i = 0; i < from.size(); ++i) from[i] = static_cast<double>(i);
  const MatrixView<const double> source{from.data() + 5, 2, 3, 16};
  const MatrixView<double> target{to.data(), 2, 3, 8};
  detail::copy_columns(source, target, Write::assign);
  CHECK(to == Row{5, 6, 7, 0, 0, 0, 0, 0, 21, 22, 23, 0, 0, 0, 0, 0});
  detail::copy_columns(source, target, Write::add);
  CHECK(to == Row{10, 12, 14, 0, 0, 0, 0, 0, 42, 44, 46, 0, 0, 0, 0, 0});
}

TEST_CASE("blocks are added in their order") {
  // Any other order has other bits: 1e16 swallows a 1 that comes after it.
  const double blocks[3][2] = {{1e16, 1}, {1, 2}, {-1e16, 4}};
  double to[3] = {5, 5, 99};
  detail::add_blocks(blocks[0], 3, 2, to, Write::assign);
  CHECK(to[0] == 0);
  CHECK(to[1] == 7);
  detail::add_blocks(blocks[0], 3, 2, to, Write::add);
  CHECK(to[0] == 0);
  CHECK(to[1] == 14);
  double most[1] = {1e16};  // what is there already is added to the sum, not to the first block
  const double ones[2] = {1, 1};
  detail::add_blocks(ones, 2, 1, most, Write::add);
  CHECK(most[0] == 1e16 + 2);
  CHECK(to[2] == 99);
}
