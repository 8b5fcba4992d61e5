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
  const bool has_rows = geometry.rows != WindowAxis{};
  const io::WindowOptions o = io::window_options(geometry, has_rows ? 2 : 1);
  using Numbers = std::vector<index_t>;
  const auto joined = [](const Numbers& numbers, const char* between) {
    std::string text;
    for (const index_t n : numbers) text += (text.empty() ? "" : between) + std::to_string(n);
    return text;
  };
  const auto map = [&](index_t rows, index_t columns) {
    return joined(has_rows ? Numbers{rows, columns} : Numbers{columns}, "x");
  };
  const auto unless = [&](const char* name, Numbers numbers, index_t usual) {
    const auto all = std::count(numbers.begin(), numbers.end(), numbers.front());
    if (all == static_cast<std::ptrdiff_t>(numbers.size())) numbers.resize(1);
    return numbers == Numbers{usual} ? "" : ", " + std::string(name) + " " + joined(numbers, ", ");
  };
  return std::to_string(geometry.in_channels) + " channels of " +
         map(geometry.rows.in, geometry.columns.in) + " to " +
         std::to_string(geometry.out_channels) + " of " +
         map(geometry.rows.out, geometry.columns.out) + ", kernel " + joined(o.taps, "x") +
         unless("stride", o.strides, 1) + unless("padding", o.padding, 0) +
         unless("output padding", o.output_padding, 0) + unless("dilation", o.dilations, 1) +
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
