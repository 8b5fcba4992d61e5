// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// How the numbers of a network are set: by layer, in whole or some rows at a time, as any contiguous range. What does not
// belong is refused with one sentence that names the node.

#include <shardbound/network/gather_table.hpp>
#include <shardbound/network/layer_parameters.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <ranges>
#include <span>
#include <string>
#include <vector>

namespace shardbound::inline v0 {

template <class T, class Backend>
class ParameterSetters : public LayerParameters<T, Backend> {
  using Base = LayerParameters<T, Backend>;

 public:
  using Base::Base;
  using Base::describe;
  using Base::parameters;

  /// Rows of a matrix that are set at once, so that no rank holds much that is not its own.
  static constexpr index_t rows_in_flight = 64;

  /// Matrix (out x in, row-major) and bias (out) of a product node; of a convolution (out channels x in channels of
  /// a group x taps of rows x taps of columns) and (out channels). Throws ShapeError on other sizes and ArgumentError
  /// on NaN or infinity, naming node, row and column.
  template <std::ranges::contiguous_range W = std::initializer_list<double>,
            std::ranges::contiguous_range B = std::initializer_list<double>>
  void set_linear(int node, const W& weight, const B& bias) {
    require(node, NodeKind::product, "a Linear layer or a convolution");
    const Geometry& geometry = plan_[node].geometry;
    check_size(node, "weight", std::ranges::size(weight), geometry.out_channels * geometry.width());
    set_rows(node, {0, geometry.out_channels}, std::ranges::data(weight));
    set_bias(node, bias);
  }
  /// Some rows of a product's matrix: (count, in), row-major, no padding. Every rank may be given all of
  /// them, a few at a time, and keeps what is its own; wants_rows says which it has a use for.
  template <class U>
  void set_rows(int node, Block rows, const U* numbers) {
    require(node, NodeKind::product, "a Linear layer or a convolution");
    auto& tensor = at(node).weight;
    const Geometry& geometry = plan_[node].geometry;
    if (rows.first < 0 || rows.count < 0 || rows.end() > tensor.out())
      throw ShapeError(describe(node) + ": it has " + std::to_string(tensor.out()) +
                       " rows; rows " + std::to_string(rows.first) + " to " +
                       std::to_string(rows.end()) + " were given");
    for (index_t r = rows.first; r < rows.end(); ++r) note_row(node, r, Known::no);
    const index_t in = geometry.width(), leading = padded(tensor.in());
    std::vector<T> host(static_cast<std::size_t>(std::min(rows_in_flight, rows.count) * leading));
    for (index_t done = 0, count = 0; done < rows.count; done += count) {
      const index_t first = rows.first + done;
      count = std::min({rows_in_flight, rows.count - done, tensor.rows_to_panel_end(first)});
      for (index_t r = 0; r < count; ++r)
        for (index_t c = 0; c < in; ++c)
          host[static_cast<std::size_t>(r * leading + tensor.column_of(geometry, first + r, c))] =
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
    require(node, NodeKind::product, "a Linear layer or a convolution");
    at(node).vectors_missing = true;
    const Geometry& geometry = plan_[node].geometry;
    const index_t positions = geometry.out_positions();
    check_size(node, "bias", std::ranges::size(bias), geometry.out_channels);
    std::vector<std::ranges::range_value_t<B>> all;  // one for each position
    for (const auto number : bias)
      all.insert(all.end(), static_cast<std::size_t>(positions), number);
    upload_vector(node, at(node).bias, std::span(all), "bias");
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
    ++numbers_->revision;
  }

 private:
  using Base::at;
  using Base::backend_;
  using Base::is_scaled;
  using Base::kernels_;
  using Base::note_row;
  using Base::numbers_;
  using Base::plan_;
  using typename Base::Known;
  using typename Base::Parameters;

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
};

}  // namespace shardbound::inline v0
