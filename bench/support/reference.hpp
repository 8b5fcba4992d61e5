// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What the reference needed for alpha-CROWN on an H100: oracles/baseline_h100.csv.

#include <bench/support/oracle.hpp>
#include <shardbound/bound/method.hpp>

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace shardbound_bench {

inline constexpr int evaluations_there = 20;  // the reference's

/// What the reference needed, from its table: seconds of its 20 evaluations, 0 if it did not get so far.
struct Reference {
  double seconds = 0, peak = 0;
  std::string error;
};
inline std::map<std::string, Reference> read_references(sb::Optimisation::Of of) {
  const std::string method =
      of == sb::Optimisation::Of::all_rows ? "alpha_crown" : "alpha_crown_fixed_intermediate";
  std::map<std::string, Reference> all;
  std::ifstream file(shared("oracles/baseline_h100.csv"));
  std::string line;
  while (std::getline(file, line)) {
    std::vector<std::string> cells;
    std::istringstream words(line);
    for (std::string cell; std::getline(words, cell, ',');) cells.push_back(cell);
    if (cells.size() < 9 || cells[2] != method) continue;
    Reference one;
    if (!cells[4].empty()) one.seconds = std::stod(cells[4]);
    if (!cells[5].empty()) one.seconds *= evaluations_there / std::stod(cells[5]);
    if (!cells[8].empty()) one.peak = std::stod(cells[8]);
    if (cells.size() > 11) one.error = cells[11];
    all[cells[1]] = one;
  }
  return all;
}

}  // namespace shardbound_bench
