// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The work of `bounds`: every box of a property, some of them at a time, and what is found as a report;
// then, if a picture is wanted, the first boxes again under two methods. What is written never changes
// what is bounded for the report.

#include <shardbound/cli/draw_boxes.hpp>
#include <shardbound/cli/json_report.hpp>
#include <shardbound/cli/means.hpp>
#include <shardbound/cli/progress.hpp>
#include <shardbound/cli/text_report.hpp>
#include <shardbound/verify/verdict.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace shardbound::inline v0::cli {

/// How much of what is found a JSON report should hold: spec rows alone, the outputs too, or everything.
inline std::string detail_of(const Options& o, const PlanView& plan, const Property& property) {
  if (!o.json_detail.empty()) return o.json_detail;
  index_t numbers = 2 * plan[plan.output()].features;
  for (int v = 0; v < plan.size(); ++v)
    if (plan.is_pre_activation(v)) numbers += 2 * plan[v].features;
  numbers *= static_cast<index_t>(property.regions.size());
  return numbers <= 100000 ? "all" : "output";
}

/// An evaluation in float64 costs about twice one in float32, and a step as much as two evaluations.
inline constexpr int iterations_worth_a_proof = 8;

/// What was found over the box that is `domain` of a run; its rows begin at `row`, which moves on.
inline BoxReport box_report(const Engine& engine, const Region& region, std::size_t domain,
                            const Bounds<double>& found, std::size_t& row,
                            const std::string& detail, Observed observed = Observed::outputs) {
  BoxReport box;
  box.output = found.outputs[domain];
  const auto outputs = static_cast<std::size_t>(engine.outputs());
  const std::size_t own =  // the rest are inputs, and no news
      outputs - (observed == Observed::outputs ? 0 : static_cast<std::size_t>(engine.inputs()));
  for (auto* side : {&box.output.lower, &box.output.upper, &box.output.slack}) side->resize(own);
  for (std::size_t c = 0; c < region.unsafe.size(); ++c) {
    const Conjunction& set = region.unsafe[c];
    for (std::size_t i = 0; i < set.rhs.size(); ++i, ++row) {
      const double lower = found.rows.lower[row], slack = found.rows.slack[row];
      box.spec_text.push_back(row_text({set.rows.data() + i * outputs, outputs}, set.rhs[i], own));
      box.spec_lower.push_back(subtract_down(lower, set.rhs[i]));
      box.spec_slack.push_back(slack);
      box.impossible.push_back(refutes(set, i, lower, slack, ScalarRange::of(engine.scalar())));
      box.conjunction.push_back(static_cast<int>(c));
    }
  }
  const PlanView& plan = engine.plan();
  for (int v = 0; detail == "all" && v < plan.size(); ++v)
    if (plan.is_pre_activation(v))
      box.intermediate.push_back({v, engine.tensor_name(v), engine.node_bounds(v)[domain]});
  return box;
}

/// The same network in float64, prepared for one evaluation at slopes that were found in float32, if that is wanted.
inline std::unique_ptr<Engine> prover_for(const Means& means, const Options& o,
                                          const AnyCommunicator& communicator,
                                          const OpenModel& open, Method method,
                                          const Capacity& capacity) {
  const bool cheap = o.slopes.iterations >= iterations_worth_a_proof;
  if (!method.optimises() || o.scalar == "float64") return nullptr;
  if (o.slopes.prove == "native" || (o.slopes.prove.empty() && !cheap)) return nullptr;
  auto engine =
      unit_for(means.units, "float64").make(setting_of(o, communicator, &open, "float64"));
  method.optimisation.iterations = 1;
  engine->prepare(method, capacity);
  return engine;
}

/// Row by row and output by output, whichever is proved to be tighter.
inline Bounds<double> better_of(Bounds<double> a, const Bounds<double>& b) {
  for (std::size_t r = 0; r < a.rows.lower.size(); ++r)
    if (proved(b.rows.lower[r], b.rows.slack[r]) > proved(a.rows.lower[r], a.rows.slack[r])) {
      a.rows.lower[r] = b.rows.lower[r];
      a.rows.slack[r] = b.rows.slack[r];
    }
  for (std::size_t d = 0; d < a.outputs.size(); ++d)
    for (std::size_t i = 0; i < a.outputs[d].lower.size(); ++i) {
      auto& mine = a.outputs[d];
      const auto& other = b.outputs[d];
      if (other.upper[i] - other.lower[i] + 2 * other.slack[i] <
          mine.upper[i] - mine.lower[i] + 2 * mine.slack[i]) {
        mine.lower[i] = other.lower[i];
        mine.upper[i] = other.upper[i];
        mine.slack[i] = other.slack[i];
      }
    }
  return a;
}

/// What one rank does for `bounds`.
inline Report bound_boxes(const Means& means, const Options& o, const AnyCommunicator& communicator,
                          const OpenModel& open, const Property& property) {
  ProgressLine progress(communicator.rank());
  Report report;
  report.network = open.model.file;
  report.device_name = means.device_name;
  report.ranks = communicator.size();
  Stopwatch loading;
  progress.stage("loading " + open.model.file);
  const auto engine =
      unit_for(means.units, o.scalar).make(setting_of(o, communicator, &open, o.scalar));
  report.load_seconds = loading.seconds();

  report.detail = detail_of(o, engine->plan(), property);
  const Method method = method_of(o);
  if (method.optimises()) refuse_split_slopes(*engine);
  const std::size_t batch = method.optimises() ? 1 : 16;  // each has a trajectory of its own
  const std::size_t boxes = property.regions.size();
  const auto count_at = [&](std::size_t first) { return std::min(batch, boxes - first); };
  Capacity capacity;
  capacity.wave = o.wave;
  capacity.domains = static_cast<index_t>(std::min(batch, boxes));
  for (std::size_t first = 0; first < boxes; first += batch)
    capacity.rows =
        std::max(capacity.rows,
                 static_cast<index_t>(rows_of(property, first, count_at(first)).domain.size()));
  Stopwatch bounding;
  engine->prepare(method, capacity);
  const auto prover = prover_for(means, o, communicator, open, method, capacity);
  for (std::size_t first = 0; first < boxes; first += batch) {
    const std::size_t count = count_at(first);
    progress.stage((count == 1 ? "bounding box " + std::to_string(first + 1)
                               : "bounding boxes " + std::to_string(first + 1) + " to " +
                                     std::to_string(first + count)) +
                       " of " + std::to_string(boxes),
                   [&](int node) { return engine->describe(node); });
    std::vector<InputSet> sets;
    for (std::size_t k = 0; k < count; ++k) sets.emplace_back(property.regions[first + k].box);
    const RowQuery query = rows_of(property, first, count);
    auto found = engine->run(sets, query, {.slopes = prover != nullptr}, nullptr, {}, &progress);
    if (prover) {
      const Slopes slopes = std::move(found.slopes);
      found = better_of(std::move(found),
                        prover->run(sets, query, {.begin_with = &slopes}, nullptr, {}, &progress));
    }
    std::size_t row = 0;
    for (std::size_t k = 0; k < count; ++k)
      report.boxes.push_back(box_report(prover ? *prover : *engine, property.regions[first + k], k,
                                        found, row, report.detail, property.observed));
    if (method.optimises()) report.boxes.back().trajectories = found.trajectories;
  }
  report.bounds_seconds = bounding.seconds();
  report.bytes_received = engine->bytes_received();
  report.memory = engine->memory_by_rank();
  if (!o.svg.empty()) report.picture = draw_boxes(*engine, o, property, progress);
  return report;
}

}  // namespace shardbound::inline v0::cli
