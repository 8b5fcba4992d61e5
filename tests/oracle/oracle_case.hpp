// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// One case of ../shared/oracles, with the comparison that its README prescribes.

#include <shardbound/bound/method.hpp>
#include <shardbound/spec/property.hpp>
#include <tests/oracle/units.hpp>

#include <zlib.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <stdexcept>

namespace shardbound_test {

using Json = nlohmann::json;
using Numbers = std::vector<double>;

inline std::string oracle_folder() { return SHARDBOUND_SHARED_DIR "/oracles"; }

inline Json read_json_gz(const std::string& path) {
  std::string text;
  gzFile file = gzopen(path.c_str(), "rb");
  if (!file) throw std::runtime_error(path + ": cannot be read");
  char piece[1 << 16];
  for (int got; (got = gzread(file, piece, sizeof piece)) > 0;)
    text.append(piece, static_cast<std::size_t>(got));
  gzclose(file);
  return Json::parse(text);
}

/// Every case whose architecture has units; `skipped` counts the others.
struct OracleCase {
  std::string name, onnx;
  Json json;
};
inline std::vector<OracleCase> oracle_cases(int& skipped) {
  std::vector<OracleCase> cases;
  for (const auto& entry : std::filesystem::directory_iterator(oracle_folder())) {
    const std::string name = entry.path().filename().string();
    if (!name.ends_with(".json.gz") || name == "wide_mlp.json.gz") continue;
    Json json = read_json_gz(entry.path().string());
    const std::string onnx = oracle_folder() + "/" + json["onnx"].get<std::string>();
    if (open_engine(onnx, Scalar::float64))
      cases.push_back({name.substr(0, name.size() - 8), onnx, std::move(json)});
    else
      ++skipped;
  }
  std::sort(cases.begin(), cases.end(), [](auto& a, auto& b) { return a.name < b.name; });
  return cases;
}

/// Everything that a run finds over one box of a case.
struct Found {
  shardbound::OutputBounds<double> output;
  Numbers spec;
  std::vector<shardbound::OutputBounds<double>> intermediate;  // in the plan's order
};
inline Found bound_box(shardbound::Engine& engine, const Json& box,
                       const shardbound::Method& method) {
  const auto& rows = box["spec_rows"]["C"];
  shardbound::RowQuery query;
  for (const auto& row : rows)
    for (const auto& number : row) query.matrix.push_back(number);
  query.domain.assign(rows.size(), 0);
  shardbound::Capacity capacity;
  capacity.rows = static_cast<std::int64_t>(rows.size());
  engine.prepare(method, capacity);
  const shardbound::InputSet set(
      shardbound::Box{box["input"]["lower"].get<Numbers>(), box["input"]["upper"].get<Numbers>()});
  auto bounds = engine.run({&set, 1}, query, {}, nullptr);
  Found found{bounds.outputs[0], bounds.rows.lower, {}};
  for (int v = 0; v < engine.plan().size(); ++v)
    if (engine.plan().is_pre_activation(v)) found.intermediate.push_back(engine.node_bounds(v)[0]);
  return found;
}

/// The largest |ours - oracle| / max(1, |oracle|); infinite if the sizes differ.
inline double worst_difference(const Numbers& ours, const Numbers& oracle) {
  if (ours.size() != oracle.size()) return std::numeric_limits<double>::infinity();
  double worst = 0;
  for (std::size_t i = 0; i < ours.size(); ++i) {
    const double difference = std::abs(ours[i] - oracle[i]) / std::max(1.0, std::abs(oracle[i]));
    if (!(difference <= worst)) worst = difference;
  }
  return worst;
}
inline double mean_width(const Numbers& lower, const Numbers& upper) {
  double sum = 0;
  for (std::size_t i = 0; i < lower.size(); ++i) sum += upper[i] - lower[i];
  return lower.empty() ? 0 : sum / static_cast<double>(lower.size());
}

}  // namespace shardbound_test
