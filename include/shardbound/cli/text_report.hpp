// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What `bounds` found, for a person: outputs, then the property's rows as what they mean, those of one
// conjunction together; and what `info` says of a convolution.

#include <shardbound/bound/print.hpp>
#include <shardbound/cli/json_report.hpp>
#include <shardbound/cli/results.hpp>
#include <shardbound/io/layer_types.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iostream>
#include <span>
#include <string>
#include <vector>

namespace shardbound::inline v0::cli {

/// "3 channels of 32x32 to 8 of 16x16, kernel 3x3, stride 2, padding 1": a convolution in words, without what is usual.
/// Padding of four numbers is that in front of rows and columns, then behind them.
inline std::string windows_text(const Geometry& geometry) {
  std::vector<WindowAxis> axes = {geometry.columns};
  if (geometry.rows != WindowAxis{}) axes.insert(axes.begin(), geometry.rows);
  const bool transposed = geometry.rows.spread > 1 || geometry.columns.spread > 1;
  const auto way = transposed ? io::detail::Convolves::transposed : io::detail::Convolves::forwards;
  using Numbers = std::vector<index_t>;
  const auto joined = [](const Numbers& numbers, const char* between) {
    std::string text;
    for (const index_t n : numbers) text += (text.empty() ? "" : between) + std::to_string(n);
    return text;
  };
  const auto unless = [&](const char* name, Numbers numbers, index_t usual) {
    const auto all = std::count(numbers.begin(), numbers.end(), numbers.front());
    if (all == static_cast<std::ptrdiff_t>(numbers.size())) numbers.resize(1);
    return numbers == Numbers{usual} ? "" : ", " + std::string(name) + " " + joined(numbers, ", ");
  };
  Numbers in, out, taps, strides, zeros, behind, more, dilations;
  for (const WindowAxis& axis : axes) {
    const auto padded = io::detail::padding_of(axis, way);
    in.push_back(axis.in), out.push_back(axis.out), taps.push_back(axis.taps);
    strides.push_back(transposed ? axis.spread : axis.stride);
    dilations.push_back(axis.dilation);
    zeros.push_back(padded.before), behind.push_back(padded.after), more.push_back(padded.more);
  }
  zeros.insert(zeros.end(), behind.begin(), behind.end());
  return std::to_string(geometry.in_channels) + " channels of " + joined(in, "x") + " to " +
         std::to_string(geometry.out_channels) + " of " + joined(out, "x") + ", kernel " +
         joined(taps, "x") + unless("stride", strides, 1) + unless("padding", zeros, 0) +
         unless("output padding", more, 0) + unless("dilation", dilations, 1) +
         unless("groups", {geometry.groups}, 1);
}

/// row . y - rhs, written out: "Y_0 - Y_3", "2 Y_1 + 0.5 Y_2 - 1"; columns from `outputs` on are inputs. Of a row of
/// more than `most` terms the first are shown, and how many are not.
inline std::string row_text(std::span<const double> row, double rhs, std::size_t outputs,
                            std::size_t most = 8) {
  std::string text;
  const auto add = [&](double number, const std::string& of) {
    const bool negative = std::signbit(number);
    text += text.empty() ? (negative ? "-" : "") : (negative ? " - " : " + ");
    const double size = std::abs(number);
    if (of.empty() || size != 1) text += decimal(size) + (of.empty() ? "" : " ");
    text += of;
  };
  std::size_t terms = 0;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (row[i] == 0) continue;
    if (terms++ < most)
      add(row[i], i < outputs ? "Y_" + std::to_string(i) : "X_" + std::to_string(i - outputs));
  }
  if (terms > most) text += " + ... (" + std::to_string(terms - most) + " more)";
  if (rhs != 0 || text.empty()) add(rhs == 0 ? 0 : -rhs, "");
  return text;
}

/// All conjunctions of one box.
inline void print_rows(const BoxReport& box, std::ostream& out) {
  const std::size_t rows = box.spec_lower.size();
  for (std::size_t first = 0, last = 0; first < rows; first = last) {
    bool impossible = false;
    for (; last < rows && box.conjunction[last] == box.conjunction[first]; ++last)
      impossible = impossible || box.impossible[last];
    out << "conjunction " << box.conjunction[first] << ": "
        << (impossible ? "impossible\n" : "possible\n");
    for (std::size_t i = first; i < last; ++i) {
      out << "  " << box.spec_text[i] << " >= " << decimal_below(box.spec_lower[i], 9);
      if (std::isfinite(box.spec_lower[i])) out << " +- " << decimal_above(box.spec_slack[i], 2);
      out << (box.impossible[i] ? ": impossible\n" : ": possible\n");
    }
  }
}

inline void print(const Report& report, std::ostream& out = std::cout) {
  for (std::size_t b = 0; b < report.boxes.size(); ++b) {
    if (report.boxes.size() > 1) out << "box " << b << '\n';
    shardbound::print(report.boxes[b].output, out);
    if (b == 0) out << "A counterexample needs every row of a conjunction to be 0 or less:\n";
    print_rows(report.boxes[b], out);
  }
}

}  // namespace shardbound::inline v0::cli
