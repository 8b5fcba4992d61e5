// SPDX-License-Identifier: BSD-3-Clause

// alpha-CROWN on GPUs beside the reference's seconds and memory: public networks, each with the rows that the reference
// bounded, and wide MLPs with the lower side of their ten outputs. One CROWN pass is timed in the same run.
//
//   shardbound_device_slopes [--only PART-OF-A-NAME] [--arithmetic float32|tf32x3|float64] [--evaluations N]
//                            [--of all|last] [--storage exact|bfloat16] [--ranks P] [--csv FILE]
//
// N is 20 for public networks and 3 for wide ones unless given. P ranks are threads with a GPU each, weights fully
// sharded; the table is rank 0's. Rows are appended to FILE. Ends in 1 if a bound is looser than CROWN's, if 20
// evaluations gain less than 98 % of what the reference's do, or if ranks differ; where memory does not suffice, a row
// says so.

#include <bench/device/subjects.cuh>
#include <bench/support/gain.hpp>
#include <bench/support/reference.hpp>
#include <bench/support/spread.hpp>
#include <shardbound/bound/alpha_crown.hpp>
#if SHARDBOUND_BENCH_NCCL
#include <shardbound/nccl.hpp>
#endif

#include <algorithm>
#include <chrono>
#include <fstream>
#include <functional>
#include <initializer_list>
#include <iostream>
#include <map>
#include <sstream>
#include <string_view>

namespace {

using namespace shardbound_bench;
using Clock = std::chrono::steady_clock;
using Of = sb::Optimisation::Of;

double since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

struct Options {
  std::string only, arithmetic, csv;
  int evaluations = 0;  // 0: what suits the network
  Of of = Of::all_rows;
  sb::SlopeStorage storage = sb::SlopeStorage::exact;
  int ranks = 1;

  const char* of_name() const { return of == Of::all_rows ? "all" : "last"; }
  const char* storage_name() const {
    return storage == sb::SlopeStorage::exact ? "exact" : "bfloat16";
  }
};

// ---- subjects ----------------------------------------------------------------------------------

/// How a subject is made on a rank; collective.
struct Entry {
  std::string name;
  int evaluations;     // unless told otherwise
  bool in_double_too;  // unless told otherwise
  std::function<Subject<float>(const sb::AnyCommunicator&, sb::Precision)> in_float;
  std::function<Subject<double>(const sb::AnyCommunicator&)> in_double;
};

template <class Net, class T>
auto make_on_rank(const sb::AnyCommunicator& ranks, sb::Precision precision) {
  return make_network<Net, T>(ranks, std::make_unique<sb::Cuda>(precision),
                              ranks.size() == 1 ? Policy::replicated : Policy::fully_sharded);
}
template <class Net>
Entry public_entry(const std::string& name, const std::string& onnx) {
  return {name, 20, true,
          [=](const sb::AnyCommunicator& ranks, sb::Precision precision) {
            return public_subject(make_on_rank<Net, float>(ranks, precision), name, onnx);
          },
          [=](const sb::AnyCommunicator& ranks) {
            return public_subject(make_on_rank<Net, double>(ranks, sb::Precision::native), name,
                                  onnx);
          }};
}
template <int W, int Depth>
Entry wide_entry() {
  using Net = typename WideMlp<W, Depth>::type;
  const std::string name = wide_name(W, Depth);
  return {name, 3, W <= 4096,
          [=](const sb::AnyCommunicator& ranks, sb::Precision precision) {
            return wide_subject(make_on_rank<Net, float>(ranks, precision), name);
          },
          [=](const sb::AnyCommunicator& ranks) {
            return wide_subject(make_on_rank<Net, double>(ranks, sb::Precision::native), name);
          }};
}

std::vector<Entry> all_entries() {
  return {public_entry<AcasXu<>>("acasxu__ACASXU_run2a_1_1_batch_2000__prop_1",
                                 "acasxu/onnx/ACASXU_run2a_1_1_batch_2000.onnx"),
          public_entry<MnistFc256x6<>>("mnist_fc__mnist-net_256x6__prop_1_0.05",
                                       "mnist_fc/onnx/mnist-net_256x6.onnx"),
          wide_entry<4096, 4>(),
          wide_entry<4096, 6>(),
          wide_entry<8192, 4>(),
          wide_entry<8192, 6>(),
          wide_entry<16384, 6>()};
}

// ---- measuring ---------------------------------------------------------------------------------

/// What one rank has to say: numbers alone, so that ranks can exchange it. Bytes.
struct Own {
  double crown = 0, whole = 0, iteration = 0;  // seconds
  int evaluations = 0;
  std::uint64_t weights = 0, alpha = 0, crown_peak = 0, peak = 0, driver = 0;
  std::uint64_t digest = 0;
  sb::index_t wave = 0, unstable = 0;
};

/// All of them, and what rank 0 found.
struct Row {
  std::string name, arithmetic;
  Own most{};                               // of any rank
  double before = 0, after = 0, slack = 0;  // means; of slack, after
  Reference reference{};
  Verdict verdict{};
  bool measured = true;

