// SPDX-License-Identifier: BSD-3-Clause

// How many domains a second branch and bound goes through: one instance of each of some benchmarks, from public files, over
// the first region of its property, float64, on ranks that are threads and hold all weights.
//
//   shardbound_search_bench [--networks a,b] [--ranks 1,2] [--percent 100] [--repeats 3] [--csv FILE]
//
// A search is stopped after so many domains; seconds and domains are those between the end of its first round and of its last.
// `plain`: domains a second, if each cost no more than bounding its rows once with the same ranks, in the same run: pulled down
// over lines that are known, where neurons are cut, and by CROWN over a box of its own, the region's, where inputs are. `cost`:
// plain by domains a second, what a domain costs in such boundings; optimised slopes, the choice of cuts and points are in it.
// Medians of the repeats. Ends in 1 if several ranks go through other domains than one.

#include <bench/support/arguments.hpp>
#include <bench/support/property_files.hpp>
#include <bench/support/seconds.hpp>
#include <bench/support/spread.hpp>
#include <bench/support/table.hpp>
#include <shardbound/io/open.hpp>
#include <shardbound/shardbound.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <memory>

namespace {

using namespace shardbound_bench;

/// The networks have no other activation, so that no other's code is compiled.
using Net = sb::onnx::OpenNetwork<double, sb::EigenBackend, sb::Functions<sb::relax::ReLU>>;

struct Options {
  std::vector<std::string> networks{};
  std::vector<int> ranks = {1, 2};
  int percent = 100, repeats = 3;
  std::string csv{};
};

struct Instance {
  Files files;
  std::uint64_t domains;  ///< that are gone through
};
std::vector<Instance> all_instances() {
  const auto one = [](const std::string& name, const std::string& folder, const std::string& onnx,
                      const std::string& vnnlib, std::uint64_t domains) {
    const std::string at = "benchmarks/" + folder;
    return Instance{{name, at + "/onnx/" + onnx, at + "/vnnlib/" + vnnlib, ""}, domains};
  };
  return {
      one("acasxu_3_3", "acasxu", "ACASXU_run2a_3_3_batch_2000.onnx", "prop_2.vnnlib.gz", 16384),
      one("mnist_256x4", "mnist_fc", "mnist-net_256x4.onnx", "prop_13_0.05.vnnlib.gz", 2048),
      one("oval21_base", "oval21", "cifar_base_kw.onnx",
          "cifar_base_kw-img876-eps0.024836601307189544.vnnlib.gz", 1024),
      one("resnet_2b", "cifar10_resnet", "resnet_2b.onnx", "prop_0_eps_0.008.vnnlib.gz", 512)};
}

/// One repeat.
struct Run {
  double before = 0;   ///< seconds until the first round was over
  double seconds = 0;  ///< from there to the end of the last
  double plain = 0;    ///< seconds of bounding the rows of one domain
  bool over_inputs = false;
  std::vector<std::uint64_t> tree;  ///< domains after each round, and what became of them

  std::uint64_t domains() const { return tree.empty() ? 0 : last_ - first_; }
  void note(const sb::SearchProgress& progress) {
    if (tree.empty()) first_ = progress.domains;
    last_ = progress.domains;
    tree.insert(tree.end(), {progress.domains, progress.refuted, progress.open});
  }

