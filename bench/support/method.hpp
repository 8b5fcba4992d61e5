// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The methods that are measured, by name, and what is said of their bounds beside the oracles'.

#include <bench/support/floor.hpp>
#include <bench/support/oracle.hpp>
#include <shardbound/shardbound.hpp>

#include <type_traits>

namespace shardbound_bench {

/// The axis `method` of every bounding benchmark.
struct NamedMethod {
  const char* name;         ///< as on the command line, with the mode of crown behind it
  const char* oracle_name;  ///< as in the oracles
  sb::Method method;
  FloorOf floor;
};
inline const NamedMethod methods[] = {
    {"ibp", "ibp", sb::Ibp{}, FloorOf::rows_and_intervals},
    {"crown-ibp", "crown_ibp", sb::CrownIbp{}, FloorOf::rows_and_intervals},
    {"crown", "crown_textbook", sb::Crown{}, FloorOf::rows},
    {"crown-textbook", "crown_textbook", sb::Crown{sb::Intermediates::textbook}, FloorOf::rows},
};

template <class T>
constexpr const char* scalar_name = std::is_same_v<T, float> ? "float32" : "float64";

/// Of float32 beside float64 results, and of float64 beside the oracles'.
template <class T>
constexpr double tolerance = std::is_same_v<T, float> ? 1e-4 : 1e-9;

/// Rows' lower bounds and, for crown-textbook, every pre-activation beside the oracle's.
template <class T, class Backend>
Verdict judge_box(const nlohmann::json& box, const NamedMethod& method,
                  const sb::Pass<T, Backend>& pass, const sb::Bounds<T>& found) {
  const bool tightened = method.method.intermediates == sb::Intermediates::tightened;
  Comparison comparison(tolerance<T>);
  const auto& oracle = box.at(method.oracle_name);
  const auto& lower = oracle.at("spec").at("lower");
  for (std::size_t r = 0; r < lower.size(); ++r)
    if (tightened)
      comparison.at_least(found.rows.lower.at(r), lower[r]);
    else
      comparison.equal(found.rows.lower.at(r), lower[r]);
  if (tightened) return comparison.verdict("textbook");
  if (method.method.intermediates == sb::Intermediates::textbook) {
    const auto& plan = pass.network().plan();
    auto layer = oracle.at("intermediate").begin();
    for (int v = 0; v < plan.size(); ++v) {
      if (!plan.is_pre_activation(v)) continue;
      const auto bounds = pass.node_bounds(v).front();
      for (std::size_t i = 0; i < bounds.lower.size(); ++i) {
        comparison.equal(bounds.lower[i], layer->at("lower").at(i));
        comparison.equal(bounds.upper[i], layer->at("upper").at(i));
      }
      ++layer;
    }
  }
  return comparison.verdict();
}

}  // namespace shardbound_bench
