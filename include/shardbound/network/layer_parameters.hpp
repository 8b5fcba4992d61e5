// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The numbers of a network, as one rank holds them: every parameter where its policy and backend keep it, how
// layers are found by number, ordinal and name, and which parameters nobody has set yet (parameter_setters.hpp).

#include <shardbound/core/rounding.hpp>
#include <shardbound/network/exchange.hpp>
#include <shardbound/network/gather_table.hpp>
#include <shardbound/network/kernels.hpp>
#include <shardbound/network/sharded_tensor.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <initializer_list>
#include <limits>
#include <memory>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

/// Where layers that are Replicated or FullySharded keep their weights. The two compute alike, so which
/// it is may be decided at run time.
enum class Store { as_declared, replicated, fully_sharded };

template <class T, class Backend>
class LayerParameters {
 public:
  struct Parameters {
    ShardedTensor<T, Backend> weight;             // product
    Buffer<T, Backend> bias;                      // product: (N_out padded)
    Buffer<T, Backend> scale, shift;              // scale and shift: (N padded)
    Buffer<T, Backend> scale_error, shift_error;  // by how much either may be off: (N padded)
    FunctionState state{};                        // activation
    // gather: the feature of each output (N padded), -1 for a constant; the outputs that read each feature
    Buffer<std::int32_t, Backend> indices, first_reader, readers;
    Buffer<T, Backend> fill,
        fill_error;    // its constants, and by how much they may be off (N padded)
    std::string name;  // the tensor's name in a file, or the user's for the layer

    // What nobody has set yet.
    std::vector<bool> rows_to_come;  // of the matrix, that this rank keeps something of
    index_t rows_missing = 0;        // how many those are
    bool vectors_missing = false;    // the bias, or scale and shift, or indices
    bool is_complete() const { return rows_missing == 0 && !vectors_missing; }
  };

  LayerParameters(PlanView plan, Kernels<T, Backend> kernels, AnyCommunicator communicator,
                  std::unique_ptr<Backend> backend, Store store)
      : plan_(plan),
        kernels_(kernels),
        backend_(std::move(backend)),
        exchange_(*backend_, std::move(communicator)),
        layout_(plan, exchange_.rank(), exchange_.size()),
        numbers_(std::make_shared<Numbers>()) {
    numbers_->parameters.resize(static_cast<std::size_t>(plan.size()));
    for (int v = 0; v < plan_.size(); ++v) {
      const Node& node = plan_[v];
      Parameters& own = at(v);
      if (node.kind == NodeKind::product) {
        own.weight = {*backend_, plan_, layout_, v, cut_of(node, store)};
        own.bias = zeros(padded(node.features));
        own.vectors_missing = true;
        own.rows_to_come.resize(static_cast<std::size_t>(own.weight.out()));
        for (index_t r = 0; r < own.weight.out(); ++r) note_row(v, r, Known::no);
      } else if (plan_.is_activation(v)) {
        own.state = kernels_.functions[static_cast<std::size_t>(node.operation)].initial;
      } else if (node.kind == NodeKind::pointwise) {
        own.scale = zeros(padded(node.features));
        own.shift = zeros(padded(node.features));
        own.scale_error = zeros(padded(node.features));
        own.shift_error = zeros(padded(node.features));
        own.vectors_missing = true;
      } else if (node.kind == NodeKind::gather) {
        own.indices = Buffer<std::int32_t, Backend>::zeros(*backend_, padded(node.features),
                                                           Category::weights);
        const index_t from = plan_[plan_.input_of(v)].features;
        own.first_reader = {*backend_, padded(from + 1), Category::weights};
        own.readers = {*backend_, padded(node.features), Category::weights};
        own.fill = zeros(padded(node.features));
        own.fill_error = zeros(padded(node.features));
        own.vectors_missing = true;
      }
    }
  }

  virtual ~LayerParameters() = default;  // networks are kept as instances
  LayerParameters(const LayerParameters&) = delete;
  LayerParameters& operator=(const LayerParameters&) = delete;

