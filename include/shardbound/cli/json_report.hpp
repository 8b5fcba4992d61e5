// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What `bounds` found, as JSON: numbers with every digit, infinities as null.

#include <shardbound/bound/engine.hpp>
#include <shardbound/cli/options.hpp>
#include <shardbound/cli/picture.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace shardbound::inline v0::cli {

using Json = nlohmann::ordered_json;

/// Everything that was found over one box.
struct BoxReport {
  struct NodeReport {
    int node = 0;
    std::string tensor;
    OutputBounds<double> bounds;
  };
  OutputBounds<double> output;
  std::vector<std::string> spec_text;          ///< the rows in words, rhs subtracted
  std::vector<double> spec_lower, spec_slack;  ///< rhs subtracted from the lower bounds
  std::vector<bool> impossible;                ///< whether the bound, less its slack, is above 0
  std::vector<int> conjunction;                ///< of each row
  std::vector<NodeReport> intermediate;
  std::vector<Trajectory> trajectories;  ///< where slopes were optimised
};

struct Report {
  std::string network;
  std::string device_name = "cpu";  ///< "NVIDIA H200"
  double load_seconds = 0, bounds_seconds = 0;
  int ranks = 1;
  std::string detail;  ///< "spec", "output" or "all": of JSON
  std::vector<BoxReport> boxes;
  std::vector<MemoryLedger> memory;  ///< of every rank
  std::uint64_t bytes_received = 0;  ///< by rank 0
  Picture picture;                   ///< if one is wanted
};

/// Which rows' bounds grew.
inline const char* rows_text(Trajectory::Rows rows) {
  switch (rows) {
    case Trajectory::Rows::of_query: return "spec";
    case Trajectory::Rows::of_query_from_above: return "spec, from above";
    case Trajectory::Rows::outputs: return "output, from below";
    case Trajectory::Rows::outputs_from_above: return "output, from above";
  }
  return "?";
}

/// Peak bytes of every rank by category; at_rest is its weights.
inline Json memory_json(const std::vector<MemoryLedger>& ranks) {
  Json all = Json::array();
  for (const MemoryLedger& memory : ranks) {
    Json entry = {{"rank", all.size()}};
    for (std::size_t i = 0; i < category_count; ++i)
      entry[std::string(category_names[i])] = memory.peak(static_cast<Category>(i));
    entry["at_rest"] = memory.current(Category::weights);
    entry["peak"] = memory.total_peak();
    all.push_back(std::move(entry));
  }
  return all;
}

inline Json to_json(const Options& options, const Report& report) {
  Json boxes = Json::array();
  for (const BoxReport& box : report.boxes) {
    Json entry;
    if (report.detail != "spec")
      entry["output"] = {
          {"lower", box.output.lower}, {"upper", box.output.upper}, {"slack", box.output.slack}};
    entry["spec"] = {
        {"lower", box.spec_lower}, {"slack", box.spec_slack}, {"conjunction", box.conjunction}};
    if (!box.intermediate.empty()) entry["intermediate"] = Json::array();
    for (const auto& node : box.intermediate)
      entry["intermediate"].push_back({{"node", node.node},
                                       {"tensor", node.tensor},
                                       {"lower", node.bounds.lower},
                                       {"upper", node.bounds.upper},
                                       {"slack", node.bounds.slack}});
    for (const Trajectory& one : box.trajectories)
      entry["trajectories"].push_back({{"rows", rows_text(one.rows)},
                                       {"seconds", one.seconds},
                                       {"mean", one.mean},
                                       {"least", one.least}});
    boxes.push_back(std::move(entry));
  }
  return {{"schema", 1},
          {"network", report.network},
          {"method", options.method},
          {"intermediate", options.intermediate},
          {"scalar", options.scalar},
          {"policy", options.policy},
          {"device", options.device},
          {"device_name", report.device_name},
          {"precision", options.precision},
          {"comm", !options.comm.empty() ? options.comm
                   : report.ranks > 1    ? "threads"
                                         : "self"},
          {"ranks", report.ranks},
          {"seconds", {{"load", report.load_seconds}, {"bounds", report.bounds_seconds}}},
          {"boxes", std::move(boxes)},
          {"bytes_received", report.bytes_received},
          {"memory", memory_json(report.memory)}};
}

}  // namespace shardbound::inline v0::cli
