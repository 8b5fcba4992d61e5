// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What `bounds` found, for a person: outputs, then the property's rows as what they mean, those of one
// conjunction together.

#include <shardbound/bound/print.hpp>
#include <shardbound/cli/json_report.hpp>
#include <shardbound/cli/results.hpp>

#include <cmath>
#include <cstddef>
#include <iostream>
#include <span>
#include <string>

namespace shardbound::inline v0::cli {

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
