// SPDX-License-Identifier: BSD-3-Clause

// A (S, N_out) times W (N_out, N_in): right within gamma, and every row's bits the same in any tile.

#include <doctest/doctest.h>

#include <shardbound/backend/eigen/backend.hpp>
#include <tests/support/random_network.hpp>

#include <cstring>

using namespace shardbound;
using shardbound_test::uniform;

namespace {

template <class T>
struct Matrix {
  index_t rows, columns;
  std::vector<T> data;  // padding zero

  Matrix(index_t r, index_t c)
      : rows(r), columns(c), data(static_cast<std::size_t>(r * padded(c))) {}
  static Matrix random(index_t r, index_t c, unsigned seed) {
    Matrix m(r, c);
    std::mt19937 random(seed);
    for (index_t i = 0; i < r; ++i)
      for (index_t j = 0; j < c; ++j) m.at(i, j) = static_cast<T>(uniform(random));
    return m;
  }
  T& at(index_t i, index_t j) { return data[static_cast<std::size_t>(i * padded(columns) + j)]; }
  MatrixView<T> view() { return {data.data(), rows, columns, padded(columns)}; }
};

/// Space as a backend allocates it: Eigen's packing wants it aligned.
template <class T>
Buffer<T, EigenBackend> room_for(EigenBackend& backend, const Matrix<T>& w) {
  return {backend, backend.product_workspace<T>(w.rows, padded(w.columns)), Category::workspace};
}

template <class T>
Matrix<T> multiplied(Matrix<T>& a, Matrix<T>& w, int threads) {
  EigenBackend backend(threads);
  const auto space = room_for(backend, w);
  Matrix<T> out(a.rows, w.columns);
  backend.product<T>(a.view(), w.view(), out.view(), Write::assign, space.data());
  return out;
}

}  // namespace

TEST_CASE_TEMPLATE("products are right, also when they accumulate", T, float, double) {
  for (const auto& [n_out, n_in] :
       {std::pair{1, 1}, {3, 17}, {50, 5}, {300, 261}, {1, 300}, {1000, 9}}) {
    auto a = Matrix<T>::random(24, n_out, 1);
    auto w = Matrix<T>::random(n_out, n_in, 2);
    EigenBackend backend;
    const auto space = room_for(backend, w);
    auto out = Matrix<T>::random(24, n_in, 3);
    const auto before = out;
    backend.product<T>(a.view(), w.view(), out.view(), Write::add, space.data());
    Matrix<T> fresh(24, n_in);
    std::fill(fresh.data.begin(), fresh.data.end(), std::numeric_limits<T>::quiet_NaN());
    backend.product<T>(a.view(), w.view(), fresh.view(), Write::assign, space.data());
    for (index_t r = 0; r < 24; ++r)
      for (index_t c = 0; c < n_in; ++c) {
        long double sum = 0, size = 0;
        for (index_t k = 0; k < n_out; ++k) {
          const long double term = static_cast<long double>(a.at(r, k)) * w.at(k, c);
          sum += term;
          size += std::abs(term);
        }
        const T start = Matrix<T>(before).at(r, c);
        REQUIRE(std::abs(fresh.at(r, c) - sum) <= gamma<T>(n_out) * size);
        REQUIRE(std::abs(out.at(r, c) - start - sum) <= gamma<T>(n_out) * (size + std::abs(start)));
      }
    for (index_t c = n_in; c < padded(n_in); ++c)
      REQUIRE(fresh.data[static_cast<std::size_t>(c)] == 0);  // padding comes out zero
  }
}

TEST_CASE_TEMPLATE("a row's bits do not depend on its tile or on threads", T, float, double) {
  for (const auto& [n_out, n_in] : {std::pair{37, 261}, {1000, 3}, {1, 50}, {513, 700}}) {
    auto all = Matrix<T>::random(104, n_out, 4);
    auto w = Matrix<T>::random(n_out, n_in, 5);
    const auto reference = multiplied(all, w, 1);
    const auto row_bytes = static_cast<std::size_t>(padded(n_in)) * sizeof(T);
    for (const int threads : {1, 2, 3})
      for (const index_t height : {16, 24, 40, 64, 104})
        for (const index_t first : {0, 8, 40, 88}) {
          if (first + height > 104) continue;
          Matrix<T> tile(height, n_out);
          std::copy_n(all.data.begin() + first * padded(n_out), tile.data.size(),
                      tile.data.begin());
          const auto out = multiplied(tile, w, threads);
          REQUIRE(std::memcmp(out.data.data(), reference.data.data() + first * padded(n_in),
                              row_bytes * static_cast<std::size_t>(height)) == 0);
        }
    // In another order, too.
    Matrix<T> reversed(104, n_out);
    for (index_t r = 0; r < 104; ++r)
      std::copy_n(&all.at(103 - r, 0), padded(n_out), &reversed.at(r, 0));
    auto out = multiplied(reversed, w, 2);
    for (index_t r = 0; r < 104; ++r)
      REQUIRE(std::memcmp(&out.at(r, 0), reference.data.data() + (103 - r) * padded(n_in),
                          row_bytes) == 0);
  }
}

