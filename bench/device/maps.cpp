// SPDX-License-Identifier: BSD-3-Clause

// Networks of feature maps from their files on a GPU, or dealt over several: seconds, memory and the worst row of each
// property, beside what the reference needed (oracles/baseline_h100.csv, and the stand-in's README). The code for GPUs is
// the runner's, loaded as the command line loads it.
//
//   shardbound_device_maps --module PATH/shardbound_runner_cuda.so    and what --help says
//
// Ends in 1 if anything that the reference proves is not proved, or ranks differ.

#include <bench/support/arguments.hpp>
#include <bench/support/spread.hpp>
#include <bench/support/table.hpp>
#include <shardbound/cli/load_module.hpp>
#include <shardbound/io/onnx.hpp>
#include <shardbound/io/vnnlib.hpp>
#include <shardbound/verify/verdict.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <fstream>
#include <limits>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace {

namespace sb = shardbound;
using namespace shardbound_bench;

struct Options {
  std::string module, shared = SHARDBOUND_SHARED_DIR, only, csv;
  std::string scalar = "float32", policy = "replicated";
  std::vector<std::string> methods = {"crown-ibp", "crown", "alpha-crown"};
  int ranks = 1, repeats = 3, iterations = 20, properties = 1000;
};

/// What the reference said and needed; 0 where that is not known.
struct Reference {
  double seconds = 0, bytes = 0;
  double margin = std::numeric_limits<double>::quiet_NaN();
};
struct Subject {
  std::string name, onnx, vnnlib;
  std::map<std::string, Reference> references{};  // by method
};

std::vector<std::string> cells_of(const std::string& line, char between) {
  std::vector<std::string> cells;
  std::istringstream words(line);
  for (std::string cell; std::getline(words, cell, between);) {
    const auto first = cell.find_first_not_of(' '), last = cell.find_last_not_of(" *");
    cells.push_back(first == std::string::npos ? "" : cell.substr(first, last - first + 1));
  }
  return cells;
}

/// One property each of the benchmarks' networks, as the reference was timed on them.
std::vector<Subject> of_benchmarks(const Options& options) {
  const std::map<std::string, std::string> methods = {
      {"crown_ibp", "crown-ibp"}, {"crown", "crown"}, {"alpha_crown", "alpha-crown"}};
  const std::vector<std::pair<std::string, std::string>> files = {
      {"cifar10_resnet__resnet_2b__resnet2b_pgd_filtered_prop_0_eps_0.008",
       "cifar10_resnet/onnx/resnet_2b.onnx cifar10_resnet/vnnlib/prop_0_eps_0.008.vnnlib.gz"},
      {"cifar10_resnet__resnet_4b__resnet4b_pgd_filtered_prop_0_eps_0.004",
       "cifar10_resnet/onnx/resnet_4b.onnx cifar10_resnet/vnnlib/prop_0_eps_0.004.vnnlib.gz"},
      {"cifar_biasfield__cifar_bias_field_8",
       "cifar_biasfield/onnx/cifar_bias_field_8.onnx cifar_biasfield/vnnlib/prop_8.vnnlib.gz"},
  };
  std::vector<Subject> subjects;
  for (const auto& [name, both] : files) {
    const auto paths = cells_of(both, ' ');
    subjects.push_back({name, "benchmarks/" + paths[0], "benchmarks/" + paths[1]});
  }
  std::ifstream table(options.shared + "/oracles/baseline_h100.csv");
  for (std::string line; std::getline(table, line);) {
    const auto cells = cells_of(line, ',');
    if (cells.size() < 9 || !methods.contains(cells[2])) continue;
    for (Subject& subject : subjects)
      if (cells[1] == subject.name)
        subject.references[methods.at(cells[2])] = {std::stod(cells[4]), std::stod(cells[8])};
  }
  return subjects;
}

