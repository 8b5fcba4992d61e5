// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The three commands. Each prints to standard output what a person wants to see first, and writes the
// files that were asked for whole or not at all.

#include <shardbound/bound/print.hpp>
#include <shardbound/cli/json_report.hpp>
#include <shardbound/cli/output_file.hpp>
#include <shardbound/cli/results.hpp>
#include <shardbound/cli/unit.hpp>
#include <shardbound/core/rounding.hpp>
#include <shardbound/io/onnx_lower.hpp>
#include <shardbound/io/vnnlib.hpp>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iomanip>
#include <iostream>
#include <sstream>

namespace shardbound::inline v0::cli {

using Units = std::vector<const Unit*>;

/// Seconds since it was made.
class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// A line on standard error that is overwritten by the next, if a person is watching.
class Progress {
 public:
  ~Progress() { say(""); }
  void say(const std::string& text) {
    if (!isatty(STDERR_FILENO) || (text.empty() && !shown_)) return;
    std::cerr << "\r\033[K" << text << std::flush;
    shown_ = true;
  }

 private:
  bool shown_ = false;
};

inline const Unit& unit_for(const Units& units, std::string_view scalar) {
  for (const Unit* unit : units)
    if (unit->scalar == scalar) return *unit;
  throw ArgumentError("this verifier was built without " + std::string(scalar));
}

/// A network file, open, with its architecture.
struct OpenModel {
  explicit OpenModel(const std::string& path) : file(path), model(io::read_onnx(file)) {}
  io::InputFile file;
  io::Model model;
};

inline std::unique_ptr<Engine> load(const Units& units, std::string_view scalar, const Options& o,
                                    const OpenModel& open) {
  return unit_for(units, scalar).make(o.threads, &open.file, &open.model);
}

inline std::string bytes_text(double bytes) {
  static constexpr const char* names[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  int unit = 0;
  for (; bytes >= 1024 && unit < 4; ++unit) bytes /= 1024;
  std::ostringstream text;
  text << std::fixed << std::setprecision(unit ? 1 : 0) << bytes << ' ' << names[unit];
  return text.str();
}

inline void run_info(const Units& units, const Options& o) {
  const auto open = o.onnx.empty() ? nullptr : std::make_unique<OpenModel>(o.onnx);
  const auto engine =
      unit_for(units, o.scalar)
          .make(o.threads, open ? &open->file : nullptr, open ? &open->model : nullptr);
  const PlanView& plan = engine->plan();
  static constexpr const char* cuts[] = {"Replicated", "FullySharded", "RowSharded", "ColSharded"};
  index_t parameters = 0;
  std::cout << "node  layer             outputs     parameters  policy        reads\n";
  for (int v = 0; v < plan.size(); ++v) {
    const Node& node = plan[v];
    index_t own = 0;
    std::string reads;
    if (node.kind == NodeKind::product) own = node.features * (plan[plan.input_of(v)].features + 1);
    if (node.kind == NodeKind::pointwise && !plan.is_activation(v)) own = 2 * node.features;
    if (v > 0)
      for (int input : plan.inputs_of(v))
        reads.append(reads.empty() ? "" : ", ").append(std::to_string(input));
    parameters += own;
    std::cout << std::left << std::setw(6) << v << std::setw(18) << engine->kind_name(v)
              << std::setw(12) << to_string(node.shape) << std::setw(12) << own << std::setw(14)
              << (node.kind == NodeKind::product ? cuts[static_cast<int>(node.cut)] : "-") << reads
              << '\n';
  }
  engine->prepare(method_of(o), {1, engine->outputs(), static_cast<index_t>(o.wave), 32u << 20});
  std::cout << "\n"
            << parameters << " parameters, " << engine->inputs() << " inputs, " << engine->outputs()
            << " outputs\nmemory for CROWN of one box in " << o.scalar << ", waves of "
            << engine->wave_height() << " rows:\n";
  for (std::size_t i = 0; i < category_count; ++i)
    if (const auto bytes = engine->memory().current(static_cast<Category>(i)))
      std::cout << "  " << std::left << std::setw(14) << category_names[i]
                << bytes_text(static_cast<double>(bytes)) << '\n';
  std::cout << "communication: none (one rank)\n";
  if (!o.json.empty())
    write_file(o.json, Json{{"schema", 1},
                            {"scalar", o.scalar},
                            {"parameters", parameters},
                            {"memory", Json::array({memory_json(engine->memory())})}}
                               .dump(1) +
                           "\n");
}

/// How much of what is found a report should hold: spec rows alone, the outputs too, or everything.
inline std::string detail_of(const Options& o, const PlanView& plan, const Property& property) {
  if (!o.json_detail.empty()) return o.json_detail;
  index_t numbers = 2 * plan[plan.output()].features;
  for (int v = 0; v < plan.size(); ++v)
    if (plan.is_pre_activation(v)) numbers += 2 * plan[v].features;
  numbers *= static_cast<index_t>(property.regions.size());
  return numbers <= 100000 ? "all" : "output";
}

inline BoxReport box_report(const Engine& engine, const Region& region, std::size_t domain,
                            const Bounds<double>& found, std::size_t first_row,
                            const std::string& detail) {
  BoxReport box;
  if (detail != "spec") box.output = found.outputs[domain];
  std::size_t row = first_row;
  for (std::size_t c = 0; c < region.unsafe.size(); ++c)
    for (double rhs : region.unsafe[c].rhs) {
      box.spec_lower.push_back(found.rows.lower[row] - rhs);
      box.spec_slack.push_back(found.rows.slack[row++]);
      box.conjunction.push_back(static_cast<int>(c));
    }
  const PlanView& plan = engine.plan();
  for (int v = 0; detail == "all" && v < plan.size(); ++v)
    if (plan.is_pre_activation(v))
      box.intermediate.push_back({v, engine.tensor_name(v), engine.node_bounds(v)[domain]});
  return box;
}

inline void print(const Report& report) {
  std::cout << std::setprecision(9);
  for (std::size_t b = 0; b < report.boxes.size(); ++b) {
    const BoxReport& box = report.boxes[b];
    if (report.boxes.size() > 1) std::cout << "box " << b << '\n';
    shardbound::print(box.output);
    for (std::size_t i = 0; i < box.spec_lower.size(); ++i)
      std::cout << "row " << std::left << std::setw(4) << i << "of conjunction " << std::setw(4)
                << box.conjunction[i] << ">= " << box.spec_lower[i]
                << (proved(box.spec_lower[i], box.spec_slack[i]) > 0 ? "  impossible\n" : "\n");
  }
}

inline void run_bounds(const Units& units, const Options& o) {
  Progress progress;
  Report report;
  Stopwatch loading;
  progress.say("reading " + o.onnx);
  const OpenModel open(o.onnx);
  const auto engine = load(units, o.scalar, o, open);
  const Property property = vnnlib::read(o.vnnlib);
  check_property(property, engine->inputs(), engine->outputs(), o.vnnlib);
  report.network = o.onnx;
  report.load_seconds = loading.seconds();

  const std::string detail = detail_of(o, engine->plan(), property);
  constexpr std::size_t batch = 16;
  Capacity capacity;
  capacity.wave = o.wave;
  capacity.domains = static_cast<index_t>(std::min(batch, property.regions.size()));
  const auto count_at = [&](std::size_t first) {
    return std::min(batch, property.regions.size() - first);
  };
  for (std::size_t first = 0; first < property.regions.size(); first += batch)
    capacity.rows =
        std::max(capacity.rows,
                 static_cast<index_t>(rows_of(property, first, count_at(first)).domain.size()));
  Stopwatch bounding;
  engine->prepare(method_of(o), capacity);
  for (std::size_t first = 0; first < property.regions.size(); first += batch) {
    const std::size_t count = count_at(first);
    progress.say("bounding box " + std::to_string(first + 1) + " of " +
                 std::to_string(property.regions.size()));
    std::vector<InputSet> sets;
    for (std::size_t k = 0; k < count; ++k) sets.emplace_back(property.regions[first + k].box);
    const auto found =
        engine->run(sets, rows_of(property, first, count), {detail != "spec", false}, nullptr);
    std::size_t row = 0;
    for (std::size_t k = 0; k < count; ++k) {
      report.boxes.push_back(
          box_report(*engine, property.regions[first + k], k, found, row, detail));
      row += report.boxes.back().spec_lower.size();
    }
  }
  report.bounds_seconds = bounding.seconds();
  progress.say("");
  print(report);
  if (!o.json.empty()) write_file(o.json, to_json(o, report, engine->memory()).dump(1) + "\n");
}

inline void run_verify(const Units& units, const Options& o) {
  Progress progress;
  progress.say("reading " + o.onnx);
  const OpenModel open(o.onnx);
  const auto bounding = load(units, o.scalar, o, open);
  const auto other = o.scalar == "float64" ? nullptr : load(units, "float64", o, open);
  const Property property = vnnlib::read(o.vnnlib);
  check_property(property, bounding->inputs(), bounding->outputs(), o.vnnlib);

  VerifyOptions options;
  options.method = method_of(o);
  options.capacity.wave = o.wave;
  options.timeout = o.timeout;
  options.attack.seed = o.seed;
  progress.say("verifying " + o.vnnlib);
  Stopwatch watch;
  const Verdict verdict = Verifier(*bounding, other ? *other : *bounding, property, options).run();
  progress.say("");
  if (!o.results.empty()) write_file(o.results, results_text(verdict));
  if (!o.json.empty())
    write_file(o.json, Json{{"schema", 1},
                            {"verdict", to_string(verdict.answer)},
                            {"clauses", verdict.clauses},
                            {"refuted", verdict.refuted},
                            {"seconds", watch.seconds()},
                            {"memory", Json::array({memory_json(bounding->memory())})}}
                               .dump(1) +
                           "\n");
  std::cout << results_text(verdict);
}

}  // namespace shardbound::inline v0::cli
