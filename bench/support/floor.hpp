// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The floor of a row: its own matrix products and nothing else. One run is recorded; what is then timed
// beside it is, for each start node and layer below, one un-tiled product of all those rows, written the
// ordinary way in Eigen (row-major, noalias), on as many threads and with the same instructions. Rows
// that start as a selection of their node's own matrix cost no product there, as they cost none here.

#include <shardbound/network/instance.hpp>

#include <Eigen/Core>

#include <map>
#include <random>
#include <utility>
#include <vector>

namespace shardbound_bench {

namespace sb = shardbound;

/// The CPU backend, taking notes while it is told to.
class RecordingBackend : public sb::EigenBackend {
 public:
  using EigenBackend::EigenBackend;

  struct Product {
    const void* start = nullptr;  // the matrix that rows were selected from, or null
    const void* weight = nullptr;
    sb::index_t rows = 0;  // padding left out
  };
  std::vector<Product> products;
  std::vector<const void*> intervals;
  bool recording = false;

  template <class T>
  void select(const sb::expr::SelectCall<T>& call) {
    EigenBackend::select(call);
    if (!recording) return;
    start_ = call.matrix.data;
    rows_ = 0;
    for (sb::index_t r = 0; r < call.rows.count; ++r) rows_ += call.rows.sign[r] != T(0);
  }
  template <class T>
  void product(sb::MatrixView<const T> a, sb::MatrixView<const T> weight, sb::MatrixView<T> out,
               sb::Write write, T* workspace) {
    EigenBackend::product(a, weight, out, write, workspace);
    if (recording) products.push_back({start_, weight.data, rows_});
  }
  template <class T>
  void affine_interval(const sb::expr::AffineCall<T>& call) {
    EigenBackend::affine_interval(call);
    if (recording) intervals.push_back(call.weight.data);
  }

 private:
  const void* start_ = nullptr;
  sb::index_t rows_ = 0;
};

/// What counts as a method's own products.
enum class FloorOf {
  rows,                ///< pulling rows down
  rows_and_intervals,  ///< that, and W c and |W| r of every layer
};

template <class T>
class Floor {
 public:
  using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  using Vector = Eigen::Matrix<T, Eigen::Dynamic, 1>;

  /// From the notes that the network's backend took of one run.
  Floor(const sb::Instance<T, RecordingBackend>& network, FloorOf what) {
    const auto& plan = network.plan();
    std::map<const void*, int> node_of;
    for (int v = 0; v < plan.size(); ++v)
      if (plan[v].kind == sb::NodeKind::product)
        node_of[network.parameters(v).weight.panel(0).rows.data] = v;
    const auto number = [&](const void* weight) {
      const auto found = node_of.find(weight);
      return found == node_of.end() ? -1 : found->second;
    };
    std::map<std::pair<const void*, int>, sb::index_t> rows;
    for (const auto& product : network.backend().products)
      if (const int v = number(product.weight); v >= 0)  // a matrix's first panel stands for it
        rows[{product.start, v}] += product.rows;
    for (const auto& [key, count] : rows) {
      const Matrix& weight = copy(network, key.second);
      products_.push_back({&weight, count});
      flops_ += 2.0 * static_cast<double>(count * weight.rows() * weight.cols());
      reserve(a_, count * weight.rows());
      reserve(out_, count * weight.cols());
    }
    if (what == FloorOf::rows_and_intervals)
      for (const void* first : network.backend().intervals)
        if (const int v = number(first); v >= 0) {
          const Matrix& weight = copy(network, v);
          intervals_.push_back(&weight);
          flops_ += 4.0 * static_cast<double>(weight.size());
          reserve(a_, 2 * weight.cols());
          reserve(out_, 2 * weight.rows());
        }
    std::mt19937 random(1);
    std::uniform_real_distribution<T> uniform(-1, 1);
    for (T& x : a_) x = uniform(random);
  }

  double flops() const { return flops_; }

  void run() {
    for (const auto& [weight, rows] : products_) {
      Eigen::Map<const Matrix> a(a_.data(), rows, weight->rows());
      Eigen::Map<Matrix> out(out_.data(), rows, weight->cols());
      out.noalias() = a * *weight;
    }
    for (const Matrix* weight : intervals_) {
      const auto in = weight->cols(), rows = weight->rows();
      Eigen::Map<const Vector> centre(a_.data(), in), radius(a_.data() + in, in);
      Eigen::Map<Vector> middle(out_.data(), rows), reach(out_.data() + rows, rows);
      middle.noalias() = *weight * centre;
      reach.noalias() = weight->cwiseAbs() * radius;
    }
  }

 private:
  const Matrix& copy(const sb::Instance<T, RecordingBackend>& network, int v) {
    Matrix& matrix = weights_[v];
    const auto& tensor = network.parameters(v).weight;
    if (matrix.size() == 0) {
      matrix.resize(tensor.out(), tensor.in());
      for (sb::index_t p = 0; p < tensor.panels(); ++p) {
        const auto panel = tensor.panel(p);
        for (sb::index_t r = 0; r < panel.rows.rows; ++r)
          network.backend().to_host(matrix.row(panel.first + r).data(),
                                    panel.rows.data + r * panel.rows.leading, tensor.in());
      }
    }
    return matrix;
  }
  static void reserve(std::vector<T>& memory, sb::index_t numbers) {
    memory.resize(std::max(memory.size(), static_cast<std::size_t>(numbers)));
  }

  std::map<int, Matrix> weights_;
  std::vector<std::pair<const Matrix*, Eigen::Index>> products_;
  std::vector<const Matrix*> intervals_;
  std::vector<T> a_, out_;
  double flops_ = 0;
};

}  // namespace shardbound_bench
