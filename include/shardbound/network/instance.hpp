// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A network with its numbers: the plan, the tables of code, and every parameter where its policy and
// backend keep it. `Instance` no longer knows the network's type - methods are written against it -
// and `Network` adds the type back for the user.

#include <shardbound/backend/eigen/backend.hpp>
#include <shardbound/comm/self.hpp>
#include <shardbound/core/context.hpp>
#include <shardbound/network/kernels.hpp>
#include <shardbound/network/sharded_tensor.hpp>

#include <cmath>
#include <memory>
#include <vector>

namespace shardbound::inline v0 {

template <class T, class Backend>
class Instance {
 public:
  using Scalar = T;

  struct Parameters {
    ShardedTensor<T, Backend> weight;  // product
    Buffer<T, Backend> bias;           // product: (N_out padded)
    Buffer<T, Backend> scale, shift;   // scale and shift: (N padded)
    FunctionState state{};             // activation
    std::string name;                  // the tensor's name in a file, if any
  };

  Instance(PlanView plan, Kernels<T, Backend> kernels, std::unique_ptr<Backend> backend)
      : plan_(plan),
        kernels_(kernels),
        backend_(std::move(backend)),
        parameters_(static_cast<std::size_t>(plan.size())) {
    for (int v = 0; v < plan_.size(); ++v) {
      const Node& node = plan_[v];
      Parameters& own = at(v);
      if (node.kind == NodeKind::product) {
        const index_t in = plan_[plan_.input_of(v)].features;
        own.weight = {*backend_, node.features, in, node.cut};
        own.bias = zeros(padded(node.features));
        for (index_t p = 0; p < own.weight.panels(); ++p)
          backend_->template reserve_product<T>(own.weight.panel(p).rows.rows, padded(in));
      } else if (plan_.is_activation(v)) {
        own.state = kernels_.functions[static_cast<std::size_t>(node.operation)].initial;
      } else if (node.kind == NodeKind::pointwise) {
        own.scale = zeros(padded(node.features));
        own.shift = zeros(padded(node.features));
        backend_->fill(own.scale.data(), node.features, T(1));
      }
    }
  }

  const PlanView& plan() const { return plan_; }
  const Kernels<T, Backend>& kernels() const { return kernels_; }
  Backend& backend() const { return *backend_; }
  const Parameters& parameters(int node) const {
    return parameters_[static_cast<std::size_t>(node)];
  }
  index_t inputs() const { return plan_[0].features; }
  index_t outputs() const { return plan_[plan_.output()].features; }
  Shape input_shape() const { return plan_[0].shape; }

  /// The product nodes in order, for those who set weights by hand.
  std::vector<int> product_nodes() const {
    std::vector<int> nodes;
    for (int v = 0; v < plan_.size(); ++v)
      if (plan_[v].kind == NodeKind::product) nodes.push_back(v);
    return nodes;
  }

  /// "node 3 (Linear<256>)", with the file's name for it if there is one.
  std::string describe(int node) const {
    const auto& name = parameters(node).name;
    return "node " + std::to_string(node) + " (" + kind_name(node) +
           (name.empty() ? "" : ", '" + name + "'") + ")";
  }
  std::string kind_name(int node) const {
    const Node& n = plan_[node];
    switch (n.kind) {
      case NodeKind::input: return "Input<" + to_string(n.shape) + ">";
      case NodeKind::product: return "Linear<" + std::to_string(n.features) + ">";
      case NodeKind::pointwise:
        return n.operation >= 0
                   ? std::string(kernels_.functions[static_cast<std::size_t>(n.operation)].name)
                   : "ScaleShift";
      case NodeKind::add: return "Residual";
      case NodeKind::concat: return "Concat";
    }
    return "?";
  }
  void set_name(int node, std::string name) { at(node).name = std::move(name); }