/// Both stand-ins, all their properties, with the tables of their README.
std::vector<Subject> of_stand_ins(const Options& options) {
  const std::string folder = "benchmarks/cifar100_standin/";
  constexpr double gib = 1024.0 * 1024 * 1024;
  std::vector<Subject> subjects;
  std::ifstream readme(options.shared + "/" + folder + "README.md");
  std::string network;
  for (std::string line; std::getline(readme, line);) {
    if (line.starts_with("#### ")) network = line.substr(5);
    const auto cells = cells_of(line, '|');
    if (network.empty() || cells.size() < 15 || !cells[2].starts_with("idx_")) continue;
    Subject subject{network + " " + cells[1], folder + "onnx/" + network + ".onnx.gz",
                    "benchmarks/cifar100/vnnlib/CIFAR100_resnet_large_prop_" + cells[2] +
                        "_eps_0.0039.vnnlib.gz"};
    const auto note = [&](const std::string& method, std::size_t margin, std::size_t needs) {
      const auto parts = cells_of(cells[needs], '/');
      subject.references[method] = {std::stod(parts[0]), std::stod(parts[1]) * gib,
                                    std::stod(cells[margin])};
    };
    note("crown-ibp", 6, 12);
    note("crown", 7, 13);
    note("alpha-crown", 8, 14);
    subjects.push_back(subject);
  }
  return subjects;
}

sb::Method method_of(const std::string& name, const Options& options) {
  using sb::Descent, sb::Intermediates;
  if (name == "crown-ibp") return {Intermediates::interval, Descent::input};
  if (name == "crown") return {};
  if (name != "alpha-crown") throw sb::ArgumentError("--method: there is no " + name);
  return {Intermediates::tightened,
          Descent::input,
          {.iterations = options.iterations, .of = sb::Optimisation::Of::last_rows}};
}

/// What came of one method on one subject.
struct Found {
  Spread seconds{};
  double worst = 0;
  std::size_t peak = 0, coefficients = 0, weights = 0;  // the most of any rank
  std::vector<double> lower;
};

/// On one rank.
Found measure(const sb::cli::Unit& unit, const sb::io::Model& model, const sb::Property& property,
              const sb::Method& method, const Options& options, sb::AnyCommunicator ranks) {
  sb::cli::Setting setting;
  setting.communicator = ranks;
  setting.policy = options.policy;
  setting.model = &model;
  setting.parameters = sb::cli::Parameters::loaded;
  const auto engine = unit.make(setting);
  const std::vector<sb::InputSet> sets = {sb::InputSet(property.regions[0].box)};
  const sb::RowQuery query = sb::rows_of(property, 0, 1);
  sb::Capacity capacity;
  capacity.rows = static_cast<sb::index_t>(query.domain.size());
  engine->prepare(method, capacity);
  Found found;
  std::vector<double> seconds;
  for (int i = -1; i < options.repeats; ++i) {  // once to warm up
    ranks.barrier();
    const auto start = std::chrono::steady_clock::now();
    found.lower = engine->run(sets, query, {.outputs = false}, nullptr).rows.lower;
    ranks.barrier();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    if (i >= 0) seconds.push_back(took.count());
  }
  found.seconds = spread_of(seconds);
  const sb::Region& region = property.regions[0];
  std::size_t row = 0;
  found.worst = std::numeric_limits<double>::infinity();
  for (const auto& conjunction : region.unsafe)
    for (const double rhs : conjunction.rhs)
      found.worst = std::min(found.worst, found.lower[row++] - rhs);
  for (const auto& memory : engine->memory_by_rank()) {
    found.peak = std::max(found.peak, memory.total_peak());
    found.coefficients = std::max(found.coefficients, memory.peak(sb::Category::coefficients));
    found.weights = std::max(found.weights, memory.current(sb::Category::weights));
  }
  return found;
}

/// What is said of a row, and whether it may be so.
struct Judged {
  bool right = true;
  std::string text;
};
Judged judged(const Found& found, const Found& alone, const Reference& reference) {
  Judged judged;
  const auto say = [&](bool right, const std::string& what) {
    judged.right = judged.right && right;
    judged.text += (judged.text.empty() ? "" : "; ") + what + (right ? "" : ": WRONG");
  };
  if (!alone.lower.empty()) say(found.lower == alone.lower, "one GPU's bits");
  // Other bounds inside choose other slopes, of which either may be the better one; what it proves must be proved.
  if (!std::isnan(reference.margin))
    say(reference.margin <= 0 || found.worst > 0, "the reference's " + digits(reference.margin, 4));
  return judged;
}

