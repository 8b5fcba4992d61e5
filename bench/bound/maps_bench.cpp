// SPDX-License-Identifier: BSD-3-Clause

// What bounding convolutional networks costs: public network files opened at run time, with a property each, float64.
// CROWN-IBP, CROWN, textbook CROWN (rows for every neuron) and a few evaluations of alpha-CROWN on one rank with all
// weights; then CROWN on ranks that keep a share of them each, which are threads.
//
//   shardbound_maps_bench [--networks a,b] [--methods a,b] [--ranks 1,2,4] [--threads 1] [--repeats 3] ...
//
// seconds: median on the wall, of a run from box to bounds. ratio: the least processor seconds of a run by those of its
// floor (support/floor.hpp: the products of its own schedule alone, on one thread); of alpha-CROWN there is none, but
// an evaluation and a step in CROWN passes. Memory: the most of any rank; received: by each rank in a run.
// Ends in 1 if bounds disagree with the oracle's, if alpha-CROWN's are looser than CROWN's, or if several ranks find
// other bits than one.

#include <bench/support/answer.hpp>
#include <bench/support/arguments.hpp>
#include <bench/support/gain.hpp>
#include <bench/support/method.hpp>
#include <bench/support/property_files.hpp>
#include <bench/support/seconds.hpp>
#include <bench/support/spread.hpp>
#include <bench/support/table.hpp>
#include <shardbound/comm/threads.hpp>
#include <shardbound/io/open.hpp>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <memory>
#include <optional>

namespace {

using namespace shardbound_bench;

/// The networks have no other activation, so that no other's code is compiled.
using Net = sb::onnx::OpenNetwork<double, RecordingBackend, sb::Functions<sb::relax::ReLU>>;

struct Options {
  std::vector<std::string> networks{};
  std::vector<std::string> methods = {"crown-ibp", "crown", "crown-textbook", "alpha-crown"};
  std::vector<int> ranks = {1, 2, 4};
  int threads = 1, repeats = 3, iterations = 5;
  std::string csv{};

