// SPDX-License-Identifier: BSD-3-Clause

// Networks of feature maps from their files on a GPU, or dealt over several: seconds, memory and the worst row of each
// property, beside what the reference needed (oracles/baseline_h100.csv, and the stand-in's README). The code for GPUs is
// the runner's, loaded as the command line loads it.
//
//   shardbound_device_maps --module PATH/shardbound_runner_cuda.so --shared PATH/shared [--only large]
//     [--method crown-ibp,crown,alpha-crown] [--scalar float32|float64] [--ranks P] [--policy replicated]
//     [--repeats 3] [--iterations 20] [--properties 4] [--csv FILE]
//
// Ends in 1 if anything that the reference proves is not proved, or ranks differ.

#include <bench/support/spread.hpp>
#include <shardbound/cli/load_module.hpp>
#include <shardbound/io/onnx.hpp>
#include <shardbound/io/vnnlib.hpp>
#include <shardbound/verify/verdict.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace sb = shardbound;
using shardbound_bench::Spread;
using shardbound_bench::spread_of;

struct Options {
  std::string module, shared = SHARDBOUND_SHARED_DIR, only, csv;
  std::string scalar = "float32", policy = "replicated";
  std::vector<std::string> methods = {"crown-ibp", "crown", "alpha-crown"};
  int ranks = 1, repeats = 3, iterations = 20;
  std::size_t properties = 1000;
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

struct Row {
  Found found;
  bool right = true;
  std::string said;
};

Row judged(Found found, const Found& alone, const Reference& reference) {
  Row row{std::move(found), true, ""};
  const auto say = [&](bool right, const std::string& what) {
    row.right = row.right && right;
    row.said += (row.said.empty() ? "" : "; ") + what + (right ? "" : ": WRONG");
  };
  if (&alone != &row.found && !alone.lower.empty())
    say(row.found.lower == alone.lower, "one GPU's bits");
  // Other bounds inside choose other slopes, of which either may be the better one; what it proves must be proved.
  if (!std::isnan(reference.margin))
    say(reference.margin <= 0 || row.found.worst > 0,
        "reference " + std::to_string(reference.margin));
  return row;
}

bool run_subject(const sb::cli::Module& module, const Subject& subject, const Options& options,
                 std::ostream& csv) {
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
      module.threads(options.ranks, [&](sb::AnyCommunicator control) {
        if (module.connect) return module.connect(control, body);
        body(control);
      });
    const auto at = subject.references.find(name);
    const Reference reference = at == subject.references.end() ? Reference{} : at->second;
    const Row row = judged(std::move(found), alone, reference);
    right = right && row.right;
    const auto mega = [](double bytes) { return 1e-6 * bytes; };
    const double faster = reference.seconds / row.found.seconds.median;
    std::printf(
        "%-24.24s %-11s %d %9.4f s %6.2fx %9.1f MB %9.1f %9.1f %6.1f%%  %10.4f  %s\n",
        subject.name.c_str(), name.c_str(), options.ranks, row.found.seconds.median, faster,
        mega(static_cast<double>(row.found.peak)),
        mega(static_cast<double>(row.found.coefficients)),
        mega(static_cast<double>(row.found.weights)),
        reference.bytes > 0 ? 100 * static_cast<double>(row.found.peak) / reference.bytes : 0,
        row.found.worst, row.said.c_str());
    std::fflush(stdout);
    csv << subject.name << ',' << name << ',' << options.scalar << ',' << options.policy << ','
        << options.ranks << ',' << row.found.seconds.median << ',' << row.found.seconds.least << ','
        << row.found.seconds.most << ',' << reference.seconds << ',' << row.found.peak << ','
        << row.found.coefficients << ',' << row.found.weights << ',' << reference.bytes << ','
        << row.found.worst << ",\"" << row.said << "\"\n";
  }
  return right;
}

int run(const Options& options) {
  const sb::cli::Module& module = sb::cli::load_module(options.module);
  std::printf("%s, %s, %s, %d ranks; faster and memory beside the reference's\n",
              module.device().c_str(), options.scalar.c_str(), options.policy.c_str(),
              options.ranks);
  std::printf("%-24s %-11s %s %11s %7s %12s %9s %9s %7s  %10s\n", "network", "method", "P",
              "seconds", "faster", "peak", "tiles", "weights", "memory", "worst row");
  std::ostringstream csv;
  bool right = true;
  std::map<std::string, std::size_t> taken;
  for (const auto& subjects : {of_benchmarks(options), of_stand_ins(options)})
    for (const Subject& subject : subjects) {
      if (subject.name.find(options.only) == std::string::npos) continue;
      if (taken[subject.onnx]++ >= options.properties) continue;
      right = run_subject(module, subject, options, csv) && right;
    }
  if (taken.empty()) throw sb::ArgumentError("no network has " + options.only + " in its name");
  if (!options.csv.empty()) {
    const bool begins = !std::filesystem::exists(options.csv);
    std::ofstream file(options.csv, std::ios::app);
    if (begins)
      file << "subject,method,scalar,policy,ranks,seconds,fastest,slowest,reference_seconds,peak_"
              "bytes,coefficient_bytes,weight_bytes,reference_bytes,worst_row,verdict\n";
    file << csv.str();
    if (!file.flush()) throw sb::FormatError(options.csv + " cannot be written");
  }
  return right ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Networks of feature maps on GPUs, beside the reference");
  app.add_option("--module", options.module, "the runner's code for GPUs")->required();
  app.add_option("--shared", options.shared, "the folder with benchmarks and oracles");
  app.add_option("--only", options.only, "subjects that have this in their name");
  app.add_option("--method", options.methods, "crown-ibp, crown, alpha-crown")->delimiter(',');
  app.add_option("--scalar", options.scalar)->check(CLI::IsMember({"float32", "float64"}));
  app.add_option("--policy", options.policy, "as the command line's");
  app.add_option("--ranks", options.ranks, "GPUs, a rank each")->check(CLI::PositiveNumber);
  app.add_option("--repeats", options.repeats)->check(CLI::PositiveNumber);
  app.add_option("--iterations", options.iterations, "evaluations of alpha-crown");
  app.add_option("--properties", options.properties, "of one network, at most");
  app.add_option("--csv", options.csv, "append rows to this file");
  CLI11_PARSE(app, argc, argv);
  try {
    return run(options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 2;
  }
}
