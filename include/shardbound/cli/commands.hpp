// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The three commands. Each prints to standard output what a person wants to see first, and writes the
// files that were asked for whole or not at all.

#include <shardbound/cli/bound_boxes.hpp>
#include <shardbound/cli/json_report.hpp>
#include <shardbound/cli/launch.hpp>
#include <shardbound/cli/output_file.hpp>
#include <shardbound/cli/question.hpp>
#include <shardbound/cli/results.hpp>
#include <shardbound/cli/search_picture.hpp>
#include <shardbound/cli/text_report.hpp>
#include <shardbound/comm/imagined.hpp>
#include <shardbound/core/bytes.hpp>
#include <shardbound/verify/verify.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iomanip>
#include <iostream>
#include <memory>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace shardbound::inline v0::cli {

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

/// The table of layers, below each convolution what its windows are; returns the number of parameters.
inline index_t print_layers(const Engine& engine) {
  const PlanView& plan = engine.plan();
  index_t parameters = 0;
  std::cout << "node  layer                     outputs     parameters  policy        reads\n";
  for (int v = 0; v < plan.size(); ++v) {
    const Node& node = plan[v];
    const bool product = node.kind == NodeKind::product;
    index_t own = 0;
    std::string reads;
    if (product) own = node.geometry.out_channels * (node.geometry.width() + 1);
    if (node.kind == NodeKind::pointwise && !plan.is_activation(v)) own = 2 * node.features;
    if (v > 0)
      for (int input : plan.inputs_of(v))
        reads.append(reads.empty() ? "" : ", ").append(std::to_string(input));
    parameters += own;
    std::cout << std::left << std::setw(6) << v << std::setw(25) << engine.kind_name(v) << ' '
              << std::setw(11) << to_string(node.shape) << ' ' << std::setw(11) << own << ' '
              << std::setw(14) << (product ? policy_name(engine.cut(v)) : "-") << reads << '\n';
    if (product && !node.geometry.is_dense())
      std::cout << std::string(6, ' ') << windows_text(node.geometry) << '\n';
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

/// How neurons are searched: on a GPU with as many rows at once as memory has room for besides, and with the processors,
/// which have nothing else to do, to judge what was found. Waiting domains have half of the host's memory.
inline NeuronSearchOptions searching(const Options& o, const PlanView& plan, int ranks) {
  constexpr double gpu_bytes = 8e9;
  NeuronSearchOptions options;
  options.memory = host_memory() / 2 / static_cast<std::size_t>(ranks);
  options.threads = o.threads;
  if (o.device == "cpu") return options;
  options.threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency()) / ranks);
  // Ranks with parts of their own may share one.
  const bool share = o.policy == "replicated" && (o.comm.empty() || o.comm == "threads");
  options.row_bytes = gpu_bytes / (share ? ranks : 1);
  options.rows = part_rows_within(numbers_per_part_row(plan, activation_features(plan)),
                                  options.row_bytes, options.rows, NeuronSearchOptions::most_rows);
  return options;
}

/// What each rank says. (all_gather)
inline std::vector<std::uint64_t> by_rank(const Engine& engine, std::uint64_t own) {
  std::vector<std::uint64_t> all;
  for (const auto& bytes : engine.all_gather(std::as_bytes(std::span(&own, 1))))
    all.push_back(ByteReader(bytes).next<std::uint64_t>());
  return all;
}

/// What branch and bound over neurons keeps in memory, in a sentence; empty where nothing can be split.
inline std::string search_memory_text(const Options& o, const Engine& engine) {
  const PlanView& plan = engine.plan();
  bool splits = false;
  for (int v = 1; v < plan.size(); ++v) splits = splits || engine.can_be_split(v);
  if (!splits) return "";
  const NeuronSearchOptions options = searching(o, plan, ranks_for_verdicts(o));
  const double number = o.scalar == "float32" ? sizeof(float) : sizeof(double);
  const double each = waiting_bytes(plan, 1);
  const double numbers = numbers_per_part_row(plan, activation_features(plan));
  // More of them where few neurons are unstable, which is not known yet
  const bool may_grow = options.row_bytes > 0 && options.rows < NeuronSearchOptions::most_rows;
  std::ostringstream text;
  text << "branch and bound over neurons: " << options.rows << " rows at once"
       << (may_grow ? " or more" : "") << ", at most "
       << bytes_text(may_grow ? options.row_bytes
                              : static_cast<double>(options.rows) * number * numbers)
       << " besides; a domain that waits takes " << bytes_text(each)
       << " of the host at most, so that "
       << static_cast<std::uint64_t>(static_cast<double>(options.memory) / each) << " fit\n";
  return text.str();
}

