// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A table that is printed row by row, as soon as a row is known, and may be kept as comma-separated values.

#include <shardbound/core/errors.hpp>

#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace shardbound_bench {

/// So many significant digits.
inline std::string digits(double number, int count = 3) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*g", count, number);
  return text;
}

class Table {
 public:
  struct Column {
    std::string name;
    int width;  ///< negative: to the left
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {
    std::vector<std::string> names;
    for (const Column& column : columns_) names.push_back(column.name);
    add(names);
  }

  /// A cell for each column.
  void add(const std::vector<std::string>& cells) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      std::printf("%s%*s", i > 0 ? " " : "", columns_[i].width, cells[i].c_str());
      const bool quoted = cells[i].find(',') != std::string::npos;
      values_ << (i > 0 ? "," : "") << (quoted ? "\"" + cells[i] + "\"" : cells[i]);
    }
    std::puts("");
    std::fflush(stdout);
    values_ << '\n';
  }

  void write(const std::string& path) const {
    std::ofstream file(path);
    file << values_.str();
    if (!file.flush()) throw shardbound::FormatError(path + " cannot be written");
  }

 private:
  std::vector<Column> columns_;
  std::ostringstream values_;
};

}  // namespace shardbound_bench