namespace {

/// points (S, N_in) W^T.
template <class T>
Matrix<T> forward(Matrix<T>& points, Matrix<T>& w, int threads) {
  EigenBackend backend(threads);
  const auto space = room_for(backend, w);
  Matrix<T> out(points.rows, w.rows);
  backend.product_forward<T>(points.view(), w.view(), out.view(), space.data());
  return out;
}

}  // namespace

TEST_CASE_TEMPLATE("products with the transpose are right, whatever was there before", T, float,
                   double) {
  for (const auto& [n_out, n_in] :
       {std::pair{1, 1}, {3, 17}, {50, 5}, {300, 261}, {1, 300}, {1000, 9}}) {
    auto points = Matrix<T>::random(24, n_in, 1);
    auto w = Matrix<T>::random(n_out, n_in, 2);
    EigenBackend backend;
    const auto space = room_for(backend, w);
    // Into some columns of a wider tile, whose others stay as they are.
    Matrix<T> out(24, n_out + 16);
    std::fill(out.data.begin(), out.data.end(), T(7));
    for (index_t r = 0; r < 24; ++r)
      for (index_t c = 0; c < n_out; ++c) out.at(r, c + 8) = std::numeric_limits<T>::quiet_NaN();
    backend.product_forward<T>(points.view(), w.view(), out.view().column_range(8, n_out),
                               space.data());
    for (index_t r = 0; r < 24; ++r) {
      for (index_t i = 0; i < n_out; ++i) {
        long double sum = 0, size = 0;
        for (index_t k = 0; k < n_in; ++k) {
          const long double term = static_cast<long double>(points.at(r, k)) * w.at(i, k);
          sum += term;
          size += std::abs(term);
        }
        REQUIRE(std::abs(out.at(r, i + 8) - sum) <= gamma<T>(n_in) * size);
      }
      for (index_t c = 0; c < 8; ++c) {
        REQUIRE(out.at(r, c) == 7);
        REQUIRE(out.at(r, n_out + 8 + c) == 7);
      }
    }
  }
}

TEST_CASE_TEMPLATE("a point's bits do not depend on its tile or on threads", T, float, double) {
  for (const auto& [n_out, n_in] : {std::pair{37, 261}, {1000, 3}, {1, 50}, {513, 700}}) {
    auto all = Matrix<T>::random(104, n_in, 4);
    auto w = Matrix<T>::random(n_out, n_in, 5);
    const auto reference = forward(all, w, 1);
    const auto row_bytes = static_cast<std::size_t>(padded(n_out)) * sizeof(T);
    for (const int threads : {1, 2, 3})
      for (const index_t height : {16, 24, 40, 104})
        for (const index_t first : {0, 8, 40, 88}) {
          if (first + height > 104) continue;
          Matrix<T> tile(height, n_in);
          std::copy_n(all.data.begin() + first * padded(n_in), tile.data.size(), tile.data.begin());
          const auto out = forward(tile, w, threads);
          REQUIRE(std::memcmp(out.data.data(), reference.data.data() + first * padded(n_out),
                              row_bytes * static_cast<std::size_t>(height)) == 0);
        }
  }
}

TEST_CASE_TEMPLATE("blocks follow from the matrix, and their packing space is reserved once", T,
                   float, double) {
  const detail::ProductBlocks<T> blocks(700, 800), same(700, 800);
  CHECK(blocks.kc() == same.kc());
  CHECK(blocks.mc() == same.mc());
  CHECK(blocks.workspace() >= blocks.kc() * blocks.mc() + blocks.kc() * blocks.nc());
  const EigenBackend backend(2);
  // Of either direction, for each thread.
  const detail::ProductBlocks<T> back(800, 700);
  CHECK(backend.product_workspace<T>(700, 800) ==
        2 * std::max(blocks.workspace(), back.workspace()));
}
