// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A network file with a property, and what it asks: the box and the rows of its first region.

#include <bench/support/oracle.hpp>
#include <shardbound/bound/request.hpp>
#include <shardbound/io/vnnlib.hpp>
#include <shardbound/spec/input_set.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace shardbound_bench {

/// A network file and the first region of a property, below the shared folder. `oracle` empty: the reference was not
/// asked for it.
struct Files {
  std::string name, onnx, vnnlib, oracle;
};
/// The first of the two files that is not there; empty if both are.
inline std::string missing(const Files& files) {
  for (const std::string& file : {files.onnx, files.vnnlib})
    if (!std::filesystem::exists(shared(file))) return shared(file);
  return {};
}

struct Question {
  sb::InputSet set;
  sb::RowQuery query;
  nlohmann::json oracle;  ///< of this box; null if there is none
};
inline Question question_of(const Files& files) {
  Question question;
  const sb::Region region = sb::vnnlib::read(shared(files.vnnlib)).regions.at(0);
  question.set = region.box;
  auto& matrix = question.query.matrix;
  auto& domain = question.query.domain;
  for (const sb::Conjunction& unsafe : region.unsafe) {
    matrix.insert(matrix.end(), unsafe.rows.begin(), unsafe.rows.end());
    domain.insert(domain.end(), unsafe.rhs.size(), 0);
  }
  if (files.oracle.empty()) return question;
  const auto oracle = read_oracle(files.oracle);
  if (!oracle.is_null()) question.oracle = oracle.at("boxes").at(0);
  return question;
}

/// The oracle's lower bounds of a box's rows by a method.
inline std::vector<double> lower_bounds(const nlohmann::json& box, const std::string& method) {
  return box.at(method).at("spec").at("lower").get<std::vector<double>>();
}

}  // namespace shardbound_bench
