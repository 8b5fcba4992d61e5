// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The floor of a row: its own matrix products and nothing else. One run is recorded; what is then timed
// beside it is, for each start node and layer below, one un-tiled product of all those rows, written the
// ordinary way in Eigen (row-major, noalias), on as many threads and with the same instructions. Rows
// that start as a selection of their node's own matrix cost no product there, as they cost none here.
//
// Of a map each position that a row holds of it is a row of the product, whose result are windows: the regions are
// those of the run, channel for channel, and rows that only fill up are left out. Laying numbers out for the product,
// adding windows up where they overlap, and everything at the edges of a region is what the floor does without. There
// are too many windows to have at once: these products come in pieces of as many positions as Eigen likes best.

#include <shardbound/network/instance.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cstddef>
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
    sb::index_t rows = 0;  // padding left out; for each position that they hold of a map
  };
  std::vector<Product> products;
  std::vector<const void*> intervals;
  bool recording = false;

  template <class T>
  void select(const sb::expr::SelectCall<T>& call) {
    EigenBackend::select(call);
    if (!recording) return;
    if (is_over_) parts_.clear();
    is_over_ = false;
    start_ = call.matrix.data;
    next_ = 0;
    const auto* const sign = call.rows.sign;
    for (const Part& part : parts_)
      if (part.name == sign) return;  // from another panel
    parts_.push_back({sign, call.rows.count - std::count(sign, sign + call.rows.count, T(0))});
  }
  template <class T>
  void product(sb::MatrixView<const T> a, sb::MatrixView<const T> weight, sb::MatrixView<T> out,
               sb::Write write, T* workspace) {
    EigenBackend::product(a, weight, out, write, workspace);
    note(weight.data, 1);
  }
  template <class T>
  void windows_back(const sb::expr::WindowCall<T>& call) {
    EigenBackend::windows_back(call);
    note(call.weight.data, call.above.positions());
  }
  template <class T>
  void concretize(const sb::expr::ConcretizeCall<T>& call) {
    EigenBackend::concretize(call);
    is_over_ = true;
  }
  template <class T>
  void affine_interval(const sb::expr::AffineCall<T>& call) {
    EigenBackend::affine_interval(call);
    if (recording) intervals.push_back(call.weight.data);
  }

 private:
  struct Part {
    const void* name;
    sb::index_t rows;
  };
  // The parts of a wave take every step one after the other.
  void note(const void* weight, sb::index_t positions) {
    if (!recording || parts_.empty()) return;
    products.push_back({start_, weight, parts_[next_++ % parts_.size()].rows * positions});
  }

  const void* start_ = nullptr;
  std::vector<Part> parts_;
  std::size_t next_ = 0;
  bool is_over_ = false;
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
      const Work work = work_of(network, key.second, count);
      products_.push_back(work);
      flops_ += 2.0 * static_cast<double>(count * work.weight->size());
      reserve(a_, work.piece * work.height());
      reserve(out_, work.piece * work.weight->cols());
    }
    if (what == FloorOf::rows_and_intervals)
      for (const void* first : network.backend().intervals)
        if (const int v = number(first); v >= 0) {
          const Work work =
              work_of(network, v, network.parameters(v).weight.geometry().out_positions());
          intervals_.push_back(work);
          flops_ += 4.0 * static_cast<double>(work.rows * work.weight->size());
          reserve(a_, 2 * work.rows * work.weight->cols());
          reserve(out_, 2 * work.rows * work.height());
        }
    std::mt19937 random(1);
    std::uniform_real_distribution<T> uniform(-1, 1);
    for (T& x : a_) x = uniform(random);
  }

  double flops() const { return flops_; }

  void run() {
    for (const Work& work : products_)
      work.for_each_group([&](const auto& weight) {
        for (Eigen::Index first = 0; first < work.rows; first += work.piece) {
          const auto rows = std::min(work.piece, work.rows - first);
          Eigen::Map<const Matrix> a(a_.data(), rows, weight.rows());
          Eigen::Map<Matrix> out(out_.data(), rows, weight.cols());
          out.noalias() = a * weight;
        }
      });
    for (const Work& work : intervals_)
      work.for_each_group([&](const auto& weight) {
        const auto in = weight.cols(), out = weight.rows();
        Eigen::Map<const Matrix> centre(a_.data(), in, work.rows);
        Eigen::Map<const Matrix> radius(a_.data() + in * work.rows, in, work.rows);
        Eigen::Map<Matrix> middle(out_.data(), out, work.rows);
        Eigen::Map<Matrix> reach(out_.data() + out * work.rows, out, work.rows);
        middle.noalias() = weight * centre;
        reach.noalias() = weight.cwiseAbs() * radius;
      });
  }

 private:
  /// Rows by a matrix, or by that of each group.
  struct Work {
    const Matrix* weight;
    Eigen::Index rows, groups, piece;

    Eigen::Index height() const { return weight->rows() / groups; }
    template <class Body>
    void for_each_group(const Body& body) const {
      for (Eigen::Index group = 0; group < groups; ++group)
        body(weight->middleRows(group * height(), height()));
    }
  };
  static constexpr Eigen::Index most_positions = 256;  // at once

  Work work_of(const sb::Instance<T, RecordingBackend>& network, int v, Eigen::Index rows) {
    const Matrix& weight = copy(network, v);
    const auto& geometry = network.parameters(v).weight.geometry();
    Work work{&weight, rows, geometry.groups, rows};
    if (!geometry.is_dense()) work.piece = std::min(rows, most_positions);
    return work;
  }
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
  std::vector<Work> products_, intervals_;
  std::vector<T> a_, out_;
  double flops_ = 0;
};

}  // namespace shardbound_bench
