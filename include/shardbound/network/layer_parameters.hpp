// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The numbers of a network, as one rank holds them: every parameter where its policy and backend keep it, how
// layers are found by number, ordinal and name, how their parameters are set, and which nobody has set yet.

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
  /// Rows of a matrix that are set at once, so that no rank holds much that is not its own.
  static constexpr index_t rows_in_flight = 64;

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
        parameters_(static_cast<std::size_t>(plan.size())) {
    for (int v = 0; v < plan_.size(); ++v) {
      const Node& node = plan_[v];
      Parameters& own = at(v);
      if (node.kind == NodeKind::product) {
        own.weight = {*backend_, plan_, layout_, v, plan_.input_of(v), cut_of(node, store)};
        own.bias = zeros(padded(node.features));
        own.vectors_missing = true;
        own.rows_to_come.resize(static_cast<std::size_t>(node.features));
        for (index_t r = 0; r < node.features; ++r) note_row(v, r, Known::no);
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
    return parameters_[static_cast<std::size_t>(node)];
  }
  /// Counts changes that a recording of work over this network would not notice.
  int revision() const { return revision_; }
  index_t inputs() const { return plan_[0].features; }
  index_t outputs() const { return plan_[plan_.output()].features; }
  Shape input_shape() const { return plan_[0].shape; }

  // ---- layers by number, ordinal and name -------------------------------------------------------
  // Whatever takes a node takes its number in the plan: 0 is the input, and layers follow in the order in
  // which they are written, branch by branch; Flatten is none. These find it. Throw ArgumentError.

  /// The node of the first Linear layer, the second, ...
  int linear(int ordinal) const {
    return nth("Linear layers", ordinal,
               [this](int v) { return plan_[v].kind == NodeKind::product; });
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
    for (const Parameters& own : parameters_)
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
      case NodeKind::product: return "Linear<" + std::to_string(n.features) + ">";
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
  // ---- parameters. Numbers come as any contiguous range, braces included ---------------------------

  /// Matrix (out x in, row-major) and bias (out) of a product node. Throws ShapeError on other sizes and
  /// ArgumentError on NaN or infinity, naming node, row and column.
  template <std::ranges::contiguous_range W = std::initializer_list<double>,
            std::ranges::contiguous_range B = std::initializer_list<double>>
  void set_linear(int node, const W& weight, const B& bias) {
    require(node, NodeKind::product, "a Linear layer");
    auto& tensor = at(node).weight;
    check_size(node, "weight", std::ranges::size(weight), tensor.out() * tensor.in());
    set_rows(node, {0, tensor.out()}, std::ranges::data(weight));
    set_bias(node, bias);
  }
  /// Some rows of a product's matrix: (count, in), row-major, no padding. Every rank may be given all of
  /// them, a few at a time, and keeps what is its own; wants_rows says which it has a use for.
  template <class U>
  void set_rows(int node, Block rows, const U* numbers) {
    require(node, NodeKind::product, "a Linear layer");
    auto& tensor = at(node).weight;
    if (rows.first < 0 || rows.count < 0 || rows.end() > tensor.out())
      throw ShapeError(describe(node) + ": it has " + std::to_string(tensor.out()) +
                       " rows; rows " + std::to_string(rows.first) + " to " +
                       std::to_string(rows.end()) + " were given");
    for (index_t r = rows.first; r < rows.end(); ++r) note_row(node, r, Known::no);
    const index_t in = tensor.in(), leading = padded(in);
    std::vector<T> host(static_cast<std::size_t>(std::min(rows_in_flight, rows.count) * leading));
    for (index_t done = 0, count = 0; done < rows.count; done += count) {
      const index_t first = rows.first + done;
      count = std::min({rows_in_flight, rows.count - done, tensor.rows_to_panel_end(first)});
      for (index_t r = 0; r < count; ++r)
        for (index_t c = 0; c < in; ++c)
          host[static_cast<std::size_t>(r * leading + c)] =
              finite(node, numbers[(done + r) * in + c], "weight", first + r, c);
      tensor.upload_rows({first, count}, host.data());
      for (index_t r = first; r < first + count; ++r) note_row(node, r, Known::yes);
    }
  }
  bool wants_rows(int node, Block rows) const {
    const auto& tensor = parameters(node).weight;
    for (index_t first = rows.first, count = 0; first < rows.end(); first += count) {
      count = std::min(rows.end() - first, tensor.rows_to_panel_end(first));
      if (tensor.keeps({first, count})) return true;
    }
    return false;
  }
  template <std::ranges::contiguous_range B = std::initializer_list<double>>
  void set_bias(int node, const B& bias) {
    require(node, NodeKind::product, "a Linear layer");
    at(node).vectors_missing = true;
    upload_vector(node, at(node).bias, std::span(bias), "bias");
    at(node).vectors_missing = false;
  }
  /// Scale and shift (N each) of a ScaleShift node, and by how much the numbers that are meant may differ
  /// from them (N each; none: not at all). Slacks pay for that, and for what rounding to T adds to it.
  /// Throws ShapeError on other sizes, ArgumentError on numbers that are not finite and negative errors.
  template <std::ranges::contiguous_range A = std::initializer_list<double>,
            std::ranges::contiguous_range B = std::initializer_list<double>,
            std::ranges::contiguous_range C = std::initializer_list<double>,
            std::ranges::contiguous_range D = std::initializer_list<double>>
  void set_scale_shift(int node, const A& scale, const B& shift, const C& scale_error = {},
                       const D& shift_error = {}) {
    require(node, NodeKind::pointwise, "a ScaleShift layer");
    if (!is_scaled(node)) throw ArgumentError(describe(node) + " is not a ScaleShift layer");
    at(node).vectors_missing = true;
    upload_vector(node, at(node).scale, std::span(scale), "scale");
    upload_vector(node, at(node).shift, std::span(shift), "shift");
    upload_errors(node, at(node).scale_error, std::span(scale), std::span(scale_error),
                  "scale's error");
    upload_errors(node, at(node).shift_error, std::span(shift), std::span(shift_error),
                  "shift's error");
    at(node).vectors_missing = false;
  }
  /// The feature of its input that each output of a gather is (N), or -1: the constant that `fill` (N) has for it, or
  /// 0 if none are given. Throws ShapeError on other sizes, ArgumentError on features that are not there, on one that is
  /// read more often than the plan says, and on constants that are not finite.
  template <std::ranges::contiguous_range I = std::initializer_list<std::int32_t>,
            std::ranges::contiguous_range F = std::initializer_list<double>>
  void set_gather(int node, const I& indices, const F& fill = {}) {
    require(node, NodeKind::gather, "a gather");
    const std::span<const std::int32_t> given(std::ranges::data(indices),
                                              std::ranges::size(indices));
    check_size(node, "indices", given.size(), plan_[node].features);
    const GatherTable table(describe(node), plan_[node], plan_[plan_.input_of(node)].features,
                            given);
    std::vector<double> constants(given.size(), 0.0);
    if (!std::empty(fill)) {
      check_size(node, "constants", std::ranges::size(fill), plan_[node].features);
      std::copy(std::ranges::begin(fill), std::ranges::end(fill), constants.begin());
    }
    at(node).vectors_missing = true;
    Parameters& own = at(node);
    backend_->upload(own.indices.data(), table.indices.data(), own.indices.size());
    backend_->upload(own.first_reader.data(), table.first_reader.data(), own.first_reader.size());
    backend_->upload(own.readers.data(), table.readers.data(), own.readers.size());
    upload_vector(node, at(node).fill, std::span<const double>(constants), "constant");
    upload_errors(node, at(node).fill_error, std::span<const double>(constants),
                  std::span<const double>(), "constant's error");
    at(node).vectors_missing = false;
  }
  /// The numbers an activation carries (LeakyReLU: its negative slope), in the order in which its
  /// functor names them. Throws ShapeError if there are not as many, ArgumentError, with the name of the
  /// one at fault, if it is not made for them or they are not finite.
  template <std::ranges::contiguous_range C = std::initializer_list<double>>
  void set_activation(int node, const C& coefficients) {
    require(node, NodeKind::pointwise, "an activation");
    if (!plan_.is_activation(node)) throw ArgumentError(describe(node) + " is not an activation");
    const auto& kernel = kernels_.functions[static_cast<std::size_t>(plan_[node].operation)];
    const std::vector<double> numbers(std::ranges::begin(coefficients),
                                      std::ranges::end(coefficients));
    check_size(node, "coefficients", numbers.size(), static_cast<index_t>(kernel.coefficients));
    if (const std::string wrong = kernel.refusal(numbers); !wrong.empty())
      throw ArgumentError(describe(node) + " cannot be used with " + wrong);
    at(node).state = kernel.carrying(numbers);
    ++revision_;
  }

 private:
  Buffer<T, Backend> zeros(index_t size) {
    return Buffer<T, Backend>::zeros(*backend_, size, Category::weights);
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
  T finite(int node, U number, const char* what, index_t row, index_t column = -1) const {
    const T value = static_cast<T>(number);
    if (!std::isfinite(value))
      throw ArgumentError(describe(node) + ": its " + what + " is not finite at row " +
                          std::to_string(row) +
                          (column < 0 ? "" : ", column " + std::to_string(column)));
    return value;
  }
  template <class U, std::size_t N>
  void upload_vector(int node, Buffer<T, Backend>& to, std::span<U, N> from, const char* what) {
    check_size(node, what, from.size(), plan_[node].features);
    std::vector<T> host(static_cast<std::size_t>(to.size()));
    for (std::size_t i = 0; i < from.size(); ++i)
      host[i] = finite(node, from[i], what, static_cast<index_t>(i));
    backend_->upload(to.data(), host.data(), to.size());
  }
  // What numbers may be off by as they are kept, with room for the roundings of the slacks that it enters.
  template <class U, std::size_t N, class V, std::size_t M>
  void upload_errors(int node, Buffer<T, Backend>& to, std::span<U, N> numbers,
                     std::span<V, M> errors, const char* what) {
    if (!errors.empty()) check_size(node, what, errors.size(), plan_[node].features);
    std::vector<double> all(numbers.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
      const double number = static_cast<double>(numbers[i]);
      const double given = errors.empty() ? 0 : static_cast<double>(errors[i]);
      if (!(given >= 0))
        throw ArgumentError(describe(node) + ": its " + what + " is not at least 0 at row " +
                            std::to_string(i));
      const double off = given + std::abs(number - static_cast<double>(static_cast<T>(number)));
      if (off > 0)
        all[i] = off * (1 + 32 * static_cast<double>(unit_roundoff<T>)) +
                 static_cast<double>(std::numeric_limits<T>::min());
    }
    upload_vector(node, to, std::span<const double>(all), what);
  }

  PlanView plan_;
  Kernels<T, Backend> kernels_;
  std::unique_ptr<Backend> backend_;
  Exchange<Backend> exchange_;
  Layout layout_;
  std::vector<Parameters> parameters_;
  int revision_ = 0;
};

}  // namespace shardbound::inline v0