  bool wants(const std::string& method) const {
    return std::find(methods.begin(), methods.end(), method) != methods.end();
  }
};

/// What is run as a rule, and behind it what takes minutes.
std::vector<Files> all_files() {
  const auto files = [](const std::string& name, const std::string& onnx,
                        const std::string& oracle) {
    return Files{name, onnx, "oracles/vnnlib/" + oracle + ".vnnlib.gz", oracle + ".json.gz"};
  };
  const std::string benchmarks = "benchmarks/", sri = "resnet_3b2_bn_mixup_adv_4.0_bs128_lr-1";
  return {files("resnet_2b", benchmarks + "cifar10_resnet/onnx/resnet_2b.onnx",
                "cifar10_resnet__resnet_2b__resnet2b_pgd_filtered_prop_0_eps_0.008"),
          files("resnet_4b", benchmarks + "cifar10_resnet/onnx/resnet_4b.onnx",
                "cifar10_resnet__resnet_4b__resnet4b_pgd_filtered_prop_0_eps_0.004"),
          files("oval21_base", benchmarks + "oval21/onnx/cifar_base_kw.onnx",
                "oval21__cifar_base_kw__cifar_base_kw-img8194-eps0.018300653594771243"),
          files("oval21_deep", benchmarks + "oval21/onnx/cifar_deep_kw.onnx",
                "oval21__cifar_deep_kw__cifar_deep_kw-img4405-eps0.036732026143790855"),
          files("oval21_wide", benchmarks + "oval21/onnx/cifar_wide_kw.onnx",
                "oval21__cifar_wide_kw__cifar_wide_kw-img6432-eps0.034771241830065365"),
          files("sri_resnet_a", benchmarks + "sri_resnet_a/onnx/" + sri + ".onnx",
                "sri_resnet_a__" + sri + "__cifar10_spec_idx_1551_eps_0.00198"),
          files("biasfield", "oracles/onnx/cifar_bias_field_0.onnx",
                "cifar_biasfield__cifar_bias_field_0__prop_0"),
          files("collins_rul", benchmarks + "collins_rul_cnn/onnx/NN_rul_small_window_20.onnx",
                "collins_rul_cnn__NN_rul_small_window_20__robustness_2perturbations_delta5_"
                "epsilon10_w20"),
          {"cifar100_large", benchmarks + "cifar100_standin/onnx/resnet_large_standin.onnx.gz",
           benchmarks +
               "cifar100/vnnlib/CIFAR100_resnet_large_prop_idx_1256_sidx_9401_eps_0.0039.vnnlib.gz",
           ""}};
}
constexpr std::size_t slow_files = 1;

/// A method at so many ranks: found, and what it took.
struct Run {
  Answer<double> answer;
  sb::RowBounds<double> rows;
  std::vector<double> seconds, processor, floor, iterations;
  double flops = 0;
  Memory memory;
  std::uint64_t received = 0;
  Verdict verdict;
};

sb::Policies kept_by(int ranks) {
  return {.cut = ranks > 1 ? sb::WeightCut::panels : sb::WeightCut::whole};
}

/// On one rank of a communicator, once to warm up and to be judged, then for the clocks.
Run run_rank(const sb::io::Model& model, const Question& question, const NamedMethod& method,
             sb::AnyCommunicator communicator, const Options& options) {
  const int ranks = communicator.size();
  Net network(model, communicator, kept_by(ranks),
              std::make_unique<RecordingBackend>(options.threads));
  sb::Capacity capacity;
  capacity.rows = static_cast<sb::index_t>(question.query.domain.size());
  auto pass = sb::prepare(network, method.method, capacity);
  const auto run = [&] { return pass.run({&question.set, 1}, question.query, {.outputs = false}); };
  auto& handle = network.exchange().communicator();

  Run found;
  network.backend().recording = ranks == 1 && !method.method.optimises();
  const std::uint64_t before = handle.received();
  sb::Bounds<double> bounds = run();
  found.received = handle.received() - before;
  std::optional<Floor<double>> floor;
  if (network.backend().recording) floor.emplace(network, method.floor);
  network.backend().recording = false;
  if (floor && !question.oracle.is_null())
    found.verdict = judge_box(question.oracle, method, pass, bounds);
  found.answer = answer_of(pass, bounds);
  found.memory.take(network.backend().memory());
  for (int i = 0; i < options.repeats; ++i) {
    communicator.barrier();
    const Seconds took = seconds([&] {
      bounds = run();
      communicator.barrier();
    });
    found.seconds.push_back(took.wall);
    found.processor.push_back(took.processor);
    if (floor) found.floor.push_back(seconds([&] { floor->run(); }).processor);
    if (method.method.optimises()) found.iterations.push_back(seconds_of_iteration(bounds));
  }
  if (floor) found.flops = floor->flops();
  found.rows = std::move(bounds.rows);
  return found;
}

/// On all ranks; they must find the same.
Run run_ranks(const sb::io::Model& model, const Question& question, const NamedMethod& method,
              int ranks, const Options& options) {
  std::vector<Run> each(static_cast<std::size_t>(ranks));
  sb::threads::run(ranks, [&](auto& communicator) {
    each[static_cast<std::size_t>(communicator.rank())] =
        run_rank(model, question, method, communicator, options);
  });
  Run found = each.front();
  for (const Run& own : each) {
    found.memory.take(own.memory);
    found.received = std::max(found.received, own.received);
    if (!(own.answer == found.answer)) found.verdict = {false, "DIFFERS: from rank to rank"};
  }
  return found;
}

Verdict judge_alpha(const Run& alpha, const Run& crown, const Question& question,
                    const Options& options) {
  if (crown.seconds.empty()) return {true, "no CROWN to compare with"};
  const bool compares = !question.oracle.is_null() && options.iterations == 20;  // as many there
  const auto theirs = [&](const char* method) {
    return compares ? lower_bounds(question.oracle, method) : std::vector<double>{};
  };
  return judge_gain(crown.rows, alpha.rows, theirs("crown_textbook"), theirs("alpha_crown"));
}

void add_row(Table& table, const Files& files, const std::string& method, int ranks, const Run& run,
             const Run& crown) {
  const auto megabytes = [](auto bytes) { return digits(1e-6 * static_cast<double>(bytes)); };
  const auto least = spread_of(run.processor).least, floor = spread_of(run.floor).least;
  const double iteration = spread_of(run.iterations).median, pass = spread_of(crown.seconds).median;
  const auto coefficients = static_cast<std::size_t>(sb::Category::coefficients);
  table.add({files.name, method, std::to_string(ranks), digits(spread_of(run.seconds).median),
             run.floor.empty() ? "" : digits(floor), run.floor.empty() ? "" : digits(least / floor),
             run.floor.empty() ? "" : digits(1e-9 * run.flops / floor),
             iteration > 0 && pass > 0 ? digits(iteration / pass) : "",
             megabytes(run.memory.weights), megabytes(run.memory.peaks[coefficients]),
             megabytes(run.memory.peak), megabytes(run.received), run.verdict.text});
}

/// Whether all verdicts agree.
bool bench(const Files& files, const Options& options, Table& table) {
  if (const std::string file = missing(files); !file.empty()) {
    std::printf("%s is left out: there is no %s\n", files.name.c_str(), file.c_str());
    return true;
  }
  const Question question = question_of(files);
  const sb::io::Model model = sb::io::read_onnx(shared(files.onnx));
  bool agrees = true;
  Run crown;
  const auto row = [&](const NamedMethod& method, int ranks) {
    Run run = run_ranks(model, question, method, ranks, options);
    if (method.method.optimises()) run.verdict = judge_alpha(run, crown, question, options);
    if (ranks > 1 && run.verdict.agrees)
      run.verdict = run.answer == crown.answer ? Verdict{true, "bits of one rank"}
                                               : Verdict{false, "DIFFERS: from one rank"};
    agrees = agrees && run.verdict.agrees;
    if (ranks == 1 && method.name == std::string("crown")) crown = run;
    add_row(table, files, method.name, ranks, run, crown);
  };
  for (const NamedMethod& method : methods)
    if (options.wants(method.name)) row(method, 1);
  if (options.wants("alpha-crown"))
    row({"alpha-crown", "alpha_crown",
         sb::AlphaCrown{{.iterations = options.iterations, .patience = 0}}, FloorOf::rows},
        1);
  for (const NamedMethod& method : methods)
    if (method.name == std::string("crown") && options.wants("crown"))
      for (const int ranks : options.ranks)
        if (ranks > 1) row(method, ranks);
  return agrees;
}

int run(const Options& options) {
  const std::vector<Files> all = all_files();
  Table table({{"network", -14},
               {"method", -14},
               {"P", 2},
               {"seconds", 9},
               {"floor", 9},
               {"ratio", 6},
               {"GFLOP/s", 8},
               {"each/CROWN", 10},
               {"weights MB", 10},
               {"coefficients MB", 15},
               {"peak MB", 8},
               {"received MB", 11},
               {"verdict", 0}});
  bool agrees = true;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& asked = options.networks;
    const bool named = std::find(asked.begin(), asked.end(), all[i].name) != asked.end();
    if (named || (asked.empty() && i + slow_files < all.size()))
      agrees = bench(all[i], options, table) && agrees;
  }
  if (!options.csv.empty()) table.write(options.csv);
  std::puts(agrees ? "all verdicts agree" : "SOMETHING DISAGREES");
  return agrees ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) try {
  Options options;
  std::vector<std::string> names;
  for (const Files& files : all_files()) names.push_back(files.name);
  const std::vector<std::string> all_methods = options.methods;
  const Arguments arguments(
      argc, argv,
      {{"--networks", Arguments::joined(names) + "; if none is named all but the last"},
       {"--methods", Arguments::joined(all_methods) + "; all"},
       {"--ranks", "numbers of ranks for crown; 1,2,4"},
       {"--threads", "of each rank; 1"},
       {"--repeats", "runs that are timed; 3"},
       {"--iterations", "evaluations of alpha-CROWN, of which the oracles have 20; 5"},
       {"--csv", "a file for the table"}});
  if (arguments.print_help("Times bounds of convolutional networks, and judges them.")) return 0;
  arguments.read("--networks", options.networks, names);
  arguments.read("--methods", options.methods, all_methods);
  arguments.read("--ranks", options.ranks);
  arguments.read("--threads", options.threads);
  arguments.read("--repeats", options.repeats);
  arguments.read("--iterations", options.iterations);
  arguments.read("--csv", options.csv);
  return run(options);
} catch (const std::exception& error) {
  std::cerr << "shardbound_maps_bench: " << error.what() << '\n';
  return 2;
}