  /// Matrix (out x in, row-major) and bias (out) of a product node. Throws ShapeError on other sizes and
  /// ArgumentError on NaN or infinity, naming node, row and column.
  template <class U>
  void set_linear(int node, std::span<const U> weight, std::span<const U> bias) {
    require(node, NodeKind::product, "a Linear layer");
    auto& tensor = at(node).weight;
    check_size(node, "weight", weight.size(), tensor.out() * tensor.in());
    for (index_t p = 0; p < tensor.panels(); ++p) {
      const Panel rows = panel(tensor.out(), tensor.in(), p);
      set_panel(node, p, weight.data() + rows.first * tensor.in());
    }
    set_bias(node, bias);
  }
  /// One panel of a product's matrix: (its rows, in), row-major, no padding.
  template <class U>
  void set_panel(int node, index_t number, const U* rows) {
    require(node, NodeKind::product, "a Linear layer");
    auto& tensor = at(node).weight;
    const Panel p = panel(tensor.out(), tensor.in(), number);
    const index_t in = tensor.in(), leading = padded(in);
    std::vector<T> host(static_cast<std::size_t>(p.rows * leading));
    for (index_t r = 0; r < p.rows; ++r)
      for (index_t c = 0; c < in; ++c)
        host[static_cast<std::size_t>(r * leading + c)] =
            finite(node, rows[r * in + c], "weight", p.first + r, c);
    tensor.upload_panel(number, host.data());
  }
  template <class U>
  void set_bias(int node, std::span<const U> bias) {
    require(node, NodeKind::product, "a Linear layer");
    upload_vector(node, at(node).bias, bias, "bias");
  }
  template <class U>
  void set_scale_shift(int node, std::span<const U> scale, std::span<const U> shift) {
    require(node, NodeKind::pointwise, "a ScaleShift layer");
    if (plan_[node].operation != operation::scaled)
      throw ArgumentError(describe(node) + " is not a ScaleShift layer");
    upload_vector(node, at(node).scale, scale, "scale");
    upload_vector(node, at(node).shift, shift, "shift");
  }
  /// The numbers an activation carries (LeakyReLU: its negative slope), in the order of its functor.
  /// Throws ShapeError if there are not as many, ArgumentError if it is not made for them.
  void set_activation(int node, std::span<const double> coefficients) {
    require(node, NodeKind::pointwise, "an activation");
    if (!plan_.is_activation(node)) throw ArgumentError(describe(node) + " is not an activation");
    const auto& kernel = kernels_.functions[static_cast<std::size_t>(plan_[node].operation)];
    check_size(node, "coefficients", coefficients.size(),
               static_cast<index_t>(kernel.coefficients));
    FunctionState state{};
    std::memcpy(state.data(), coefficients.data(), coefficients.size_bytes());
    if (!kernel.valid(state))
      throw ArgumentError(describe(node) + " cannot be used with the coefficient " +
                          std::to_string(coefficients[0]));
    at(node).state = state;
  }

 private:
  Buffer<T, Backend> zeros(index_t size) {
    return Buffer<T, Backend>::zeros(*backend_, size, Category::weights);
  }
  Parameters& at(int node) { return parameters_[static_cast<std::size_t>(node)]; }

  void require(int node, NodeKind kind, const char* what) const {
    if (node < 0 || node >= plan_.size() || plan_[node].kind != kind)
      throw ArgumentError("node " + std::to_string(node) + " of the network is not " + what);
  }
  void check_size(int node, const char* what, std::size_t given, index_t wanted) const {
    if (static_cast<index_t>(given) != wanted)
      throw ShapeError(describe(node) + ": its " + what + " has " + std::to_string(given) +
                       " numbers where " + std::to_string(wanted) + " belong");
  }
  template <class U>
  T finite(int node, U number, const char* what, index_t row, index_t column) const {
    const T value = static_cast<T>(number);
    if (!std::isfinite(value))
      throw ArgumentError(describe(node) + ": its " + what + " is not finite at row " +
                          std::to_string(row) + ", column " + std::to_string(column));
    return value;
  }
  template <class U>
  void upload_vector(int node, Buffer<T, Backend>& to, std::span<const U> from, const char* what) {
    check_size(node, what, from.size(), plan_[node].features);
    std::vector<T> host(static_cast<std::size_t>(to.size()));
    for (std::size_t i = 0; i < from.size(); ++i)
      host[i] = finite(node, from[i], what, static_cast<index_t>(i), 0);
    backend_->upload(to.data(), host.data(), to.size());
  }

  PlanView plan_;
  Kernels<T, Backend> kernels_;
  std::unique_ptr<Backend> backend_;
  std::vector<Parameters> parameters_;
};

/// A network of type Net with scalar T on a backend. `threads` is the number of this rank's threads.
/// Weights are zero until they are set or loaded (io.hpp).
template <class Net, class T = double, class Backend = EigenBackend>
class Network : public Instance<T, Backend> {
 public:
  explicit Network(Self = {}, int threads = 1) : Network(std::make_unique<Backend>(threads)) {}
  explicit Network(std::unique_ptr<Backend> backend)
      : Instance<T, Backend>(PlanOf<Net>::view(), kernels_of<Net, T, Backend>(),
                             std::move(backend)) {}
};

}  // namespace shardbound::inline v0