 private:
  std::uint64_t first_ = 0, last_ = 0;
};

std::unique_ptr<sb::Engine> engine_on(const sb::io::Model& model,
                                      sb::AnyCommunicator communicator) {
  return std::make_unique<sb::EngineOf<double, sb::EigenBackend>>(std::make_unique<Net>(
      model, std::move(communicator), sb::Policies{.cut = sb::WeightCut::whole},
      std::make_unique<sb::EigenBackend>(1)));
}

/// The least of three, after one to warm up.
template <class Work>
double least_seconds(const Work& work) {
  std::vector<double> took;
  work();
  for (int i = 0; i < 3; ++i) took.push_back(seconds(work).wall);
  return spread_of(took).least;
}

/// Seconds that the rows of a domain take, where boxes are cut: CROWN over many boxes at once.
double plain_of_boxes(sb::Engine& engine, const Question& question, sb::index_t boxes) {
  const std::vector<sb::InputSet> sets(static_cast<std::size_t>(boxes), question.set);
  sb::RowQuery query = question.query;  // every row over every box
  query.domain.clear();
  const auto rows = static_cast<sb::index_t>(question.query.domain.size());
  engine.prepare(sb::Crown{}, {.domains = boxes, .rows = rows * boxes});
  return least_seconds([&] { engine.run(sets, query, {.outputs = false}, nullptr); }) /
         static_cast<double>(boxes);
}

/// The same where neurons are: many rows over one box whose bounds inside the network are known.
double plain_of_rows(sb::Engine& engine, const Question& question, sb::index_t rows) {
  engine.prepare(sb::Crown{}, {});
  engine.run({&question.set, 1}, {}, {}, nullptr);
  std::vector<sb::GivenBounds> given;
  sb::Capacity capacity;
  capacity.rows = rows;
  for (int v = 1; v < engine.plan().size(); ++v) {
    if (!engine.plan().is_pre_activation(v)) continue;
    const auto bounds = engine.node_bounds(v).front();
    given.push_back({v, bounds.lower, bounds.upper, sb::Given::as_they_are});
    capacity.given.push_back(v);
  }
  const auto own = static_cast<std::size_t>(engine.outputs());
  sb::RowQuery query;
  for (std::size_t r = 0; r < static_cast<std::size_t>(rows); ++r) {
    const auto from = question.query.matrix.begin() +
                      static_cast<std::ptrdiff_t>(r % question.query.domain.size() * own);
    query.matrix.insert(query.matrix.end(), from, from + static_cast<std::ptrdiff_t>(own));
    query.domain.push_back(0);
  }
  engine.prepare(sb::Crown{}, capacity);
  return least_seconds([&] {
           engine.run({&question.set, 1}, query, {.outputs = false}, nullptr, given);
         }) /
         static_cast<double>(rows);
}

/// On one rank of a communicator.
Run run_rank(const sb::io::Model& model, const sb::Property& property, const Question& question,
             std::uint64_t domains, sb::AnyCommunicator communicator) {
  const auto engine = engine_on(model, communicator);
  sb::Attack attack(*engine, property, {});
  sb::BranchAndBoundOptions options;
  options.method.optimisation.iterations = 20;
  options.inputs.most_boxes = options.neurons.most_parts = domains;
  Run run;
  run.over_inputs = sb::InputSearch(*engine, property, attack, options.inputs).suits(0);
  run.plain = run.over_inputs ? plain_of_boxes(*engine, question,
                                               static_cast<sb::index_t>(options.inputs.batch))
                              : plain_of_rows(*engine, question, options.neurons.rows);
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  const auto since = [](Clock::time_point from) {
    return std::chrono::duration<double>(Clock::now() - from).count();
  };
  auto first = start;
  options.see = [&](const sb::SearchProgress& progress) {
    if (run.tree.empty()) {
      run.before = since(start);
      first = Clock::now();
    }
    run.seconds = since(first);
    run.note(progress);
  };
  std::vector<std::size_t> open;
  for (std::size_t c = 0; c < property.regions[0].unsafe.size(); ++c) open.push_back(c);
  sb::BranchAndBound(*engine, *engine, property, attack, options).run(0, open, nullptr);
  return run;
}

/// Whether all ranks, and one of them, go through the same domains.
bool bench(const Instance& instance, const Options& options, Table& table) {
  const Files& files = instance.files;
  if (const std::string file = missing(files); !file.empty()) {
    std::printf("%s is left out: there is no %s\n", files.name.c_str(), file.c_str());
    return true;
  }
  const Question question = question_of(files);
  const sb::Property property = sb::vnnlib::read(shared(files.vnnlib));
  const sb::io::Model model = sb::io::read_onnx(shared(files.onnx));
  const std::uint64_t domains = std::max<std::uint64_t>(
      instance.domains * static_cast<std::uint64_t>(options.percent) / 100, 2);
  std::vector<std::uint64_t> tree;
  double alone = 0;
  bool all_same = true;
  for (const int ranks : options.ranks) {
    std::vector<double> rates, plains, befores;
    bool same = true;
    Run last;
    for (int i = 0; i < options.repeats; ++i) {
      std::vector<Run> each(static_cast<std::size_t>(ranks));
      sb::threads::run(ranks, [&](auto& communicator) {
        each[static_cast<std::size_t>(communicator.rank())] =
            run_rank(model, property, question, domains, communicator);
      });
      if (tree.empty()) tree = each.front().tree;
      for (const Run& run : each) same = same && run.tree == tree;
      last = each.front();
      rates.push_back(last.seconds > 0 ? static_cast<double>(last.domains()) / last.seconds : 0);
      plains.push_back(1 / last.plain);
      befores.push_back(last.before);
    }
    const double rate = spread_of(rates).median, plain = spread_of(plains).median;
    if (ranks == 1) alone = rate;
    all_same = all_same && same;
    table.add({files.name, last.over_inputs ? "inputs" : "neurons", std::to_string(ranks),
               std::to_string(last.domains()), digits(spread_of(befores).median), digits(rate),
               digits(plain), rate > 0 ? digits(plain / rate) : "",
               alone > 0 ? digits(rate / alone) : "", same ? "the same domains" : "OTHER DOMAINS"});
  }
  return all_same;
}

int run(const Options& options) {
  Table table({{"network", -12},
               {"cut", -8},
               {"P", 2},
               {"domains", 8},
               {"before s", 9},
               {"domains/s", 9},
               {"plain/s", 9},
               {"cost", 6},
               {"faster", 6},
               {"verdict", 0}});
  bool same = true;
  for (const Instance& one : all_instances()) {
    const auto& asked = options.networks;
    if (asked.empty() || std::find(asked.begin(), asked.end(), one.files.name) != asked.end())
      same = bench(one, options, table) && same;
  }
  if (!options.csv.empty()) table.write(options.csv);
  std::puts(same ? "all ranks went through the same domains" : "RANKS DIFFER");
  return same ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) try {
  Options options;
  std::vector<std::string> names;
  for (const Instance& one : all_instances()) names.push_back(one.files.name);
  const Arguments arguments(argc, argv,
                            {{"--networks", Arguments::joined(names) + "; all"},
                             {"--ranks", "numbers of ranks; 1,2"},
                             {"--percent", "of the domains that are gone through as a rule; 100"},
                             {"--repeats", "3"},
                             {"--csv", "a file for the table"}});
  if (arguments.print_help("Counts domains that branch and bound goes through in a second."))
    return 0;
  arguments.read("--networks", options.networks, names);
  arguments.read("--ranks", options.ranks);
  arguments.read("--percent", options.percent);
  arguments.read("--repeats", options.repeats);
  arguments.read("--csv", options.csv);
  return run(options);
} catch (const std::exception& error) {
  std::cerr << "shardbound_search_bench: " << error.what() << '\n';
  return 2;
}