bool run_subject(const sb::cli::Module& module, const Subject& subject, const Options& options,
                 Table& table) {
  const sb::cli::Unit& unit = options.scalar == "float32" ? module.float32() : module.float64();
  const auto model =
      sb::io::read_onnx(options.shared + "/" + subject.onnx, {.operators = unit.operators()});
  const auto property = sb::vnnlib::read(options.shared + "/" + subject.vnnlib);
  bool right = true;
  for (const std::string& name : options.methods) {
    const sb::Method method = method_of(name, options);
    Found alone, found;
    if (options.ranks > 1)
      alone = measure(unit, model, property, method, options, sb::AnyCommunicator{});
    const sb::cli::RankBody body = [&](sb::AnyCommunicator ranks) {
      Found mine = measure(unit, model, property, method, options, ranks);
      if (ranks.rank() == 0) found = std::move(mine);
    };
    if (options.ranks == 1)
      body(sb::AnyCommunicator{});
    else
      module.threads(options.ranks, 0, [&](sb::AnyCommunicator control) {
        if (module.connect) return module.connect(control, body);
        body(control);
      });
    const auto at = subject.references.find(name);
    const Reference reference = at == subject.references.end() ? Reference{} : at->second;
    const Judged said = judged(found, alone, reference);
    right = right && said.right;
    const auto megabytes = [](std::size_t bytes) {
      return digits(1e-6 * static_cast<double>(bytes));
    };
    const auto beside = [](double ratio) { return ratio > 0 ? digits(ratio) : std::string("-"); };
    table.add({subject.name, name, std::to_string(options.ranks), digits(found.seconds.median, 4),
               beside(reference.seconds / found.seconds.median), megabytes(found.weights),
               megabytes(found.coefficients), megabytes(found.peak),
               beside(reference.bytes > 0 ? static_cast<double>(found.peak) / reference.bytes : 0),
               digits(found.worst, 5), said.text});
  }
  return right;
}

int run(const Options& options) {
  const sb::cli::Module& module = sb::cli::load_module(options.module);
  std::printf("%s, %s, %s\n", module.device().c_str(), options.scalar.c_str(),
              options.policy.c_str());
  Table table({{"network", -24},
               {"method", -11},
               {"P", 2},
               {"seconds", 8},
               {"times as fast", 13},
               {"weights MB", 10},
               {"coefficients MB", 15},
               {"peak MB", 8},
               {"of its memory", 13},
               {"worst row", 10},
               {"verdict", 0}});
  bool right = true;
  std::map<std::string, int> taken;
  for (const auto& subjects : {of_benchmarks(options), of_stand_ins(options)})
    for (const Subject& subject : subjects)
      if (subject.name.find(options.only) != std::string::npos &&
          taken[subject.onnx]++ < options.properties)
        right = run_subject(module, subject, options, table) && right;
  if (taken.empty()) throw sb::ArgumentError("no network has " + options.only + " in its name");
  if (!options.csv.empty()) table.write(options.csv);
  return right ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) try {
  Options options;
  const std::vector<std::string> all_methods = options.methods;
  const Arguments arguments(
      argc, argv,
      {{"--module", "the runner's code for GPUs, shardbound_runner_cuda.so; needed"},
       {"--shared", "the folder of benchmarks and oracles"},
       {"--only", "networks that have this in their name; all"},
       {"--methods", Arguments::joined(all_methods) + "; all"},
       {"--scalar", "float32 or float64; float32"},
       {"--policy", "as on the command line; replicated"},
       {"--ranks", "GPUs, a rank each; 1"},
       {"--repeats", "runs that are timed; 3"},
       {"--iterations", "evaluations of alpha-crown, of the last rows' slopes; 20"},
       {"--properties", "of one network, at most; all"},
       {"--csv", "a file for the table"}});
  if (arguments.print_help("Times bounds of feature maps on GPUs, beside the reference.")) return 0;
  for (auto [name, word] : {std::pair{"--module", &options.module},
                            {"--shared", &options.shared},
                            {"--only", &options.only},
                            {"--scalar", &options.scalar},
                            {"--policy", &options.policy},
                            {"--csv", &options.csv}})
    arguments.read(name, *word);
  for (auto [name, number] : {std::pair{"--ranks", &options.ranks},
                              {"--repeats", &options.repeats},
                              {"--iterations", &options.iterations},
                              {"--properties", &options.properties}})
    arguments.read(name, *number);
  arguments.read("--methods", options.methods, all_methods);
  return run(options);
} catch (const std::exception& error) {
  std::fprintf(stderr, "shardbound_device_maps: %s\n", error.what());
  return 2;
}