  const PlanView& plan() const { return plan_; }
  const Kernels<T, Backend>& kernels() const { return kernels_; }
  Backend& backend() const { return *backend_; }
  const Exchange<Backend>& exchange() const { return exchange_; }
  const Layout& layout() const { return layout_; }
  const Parameters& parameters(int node) const {
    return numbers_->parameters[static_cast<std::size_t>(node)];
  }
  /// Counts changes that a recording of work over this network would not notice.
  int revision() const { return numbers_->revision; }
  /// Whether this rank holds every number, and computes every feature, by itself.
  bool is_whole() const {
    for (int v = 0; v < plan_.size() && exchange_.size() > 1; ++v)
      if (layout_.is_split(v) ||
          (plan_[v].kind == NodeKind::product && parameters(v).weight.cut() != WeightCut::whole))
        return false;
    return true;
  }
  index_t inputs() const { return plan_[0].features; }
  index_t outputs() const { return plan_[plan_.output()].features; }
  Shape input_shape() const { return plan_[0].shape; }

  // ---- layers by number, ordinal and name -------------------------------------------------------
  // Whatever takes a node takes its number in the plan: 0 is the input, and layers follow in the order in
  // which they are written, branch by branch; Flatten is none. These find it. Throw ArgumentError.

  /// The node of the first Linear layer, the second, ...
  int linear(int ordinal) const {
    return nth("Linear layers", ordinal, [this](int v) { return is_product(v, true); });
  }
  /// The node of the first convolution, the second, ...
  int convolution(int ordinal) const {
    return nth("convolutions", ordinal, [this](int v) { return is_product(v, false); });
  }
  int activation(int ordinal) const {
    return nth("activations", ordinal, [this](int v) { return plan_.is_activation(v); });
  }
  int scale_shift(int ordinal) const {
    return nth("ScaleShift layers", ordinal, [this](int v) { return is_scaled(v); });
  }
  /// The node whose tensor, or layer, has that name in the file, or was given it by set_name.
  int node(std::string_view name) const {
    for (int v = 0; v < plan_.size(); ++v)
      if (!name.empty() && parameters(v).name == name) return v;
    throw ArgumentError("no layer of the network is called '" + std::string(name) + "'");
  }
  void set_name(int node, const std::string& name) {
    check_node(node);
    at(node).name = name;
  }
  /// Throws ArgumentError unless the plan has such a node.
  void check_node(int node) const {
    if (node < 0 || node >= plan_.size())
      throw ArgumentError("the network has no node " + std::to_string(node) +
                          ": they are numbered 0 (the input) to " + std::to_string(plan_.output()) +
                          " (the output)");
  }

  /// The product nodes in order.
  std::vector<int> product_nodes() const {
    std::vector<int> nodes;
    for (int v = 0; v < plan_.size(); ++v)
      if (plan_[v].kind == NodeKind::product) nodes.push_back(v);
    return nodes;
  }