  /// Measured, or what as many would take if all iterations are alike.
  double twenty() const {
    return most.whole + (evaluations_there - most.evaluations) * most.iteration;
  }
};

/// Inputs of activations that are not known to have one sign.
template <class T>
sb::index_t count_unstable(const sb::Pass<T, sb::Cuda>& pass) {
  const auto& plan = pass.network().plan();
  sb::index_t count = 0;
  for (int v = 1; v < plan.size(); ++v) {
    if (!plan.is_activation(v)) continue;
    const auto bounds = pass.node_bounds(plan.input_of(v)).front();
    for (std::size_t i = 0; i < bounds.lower.size(); ++i)
      count += bounds.lower[i] < T(0) && bounds.upper[i] > T(0);
  }
  return count;
}

/// The median of a few runs, all ranks together; where runs are long, one is enough.
template <class T>
double time_runs(sb::Pass<T, sb::Cuda>& pass, sb::AnyCommunicator& ranks) {
  constexpr int most = 5;
  const auto run = [&] {
    ranks.barrier();
    const auto start = Clock::now();
    pass.compute();
    pass.network().backend().finish();
    ranks.barrier();
    return since(start);
  };
  // Ranks must do the same: rank 0 says when it was enough.
  const auto enough = [&](double sum, double limit) {
    char says = sum > limit;
    ranks.broadcast(&says, 1, 0);
    return says != 0;
  };
  const double first = run();
  if (enough(first, 5)) return first;
  std::vector<double> seconds;
  double sum = 0;
  do sum += seconds.emplace_back(run());
  while (static_cast<int>(seconds.size()) < most && !enough(sum, 5));
  return spread_of(seconds).median;
}

template <class T>
Row measure(const Entry& entry, const Options& options, const Subject<T>& subject,
            sb::AnyCommunicator ranks) {
  auto& network = *subject.network;
  auto& backend = network.backend();
  const sb::Capacity capacity{.rows = static_cast<sb::index_t>(subject.query.domain.size())};
  Own own;
  sb::RowBounds<T> before, after;
  {
    auto pass = sb::prepare(network, sb::Crown{}, capacity);
    pass.load({&subject.set, 1}, subject.query, {.outputs = false});
    own.crown = time_runs(pass, ranks);
    own.crown_peak = backend.memory().total_peak();
    own.unstable = count_unstable(pass);
    before = pass.result().rows;
  }
  sb::AlphaCrown method;
  method.optimisation.iterations =
      options.evaluations > 0 ? options.evaluations : entry.evaluations;
  method.optimisation.of = options.of;
  method.optimisation.patience = 0;
  method.optimisation.storage = options.storage;
  auto pass = sb::prepare(network, method, capacity);
  pass.load({&subject.set, 1}, subject.query, {.outputs = false});
  own.whole = time_runs(pass, ranks);
  const auto found = pass.result();
  after = found.rows;
  const auto& clock = found.trajectories.at(0).seconds;  // of the last run
  own.evaluations = static_cast<int>(clock.size());
  if (clock.size() > 1)
    own.iteration = (clock.back() - clock.front()) / static_cast<double>(clock.size() - 1);
  const sb::MemoryLedger memory = backend.memory();
  own.weights = memory.current(sb::Category::weights);
  own.alpha = memory.peak(sb::Category::alpha);
  own.peak = memory.total_peak();
  own.driver = backend.driver_peak_bytes();
  own.wave = pass.wave_height();
  own.digest = std::hash<std::string_view>{}(
      {reinterpret_cast<const char*>(after.lower.data()), after.lower.size() * sizeof(T)});

  std::vector<Own> all(static_cast<std::size_t>(ranks.size()));
  ranks.all_gather(&own, all.data(), sizeof own);
  Row row;
  row.most = all[0];
  row.before = mean_of(before.lower);
  row.after = mean_of(after.lower);
  row.slack = mean_of(after.slack);
  const auto& theirs = options.of == Of::all_rows ? subject.alpha : subject.alpha_of_last_rows;
  row.verdict = judge_gain(before, after, subject.textbook,
                           own.evaluations == evaluations_there ? theirs : std::vector<double>{});
  for (const Own& one : all) {
    row.most.weights = std::max(row.most.weights, one.weights);
    row.most.alpha = std::max(row.most.alpha, one.alpha);
    row.most.crown_peak = std::max(row.most.crown_peak, one.crown_peak);
    row.most.peak = std::max(row.most.peak, one.peak);
    row.most.driver = std::max(row.most.driver, one.driver);
    if (one.digest != own.digest) row.verdict = {false, "DISAGREES: ranks differ"};
  }
  return row;
}

/// Calls body on every rank.
void launch(const Options& options, const std::function<void(sb::AnyCommunicator)>& body) {
  if (options.ranks == 1) return body(sb::Self{});
#if SHARDBOUND_BENCH_NCCL
  sb::nccl::run(options.ranks, [&](sb::Nccl& ranks) { body(ranks); });
#else
  throw sb::ArgumentError("--ranks: this program was built without NCCL");
#endif
}

Row measure_in(const std::string& arithmetic, const Entry& entry, const Options& options) {
  Row row;
  try {
    launch(options, [&](sb::AnyCommunicator ranks) {
      Row mine;
      if (arithmetic == "float64") {
        mine = measure(entry, options, entry.in_double(ranks), ranks);
      } else {
        const auto precision =
            arithmetic == "tf32x3" ? sb::Precision::tf32x3 : sb::Precision::native;
        mine = measure(entry, options, entry.in_float(ranks, precision), ranks);
      }
      if (ranks.rank() == 0) row = mine;
    });
  } catch (const std::exception& error) {
    // A peer's want of memory comes as words alone.
    const std::string why = error.what();
    row = {};
    row.measured = false;
    row.verdict = {why.find("no memory") != std::string::npos, why};
  }
  row.name = entry.name;
  row.arithmetic = arithmetic;
  return row;
}

// ---- saying it ---------------------------------------------------------------------------------

void print_head() {
  std::printf("%-46s %-8s %5s %10s %7s %10s %10s %7s %9s %9s %9s %9s %9s %8s %12s %12s %9s  %s\n",
              "network", "scalar", "evals", "s each", "/CROWN", "s for 20", "reference", "faster",
              "peak", "driver", "reference", "CROWN", "alpha", "unstable", "mean before", "after",
              "+-", "verdict (MB, the most of any rank; ~ not all 20 were run)");
}
void print(const Row& row) {
  std::printf("%-46s %-8s ", row.name.c_str(), row.arithmetic.c_str());
  const auto mega = [](auto bytes) { return 1e-6 * static_cast<double>(bytes); };
  if (!row.measured) {
    std::printf("%s (the reference: %s, peak %.1f MB)\n", row.verdict.text.c_str(),
                row.reference.error.empty() ? "ran" : row.reference.error.c_str(),
                mega(row.reference.peak));
    std::fflush(stdout);
    return;
  }
  const Own& most = row.most;
  std::printf("%5d %10.5f %7.2f %c%9.4f ", most.evaluations, most.iteration,
              most.iteration / most.crown, most.evaluations == evaluations_there ? ' ' : '~',
              row.twenty());
  if (row.reference.seconds > 0)
    std::printf("%10.4f %6.1fx ", row.reference.seconds, row.reference.seconds / row.twenty());
  else
    std::printf("%10s %7s ", row.reference.error.empty() ? "-" : "failed", "-");
  std::printf("%9.1f %9.1f %9.1f %9.1f %9.1f %8lld %12.6g %12.6g %9.2g  %s\n", mega(most.peak),
              mega(most.driver), mega(row.reference.peak), mega(most.crown_peak), mega(most.alpha),
              static_cast<long long>(most.unstable), row.before, row.after, row.slack,
              row.verdict.text.c_str());
  std::fflush(stdout);
}

void append_csv(const Row& row, const Options& options) {
  const bool begins = !std::ifstream(options.csv).good();
  std::ofstream file(options.csv, std::ios::app);
  if (begins)
    file << "case,arithmetic,of,storage,ranks,evaluations,crown_seconds,seconds,seconds_each,"
            "seconds_for_20,reference_seconds_for_20,weights_bytes,peak_bytes,driver_peak_bytes,"
            "reference_peak_bytes,crown_peak_bytes,alpha_bytes,wave_rows,unstable,mean_before,"
            "mean_after,mean_slack,verdict\n";
  const Own& most = row.most;
  file.precision(9);
  file << row.name << ',' << row.arithmetic << ',' << options.of_name() << ','
       << options.storage_name() << ',' << options.ranks << ',' << most.evaluations << ','
       << most.crown << ',' << most.whole << ',' << most.iteration << ',' << row.twenty() << ','
       << row.reference.seconds << ',' << most.weights << ',' << most.peak << ',' << most.driver
       << ',' << row.reference.peak << ',' << most.crown_peak << ',' << most.alpha << ','
       << most.wave << ',' << most.unstable << ',' << row.before << ',' << row.after << ','
       << row.slack << ",\"" << row.verdict.text << "\"\n";
  if (!file.flush()) throw sb::FormatError(options.csv + " cannot be written");
}

Options read(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; i += 2) {
    const std::string name = argv[i];
    if (i + 1 == argc) throw sb::ArgumentError(name + " wants a value");
    const std::string value = argv[i + 1];
    const auto one_of = [&](std::initializer_list<const char*> words) {  // which
      const auto found = std::find(words.begin(), words.end(), value);
      std::string all;
      for (const char* word : words) all += (all.empty() ? "" : ", ") + std::string(word);
      if (found == words.end()) throw sb::ArgumentError(name + " " + value + ": there are " + all);
      return found - words.begin();
    };
    if (name == "--only") {
      options.only = value;
    } else if (name == "--arithmetic") {
      one_of({"float32", "tf32x3", "float64"});
      options.arithmetic = value;
    } else if (name == "--evaluations") {
      options.evaluations = std::stoi(value);
    } else if (name == "--of") {
      options.of = one_of({"all", "last"}) == 0 ? Of::all_rows : Of::last_rows;
    } else if (name == "--storage") {
      options.storage =
          one_of({"exact", "bfloat16"}) == 0 ? sb::SlopeStorage::exact : sb::SlopeStorage::bfloat16;
    } else if (name == "--ranks") {
      options.ranks = std::stoi(value);
    } else if (name == "--csv") {
      options.csv = value;
    } else {
      throw sb::ArgumentError(name + ": there are --only, --arithmetic, --evaluations, --of, " +
                              "--storage, --ranks and --csv");
    }
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) try {
  const Options options = read(argc, argv);
  const auto references = read_references(options.of);
  std::printf("%d x %s, slopes of %s rows, stored %s\n", options.ranks,
              sb::Cuda{}.device_name().c_str(), options.of_name(), options.storage_name());
  print_head();
  bool agree = true;
  for (const Entry& entry : all_entries()) {
    if (entry.name.find(options.only) == std::string::npos) continue;
    for (const char* arithmetic : {"float32", "tf32x3", "float64"}) {
      const std::string asked = options.arithmetic;
      if (asked.empty() ? std::string_view(arithmetic) == "tf32x3" : asked != arithmetic) continue;
      if (asked.empty() && std::string_view(arithmetic) == "float64" && !entry.in_double_too)
        continue;
      Row row = measure_in(arithmetic, entry, options);
      if (const auto found = references.find(row.name); found != references.end())
        row.reference = found->second;
      agree = agree && row.verdict.agrees;
      print(row);
      if (!options.csv.empty()) append_csv(row, options);
    }
  }
  return agree ? 0 : 1;
} catch (const std::exception& error) {
  std::cerr << "error: " << error.what() << '\n';
  return 2;
}
