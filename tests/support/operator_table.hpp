// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The README's table of operators: what each is known to do, by method and device, as text and back. Operators of
// equal entries share a row.

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace shardbound_test {

inline constexpr const char* devices[] = {"CPU", "GPU"};
inline constexpr const char* methods_of_table[] = {"IBP", "CROWN-IBP", "CROWN", "alpha-CROWN"};
inline constexpr std::size_t methods_in_table = std::size(methods_of_table);

/// A mark for every policy, by device and method: "==~~~".
using OperatorEntry = std::array<std::string, std::size(devices) * methods_in_table>;
using OperatorTable = std::map<std::string, OperatorEntry>;

inline constexpr const char* table_begin =
    "<!-- what follows is written by tests/oracle/operators_test.cpp -->\n";
inline constexpr const char* table_end = "<!-- end of what is written -->\n";

inline std::string text_of(const OperatorTable& table) {
  std::string text = "| operators |", rule = "|---|";
  for (const char* device : devices)
    for (const char* method : methods_of_table) {
      text.append(" ").append(device).append(": ").append(method).append(" |");
      rule += "---|";
    }
  text += "\n" + rule + "\n";
  std::vector<std::pair<std::string, OperatorEntry>> rows;
  for (const auto& [op, entry] : table) {
    std::size_t row = 0;
    while (row < rows.size() && rows[row].second != entry) ++row;
    if (row == rows.size()) rows.emplace_back("", entry);
    rows[row].first += (rows[row].first.empty() ? "" : ", ") + op;
  }
  for (const auto& [operators, entry] : rows) {
    text += "| " + operators + " |";
    for (const std::string& marks : entry) text += " `" + marks + "` |";
    text += "\n";
  }
  return text;
}

/// What a text in that form says; anything else in it is passed over.
inline OperatorTable table_of(const std::string& text) {
  OperatorTable table;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::vector<std::string> words;  // operators and marks are words, whatever stands around them
    std::string word;
    for (const char c : line) {
      if (c != ' ' && c != ',' && c != '|' && c != '`') {
        word += c;
        continue;
      }
      if (!word.empty()) words.push_back(std::move(word));
      word.clear();
    }
    OperatorEntry entry;
    if (line.find('`') == line.npos || words.size() <= entry.size()) continue;
    const auto marks = words.end() - static_cast<std::ptrdiff_t>(entry.size());
    std::copy(marks, words.end(), entry.begin());
    for (auto op = words.begin(); op != marks; ++op) table[*op] = entry;
  }
  return table;
}

}  // namespace shardbound_test