  /// All parameters count as not set again, until they are: where a file that is read may end early.
  void forget() {
    for (int v = 0; v < plan_.size(); ++v) {
      Parameters& own = at(v);
      own.vectors_missing =
          plan_[v].kind == NodeKind::product || is_scaled(v) || plan_[v].kind == NodeKind::gather;
      for (index_t r = 0; r < static_cast<index_t>(own.rows_to_come.size()); ++r)
        note_row(v, r, Known::no);
    }
  }
  /// What nobody has set yet, one sentence a layer: "node 1 (Linear<256>) misses its weight and bias". An
  /// activation's coefficients have defaults.
  std::vector<std::string> missing() const {
    std::vector<std::string> all;
    for (int v = 0; v < plan_.size(); ++v) {
      const Parameters& own = parameters(v);
      if (own.is_complete()) continue;
      const auto total = static_cast<index_t>(own.rows_to_come.size());
      const std::string vectors = total > 0                           ? "bias"
                                  : plan_[v].kind == NodeKind::gather ? "indices"
                                                                      : "scale and shift";
      const std::string rows = own.rows_missing == 0 ? ""
                               : own.rows_missing == total
                                   ? "weight"
                                   : std::to_string(own.rows_missing) + " rows of weight";
      all.push_back(describe(v) + " misses its " + rows +
                    (!rows.empty() && own.vectors_missing ? " and " : "") +
                    (own.vectors_missing ? vectors : ""));
    }
    return all;
  }
  /// Throws ArgumentError while something is missing, and where memory is only counted.
  void check_complete() const {
    if (backend_->allocation() == Allocation::counted)
      throw ArgumentError("the memory of this network is only counted; it cannot compute anything");
    for (const Parameters& own : numbers_->parameters)
      if (!own.is_complete()) {
        const auto all = missing();
        throw ArgumentError(all[0] +
                            (all.size() == 1   ? ""
                             : all.size() == 2 ? ", and one more layer misses its own"
                                               : ", and " + std::to_string(all.size() - 1) +
                                                     " more layers miss theirs") +
                            ". Fix: set them, or load a file, before bounding");
      }
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
      case NodeKind::product: return product_name(n.geometry);
      case NodeKind::pointwise:
        return n.operation >= 0
                   ? std::string(kernels_.functions[static_cast<std::size_t>(n.operation)].name)
                   : "ScaleShift";
      case NodeKind::add: return "Residual";
      case NodeKind::concat: return "Concat";
      case NodeKind::gather: return "Gather";
      case NodeKind::sum: return "Sum<" + std::to_string(n.run) + ">";
      case NodeKind::maximum: return "Maximum<" + std::to_string(n.run) + ">";
      case NodeKind::softmax: return "Softmax<" + std::to_string(n.run) + ">";
      case NodeKind::multiply: return "Multiply";
    }
    return "?";
  }

 protected:
  struct Alone {};
  /// What a rank holds whole, without its peers: the same numbers, on the same backend.
  LayerParameters(const LayerParameters& whole, Alone)
      : plan_(whole.plan_),
        kernels_(whole.kernels_),
        backend_(whole.backend_),
        exchange_(*backend_, AnyCommunicator()),
        layout_(plan_, 0, 1),
        numbers_(whole.numbers_) {}

  Buffer<T, Backend> zeros(index_t size) {
    return Buffer<T, Backend>::zeros(*backend_, size, Category::weights);
  }
  bool is_product(int v, bool dense) const {
    return plan_[v].kind == NodeKind::product && plan_[v].geometry.is_dense() == dense;
  }
  bool is_scaled(int v) const {
    return plan_[v].kind == NodeKind::pointwise && plan_[v].operation == operation::scaled;
  }
  template <class Is>
  int nth(const char* what, int ordinal, const Is& is) const {
    int count = 0;
    for (int v = 0; v < plan_.size(); ++v)
      if (is(v) && count++ == ordinal) return v;
    throw ArgumentError("the network has " + std::to_string(count) + " " + what +
                        ", counted from 0; number " + std::to_string(ordinal) + " was asked for");
  }
  // A setter that throws on its way leaves what it has begun with as not set.
  enum class Known { no, yes };
  void note_row(int node, index_t row, Known known) {
    Parameters& own = at(node);
    if (!own.weight.keeps({row, 1})) return;
    auto missing = own.rows_to_come[static_cast<std::size_t>(row)];
    own.rows_missing -= missing;
    missing = known == Known::no;
    own.rows_missing += missing;
  }
  static WeightCut cut_of(const Node& node, Store store) {
    if (node.cut == WeightCut::rows || node.cut == WeightCut::columns) return node.cut;
    if (store == Store::as_declared) return node.cut;
    return store == Store::replicated ? WeightCut::whole : WeightCut::panels;
  }
  Parameters& at(int node) { return numbers_->parameters[static_cast<std::size_t>(node)]; }

  struct Numbers {
    std::vector<Parameters> parameters;
    int revision = 0;
  };

  PlanView plan_;
  Kernels<T, Backend> kernels_;
  std::shared_ptr<Backend> backend_;
  Exchange<Backend> exchange_;
  Layout layout_;
  std::shared_ptr<Numbers> numbers_;
};

}  // namespace shardbound::inline v0