inline void run_info(const Means& means, const Options& o) {
  std::optional<OpenModel> open;
  if (!o.onnx.empty()) {  // whatever is wrong with it is said here
    open = OpenModel{io::read_onnx(o.onnx, {.operators = operators_of(means)})};
    Setting setting = setting_of(o, {}, &*open, o.scalar);
    setting.allocation = Allocation::counted;
    unit_for(means.units, o.scalar).make(setting);
  }
  // Every rank is made in turn, without peers and without memory: the same arithmetic as in earnest.
  std::vector<MemoryLedger> memory;
  Traffic traffic;
  std::string search;
  index_t parameters = 0, wave = 0;
  for (int rank = 0; rank < o.ranks; ++rank) {
    Setting setting = setting_of(o, Imagined(rank, o.ranks), open ? &*open : nullptr, o.scalar);
    setting.allocation = Allocation::counted;
    setting.parameters = Parameters::zeros;
    const auto engine = unit_for(means.units, o.scalar).make(setting);
    if (rank == 0) {
      parameters = print_layers(*engine);
      std::cout << "\n"
                << parameters << " parameters, " << engine->inputs() << " inputs, "
                << engine->outputs() << " outputs\n";
      search = search_memory_text(o, *engine);
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
            << '\n'
            << search;
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

/// Says what was taken to be meant.
inline void print_notes(const Question& question) {
  for (const std::string& note : question.notes) std::cerr << "note: " << note << '\n';
}

inline void run_bounds(const Means& means, const Options& o) {
  const Question question = question_of(o, operators_of(means));
  const Property& property = question.query.property;
  if (property.regions.empty())
    throw ArgumentError(o.vnnlib + ": no input satisfies it, so there is nothing to bound");
  for (const Region& region : property.regions)
    check_box(region.box, property.inputs, o.vnnlib + ": the set of its inputs");
  print_notes(question);
  const auto body = [&](const AnyCommunicator& communicator) {
    const Report report = bound_boxes(means, o, communicator, question.open, property);
    if (communicator.rank() != 0) return;
    if (!o.json.empty()) write_file(o.json, to_json(o, report).dump(1) + "\n");
    if (!o.svg.empty()) write_file(o.svg, svg_text(report.picture));
    print(report);
  };
  launch(o, means.launchers, body, means.module, &question.open.model);
}

/// What verifying one property found, and in how many seconds.
struct Verification {
  Verdict verdict;
  double seconds = 0;
  int ranks = 0;  ///< 0 on processes that are not rank 0, which alone knows
  std::vector<std::uint64_t> domains_by_rank{};
  std::vector<MemoryLedger> memory{};
  SearchTrace trace{};  ///< if it is to be drawn
};

inline Verification verify_property(const Means& means, const Options& o,
                                    const Question& question) {
  Verification found;
  const auto body = [&](AnyCommunicator communicator) {
    ProgressLine progress(communicator.rank());
    progress.stage("loading " + question.open.model.file);
    const auto load = [&](std::string_view scalar) {
      return unit_for(means.units, scalar)
          .make(setting_of(o, communicator, &question.open, scalar));
    };
    const auto bounding = load(o.scalar);
    const auto other = o.scalar == "float64" ? nullptr : load("float64");
    VerifyOptions options;
    options.method = method_of(o);
    if (o.method_given && options.method.optimises())
      refuse_split_slopes(*bounding);  // whether or not it comes to them
    options.capacity.wave = o.wave;
    options.timeout = o.timeout;
    options.attack.seed = o.seed;
    options.neurons = searching(o, bounding->plan(), communicator.size());
    const auto rooms = by_rank(*bounding, options.neurons.memory);
    options.neurons.memory = *std::min_element(rooms.begin(), rooms.end());  // machines differ
    options.neurons.minimax = means.minimax;
    options.inputs.most_boxes = options.neurons.most_parts = o.domains;
    if (o.search == "off") options.search = Search::none;
    std::unique_ptr<Engine> single;  // made when a point is to be judged by it
    const bool has_float32 =
        std::any_of(means.units.begin(), means.units.end(),
                    [](const Unit* unit) { return unit->scalar == "float32"; });
    if (question.of_float32 && has_float32)
      options.attack.float32 = [&]() -> Engine& {
        if (o.scalar == "float32") return *bounding;
        if (!single) single = load("float32");
        return *single;
      };
    options.observer = &progress;
    Stopwatch watch;
    SearchTrace trace;
    options.see = [&](const SearchProgress& search) {
      progress.see_search(search);
      if (!o.svg.empty()) trace.add(watch.seconds(), search);
    };
    progress.stage("verifying " + o.vnnlib, [&](int node) { return bounding->describe(node); });
    watch = {};
    const Verdict verdict =
        verify(*bounding, other ? *other : *bounding, question.query.property, options);
    const double seconds = watch.seconds();
    const auto memory = bounding->memory_by_rank();
    const auto domains = by_rank(*bounding, verdict.search.own);
    progress.end();
    if (communicator.rank() == 0)
      found = {verdict, seconds, communicator.size(), domains, memory, trace};
  };
  launch(o, means.launchers, body, means.module, &question.open.model);
  return found;
}

inline void run_verify(const Means& means, const Options& o) {
  const Question question = question_of(o, operators_of(means));
  print_notes(question);
  const auto [verdict, seconds, ranks, domains, memory, trace] =
      verify_property(means, o, question);
  if (ranks == 0) return;  // a process that does not speak for all
  const std::string text = results_text(question.query, verdict);
  if (!o.results.empty()) write_file(o.results, text);
  if (!o.json.empty())
    write_file(o.json, Json{{"schema", 1},
                            {"verdict", to_string(verdict.answer)},
                            {"clauses", verdict.clauses},
                            {"refuted", verdict.refuted},
                            {"domains", verdict.search.domains},
                            {"domains_by_rank", domains},
                            {"undecided", verdict.search.undecided},
                            {"linear_programs", means.minimax != nullptr},
                            {"device", o.device},
                            {"device_name", means.device_name},
                            {"precision", o.precision},
                            {"ranks", ranks},
                            {"seconds", seconds},
                            {"memory", memory_json(memory)}}
                               .dump(1) +
                           "\n");
  if (!o.svg.empty()) write_file(o.svg, svg_text(trace, subject_of(o), verdict, seconds));
  std::cout << text;
}

}  // namespace shardbound::inline v0::cli
