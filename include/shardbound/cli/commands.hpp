// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The three commands. Each prints to standard output what a person wants to see first, and writes the
// files that were asked for whole or not at all.

#include <shardbound/bound/print.hpp>
#include <shardbound/cli/json_report.hpp>
#include <shardbound/cli/launch.hpp>
#include <shardbound/cli/output_file.hpp>
#include <shardbound/cli/results.hpp>
#include <shardbound/cli/unit.hpp>
#include <shardbound/comm/imagined.hpp>
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

/// What a command may use besides its options.
struct Means {
  Units units;                      ///< of the device that was asked for
  std::vector<Launcher> launchers;  ///< what --comm offers besides threads
  const Module* module = nullptr;   ///< of the GPU, if that was asked for
  std::string device_name = "cpu";
};

/// Seconds since it was made.
class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// A line on standard error that is overwritten by the next, if a person is watching. Rank 0 speaks for
/// all.
class Progress {
 public:
  explicit Progress(int rank = 0) : silent_(rank != 0) {}
  ~Progress() { say(""); }
  void say(const std::string& text) {
    if (silent_ || !isatty(STDERR_FILENO) || (text.empty() && !shown_)) return;
    std::cerr << "\r\033[K" << text << std::flush;
    shown_ = true;
  }

 private:
  bool silent_, shown_ = false;
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

inline Setting setting_of(const Options& o, AnyCommunicator communicator, const OpenModel* open,
                          std::string_view scalar) {
  Setting setting;
  if (scalar == "float32" && o.precision == "tf32x3") setting.precision = Precision::tf32x3;
  setting.communicator = std::move(communicator);
  setting.threads = o.threads;
  setting.policy = o.policy;
  setting.file = open ? &open->file : nullptr;
  setting.model = open ? &open->model : nullptr;
  return setting;
}

inline std::string bytes_text(double bytes) {
  static constexpr const char* names[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  int unit = 0;
  for (; bytes >= 1024 && unit < 4; ++unit) bytes /= 1024;
  std::ostringstream text;
  text << std::fixed << std::setprecision(unit ? 1 : 0) << bytes << ' ' << names[unit];
  return text.str();
}

inline std::string_view policy_name(WeightCut cut) {
  switch (cut) {
    case WeightCut::whole: return Replicated::name;
    case WeightCut::panels: return FullySharded::name;
    case WeightCut::rows: return RowSharded::name;
    case WeightCut::columns: return ColSharded::name;
  }
  return "?";
}

/// The table of layers; returns the number of parameters.
inline index_t print_layers(const Engine& engine) {
  const PlanView& plan = engine.plan();
  index_t parameters = 0;
  std::cout << "node  layer             outputs     parameters  policy        reads\n";
  for (int v = 0; v < plan.size(); ++v) {
    const Node& node = plan[v];
    const bool product = node.kind == NodeKind::product;
    index_t own = 0;
    std::string reads;
    if (product) own = node.features * (plan[plan.input_of(v)].features + 1);
    if (node.kind == NodeKind::pointwise && !plan.is_activation(v)) own = 2 * node.features;
    if (v > 0)
      for (int input : plan.inputs_of(v))
        reads.append(reads.empty() ? "" : ", ").append(std::to_string(input));
    parameters += own;
    std::cout << std::left << std::setw(6) << v << std::setw(18) << engine.kind_name(v)
              << std::setw(12) << to_string(node.shape) << std::setw(12) << own << std::setw(14)
              << (product ? policy_name(engine.cut(v)) : "-") << reads << '\n';
  }
  return parameters;
}

/// What a rank takes in each category, at most; and in all.
inline void print_memory(const std::vector<MemoryLedger>& ranks) {
  const auto line = [&](std::string_view name, auto bytes_of) {
    std::size_t most = 0;
    for (const MemoryLedger& memory : ranks) most = std::max(most, bytes_of(memory));
    if (most > 0)
      std::cout << "  " << std::left << std::setw(14) << name
                << bytes_text(static_cast<double>(most)) << '\n';
  };
  for (std::size_t i = 0; i < category_count; ++i)
    line(category_names[i],
         [i](const MemoryLedger& memory) { return memory.peak(static_cast<Category>(i)); });
  line("peak", [](const MemoryLedger& memory) { return memory.total_peak(); });
}

inline void run_info(const Means& means, const Options& o) {
  if (!o.onnx.empty()) {  // whatever is wrong with it is said here
    const OpenModel open(o.onnx);
    Setting setting = setting_of(o, {}, &open, o.scalar);
    setting.allocation = Allocation::counted;
    unit_for(means.units, o.scalar).make(setting);
  }
  // Every rank is made in turn, without peers and without memory: the same arithmetic as in earnest.
  std::vector<MemoryLedger> memory;
  Traffic traffic;
  index_t parameters = 0, wave = 0;
  for (int rank = 0; rank < o.ranks; ++rank) {
    Setting setting = setting_of(o, Imagined(rank, o.ranks), nullptr, o.scalar);
    setting.allocation = Allocation::counted;
    const auto engine = unit_for(means.units, o.scalar).make(setting);
    if (rank == 0) {
      parameters = print_layers(*engine);
      std::cout << "\n"
                << parameters << " parameters, " << engine->inputs() << " inputs, "
                << engine->outputs() << " outputs\n";
    }
    Capacity capacity;
    capacity.rows = engine->outputs();
    capacity.wave = o.wave;
    engine->prepare(method_of(o), capacity);
    memory.push_back(engine->memory());
    traffic = engine->traffic();
    wave = engine->wave_height();
  }
  std::cout << "memory of "
            << (o.ranks > 1 ? "each of " + std::to_string(o.ranks) + " ranks" : "one rank")
            << " for " << o.method << " of one box in " << o.scalar << ", as predicted:\n";
  print_memory(memory);
  std::cout << "at most " << traffic.waves << " waves of " << wave << " rows a rank\n"
            << "communication: "
            << (o.ranks > 1 ? "each rank receives at most " +
                                  bytes_text(static_cast<double>(traffic.bytes_received))
                            : "none (one rank)")
            << '\n';
  if (!o.json.empty())
    write_file(o.json, Json{{"schema", 1},
                            {"scalar", o.scalar},
                            {"policy", o.policy},
                            {"device", o.device},
                            {"precision", o.precision},
                            {"ranks", o.ranks},
                            {"parameters", parameters},
                            {"waves", traffic.waves},
                            {"wave_rows", wave},
                            {"bytes_received", traffic.bytes_received},
                            {"memory", memory_json(memory)}}
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

/// What one rank does for `bounds`.
inline Report bound_boxes(const Means& means, const Options& o, AnyCommunicator communicator,
                          const OpenModel& open, const Property& property) {
  Progress progress(communicator.rank());
  Report report;
  report.network = o.onnx;
  report.device_name = means.device_name;
  report.ranks = communicator.size();
  Stopwatch loading;
  progress.say("loading " + o.onnx);
  const auto engine =
      unit_for(means.units, o.scalar).make(setting_of(o, communicator, &open, o.scalar));
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
  report.bytes_received = engine->bytes_received();
  report.memory = engine->memory_by_rank();
  return report;
}

inline void run_bounds(const Means& means, const Options& o) {
  const OpenModel open(o.onnx);
  const Property property = vnnlib::read(o.vnnlib);
  check_property(property, open.model.inputs, open.model.outputs(), o.vnnlib);
  const auto body = [&](AnyCommunicator communicator) {
    const Report report = bound_boxes(means, o, communicator, open, property);
    if (communicator.rank() != 0) return;
    print(report);
    if (!o.json.empty()) write_file(o.json, to_json(o, report).dump(1) + "\n");
  };
  launch(o, means.launchers, body, means.module);
}

inline void run_verify(const Means& means, const Options& o) {
  const OpenModel open(o.onnx);
  const Property property = vnnlib::read(o.vnnlib);
  check_property(property, open.model.inputs, open.model.outputs(), o.vnnlib);
  const auto body = [&](AnyCommunicator communicator) {
    Progress progress(communicator.rank());
    progress.say("loading " + o.onnx);
    const auto load = [&](std::string_view scalar) {
      return unit_for(means.units, scalar).make(setting_of(o, communicator, &open, scalar));
    };
    const auto bounding = load(o.scalar);
    const auto other = o.scalar == "float64" ? nullptr : load("float64");
    VerifyOptions options;
    options.method = method_of(o);
    options.capacity.wave = o.wave;
    options.timeout = o.timeout;
    options.attack.seed = o.seed;
    progress.say("verifying " + o.vnnlib);
    Stopwatch watch;
    const Verdict verdict =
        Verifier(*bounding, other ? *other : *bounding, property, options).run();
    const double seconds = watch.seconds();
    const auto memory = bounding->memory_by_rank();
    progress.say("");
    if (communicator.rank() != 0) return;
    if (!o.results.empty()) write_file(o.results, results_text(verdict));
    if (!o.json.empty())
      write_file(o.json, Json{{"schema", 1},
                              {"verdict", to_string(verdict.answer)},
                              {"clauses", verdict.clauses},
                              {"refuted", verdict.refuted},
                              {"device", o.device},
                              {"device_name", means.device_name},
                              {"precision", o.precision},
                              {"ranks", communicator.size()},
                              {"seconds", seconds},
                              {"memory", memory_json(memory)}}
                                 .dump(1) +
                             "\n");
    std::cout << results_text(verdict);
  };
  launch(o, means.launchers, body, means.module);
}

}  // namespace shardbound::inline v0::cli
