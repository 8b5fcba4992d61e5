// SPDX-License-Identifier: BSD-3-Clause

// CROWN on wide MLPs over several GPUs, a rank each, under every policy: the bounds of one GPU, seconds,
// the memory of each GPU beside what was predicted, the bytes it received and the bandwidth at which it
// could have received them.
//
//   shardbound_device_multi_gpu [--ranks 1,2,4] [--networks 4096x6,8192x6] [--repeats 5]
//                               [--arithmetic float32|tf32x3|float64] [--csv FILE]
//   mpirun -n P shardbound_device_multi_gpu --launch mpi ...   one process, not one thread, a rank
//   ... --drill throw|kill   rank 1 fails in the middle of a run, and all must end
//
// The table is rank 0's. Rows are appended to FILE. Ends in 1 if anything differs.

#include <bench/device/dying.hpp>
#include <bench/support/generated.hpp>
#include <bench/support/oracle.hpp>
#include <bench/support/policy.hpp>
#include <bench/support/spread.hpp>
#include <shardbound/comm/imagined.hpp>
#include <shardbound/cuda.cuh>
#include <shardbound/nccl.hpp>
#if SHARDBOUND_BENCH_MPI
#include <shardbound/mpi.hpp>
#endif

#include <chrono>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <sstream>
#include <string_view>

namespace {

using namespace shardbound_bench;
using Clock = std::chrono::steady_clock;

double since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

struct Options {
  std::vector<int> ranks;             // none: 1, 2, 4, 8, as far as there are GPUs
  std::vector<std::string> networks;  // none: all
  std::string launch = "threads", arithmetic = "float32", csv, drill;
  int repeats = 5;

  bool wants(const std::string& network) const {
    return networks.empty() ||
           std::find(networks.begin(), networks.end(), network) != networks.end();
  }
  std::unique_ptr<sb::Cuda> backend(sb::Allocation allocation = sb::Allocation::real) const {
    return std::make_unique<sb::Cuda>(
        arithmetic == "tf32x3" ? sb::Precision::tf32x3 : sb::Precision::native, allocation);
  }
};

/// Everything that was bounded: outputs and the pre-activations before them.
template <class T>
struct Answer {
  std::vector<T> bounds, slacks;
  std::vector<T> lower;  // of the outputs alone

  std::uint64_t digest() const {
    const auto hash = [](const std::vector<T>& numbers) {
      return std::hash<std::string_view>{}(
          {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(T)});
    };
    return hash(bounds) * 31 + hash(slacks);
  }
};

/// What one rank has to say of its runs. Bytes.
struct Own {
  Spread seconds{};
  std::uint64_t weights = 0, peak = 0, predicted = 0, driver = 0;
  std::uint64_t received = 0, at_most = 0;  // in a run; at most: if every neuron were bounded
  std::uint64_t digest = 0;
  sb::index_t wave = 0;
};

template <class Net, class T>
Own visit(sb::AnyCommunicator ranks, Policy policy, const Options& options, Answer<T>& answer) {
  Own own;
  const auto network = make_network<Net, T>(ranks, options.backend(), policy);
  generate_weights(*network);
  auto& backend = network->backend();
  auto pass = sb::prepare(*network, sb::Crown{});
  const sb::InputSet set = generated_box(network->inputs());
  pass.load({&set, 1});
  const auto& handle = network->exchange().communicator();
  std::vector<double> seconds;
  for (int i = -1; i < options.repeats; ++i) {  // once to warm up
    const std::uint64_t before = handle.received();
    ranks.barrier();
    const auto start = Clock::now();
    pass.compute();
    backend.finish();
    ranks.barrier();
    if (i >= 0) seconds.push_back(since(start));
    own.received = handle.received() - before;
  }
  const auto found = pass.result();
  const auto add = [&](const sb::OutputBounds<T>& node) {
    answer.bounds.insert(answer.bounds.end(), node.lower.begin(), node.lower.end());
    answer.bounds.insert(answer.bounds.end(), node.upper.begin(), node.upper.end());
    answer.slacks.insert(answer.slacks.end(), node.slack.begin(), node.slack.end());
  };
  for (int v = 1; v < network->plan().size(); ++v)
    if (network->plan().is_pre_activation(v)) add(pass.node_bounds(v).front());
  add(found.outputs.front());
  answer.lower = found.outputs.front().lower;

  own.seconds = spread_of(seconds);
  own.weights = backend.memory().current(sb::Category::weights);
  own.peak = backend.memory().total_peak();
  own.driver = backend.driver_peak_bytes();
  own.at_most = pass.traffic().bytes_received;
  own.digest = answer.digest();
  own.wave = pass.wave_height();
  const auto imagined = make_network<Net, T>(sb::Imagined(ranks.rank(), ranks.size()),
                                             options.backend(sb::Allocation::counted), policy);
  const auto counted = sb::prepare(*imagined, sb::Crown{});
  own.predicted = imagined->backend().memory().total_peak();
  return own;
}

/// Rank 0's, across numbers of ranks if those are threads.
template <class T>
struct Report {
  struct Alone {
    Answer<T> answer;
    double seconds = 0;
  };
  std::map<std::string, Alone> alone;
  std::ostringstream csv;
  bool agrees = true;
};

/// What is said of a row, and whether all of it is as promised.
struct Judgement {
  std::string text;
  bool right = true;
  void note(bool as_promised, const std::string& yes, const std::string& no) {
    right = right && as_promised;
    text += (text.empty() ? "" : "; ") + (as_promised ? yes : "DIFFERS: " + no);
  }
};

template <class T>
Judgement judge(const std::string& network, Policy policy, const std::vector<Own>& all,
                const Answer<T>& answer, const Answer<T>& alone) {
  Judgement said;
  bool alike = true, predicted = true;
  for (const Own& own : all) {
    alike = alike && own.digest == all[0].digest;
    predicted = predicted &&
                20 * std::max(own.peak, own.predicted) <= 21 * std::min(own.peak, own.predicted);
  }
  said.note(alike, "all ranks alike", "ranks");
  const double apart = difference(answer.bounds, alone.bounds);
  if (policy == Policy::row_col && all.size() > 1)
    said.note(apart <= rounding<T>, "one GPU's bounds within " + shown(apart),
              "bounds, by " + shown(apart));
  else
    said.note(answer.digest() == alone.digest(), "one GPU's bits", "bits");
  said.note(predicted, "memory as predicted", "memory from the prediction");
  const auto best = wide_oracle(network, "crown_reference_default");
  if (best.empty()) return said;
  Comparison reference(5e-4);  // which is in float32
  for (std::size_t i = 0; i < best.size(); ++i) reference.at_least(answer.lower.at(i), best[i]);
  const Verdict verdict = reference.verdict("the reference");
  said.note(verdict.agrees, verdict.text, verdict.text);
  return said;
}

template <class T>
void note(const std::string& network, Policy policy, const std::vector<Own>& all,
          const Answer<T>& answer, const Options& options, Report<T>& report) {
  const auto& alone = report.alone.at(network);
  const Judgement said = judge(network, policy, all, answer, alone.answer);
  report.agrees = report.agrees && said.right;
  Own most = all[0];  // of any rank
  for (const Own& own : all) {
    most.weights = std::max(most.weights, own.weights);
    most.peak = std::max(most.peak, own.peak);
    most.predicted = std::max(most.predicted, own.predicted);
    most.driver = std::max(most.driver, own.driver);
    most.received = std::max(most.received, own.received);
  }
  const double faster = alone.seconds / most.seconds.median;
  const auto mega = [](std::uint64_t bytes) { return 1e-6 * static_cast<double>(bytes); };
  std::printf("%-8s %-13s %2zu %9.4f s %6.2fx %9.1f %9.1f %9.1f %9.1f %9.1f  %s\n", network.c_str(),
              name_of(policy), all.size(), most.seconds.median, faster, mega(most.weights),
              mega(most.peak), mega(most.predicted), mega(most.driver), mega(most.received),
              said.text.c_str());
  std::fflush(stdout);
  report.csv << options.launch << ',' << network << ',' << options.arithmetic << ','
             << name_of(policy) << ',' << all.size() << ',' << most.seconds.median << ','
             << most.seconds.least << ',' << most.seconds.most << ',' << faster << ','
             << most.weights << ',' << most.peak << ',' << most.predicted << ',' << most.driver
             << ',' << most.received << ',' << most.at_most << ',' << most.wave << ",\""
             << said.text << "\"\n";
}

template <int W, int Depth, class T>
void bench(sb::Nccl& ranks, const Options& options, Report<T>& report) {
  using Net = typename WideMlp<W, Depth>::type;
  const std::string name = wide_name(W, Depth);
  if (!options.wants(name)) return;
  const bool first = ranks.rank() == 0;
  if (first && !report.alone.contains(name)) {
    auto& alone = report.alone[name];
    alone.seconds =
        visit<Net, T>(sb::Self{}, Policy::replicated, options, alone.answer).seconds.median;
  }
  ranks.barrier();
  for (const Policy policy : policies) {
    Answer<T> answer;
    const Own own = visit<Net, T>(ranks, policy, options, answer);
    std::vector<Own> all(static_cast<std::size_t>(ranks.size()));
    ranks.all_gather(&own, all.data(), sizeof own);
    if (first) note(name, policy, all, answer, options, report);
  }
}

/// How fast numbers get from one GPU to another: what the library gathers, and its all-reduce, whose sum
/// is taken in rank order. Bytes that a rank receives in a second.
void bandwidth(sb::Nccl& ranks) {
  const bool first = ranks.rank() == 0;
  const int P = ranks.size();
  if (P == 1) {
    std::puts("one GPU: there is nothing to gather");
    return;
  }
  sb::Cuda backend;
  const sb::Exchange<sb::Cuda> exchange(backend, ranks);
  for (const sb::index_t each : {1 << 18, 1 << 22, 1 << 26}) {
    using Numbers = sb::Buffer<float, sb::Cuda>;
    const auto mine = Numbers::zeros(backend, each, sb::Category::workspace);
    const auto partial = Numbers::zeros(backend, P * each, sb::Category::workspace);
    Numbers all(backend, P * each, sb::Category::workspace);
    Numbers sum(backend, each, sb::Category::workspace);
    const auto rate = [&](double times_received, const auto& collective) {
      constexpr int repeats = 10;
      collective();
      backend.finish();
      ranks.barrier();
      const auto start = Clock::now();
      for (int i = 0; i < repeats; ++i) collective();
      backend.finish();
      ranks.barrier();
      const double bytes = times_received * (P - 1) * static_cast<double>(each) * sizeof(float);
      return 1e-9 * repeats * bytes / since(start);
    };
    const double gather = rate(1, [&] { exchange.all_gather(mine.data(), all.data(), each); });
    const double reduce = rate(2, [&] {
      exchange.reduce_scatter(partial.data(), all.data(), sum.data(), each, sb::Write::assign);
      exchange.all_gather(sum.data(), all.data(), each);
    });
    if (first)
      std::printf("%d ranks, %4lld MiB of each: all-gather %7.1f GB/s, all-reduce %7.1f GB/s\n", P,
                  static_cast<long long>(each >> 18), gather, reduce);
  }
}

/// Runs until rank 1 fails; throws for that reason.
void drill(sb::Nccl& ranks, const Options& options) {
  using Net = WideMlp<1024, 4>::type;
  const auto network = make_network<Net, float>(Dying(ranks, 1, 100, options.drill),
                                                options.backend(), Policy::fully_sharded);
  generate_weights(*network);
  auto pass = sb::prepare(*network, sb::Crown{});
  const sb::InputSet set = generated_box(network->inputs());
  for (int i = 0; i < 100; ++i) pass.run({&set, 1});
}

template <class T>
bool run_all(const Options& options,
             const std::function<void(const std::function<void(sb::Nccl&)>&)>& launch) {
  Report<T> report;
  bool first = false;  // among processes
  launch([&](sb::Nccl& ranks) {
    if (!options.drill.empty()) return drill(ranks, options);
    if (ranks.rank() == 0) {
      first = true;
      std::printf("\n%d ranks as %s on %s, %s\n", ranks.size(), options.launch.c_str(),
                  sb::Cuda{}.device_name().c_str(), options.arithmetic.c_str());
    }
    bandwidth(ranks);
    if (ranks.rank() == 0)
      std::printf("%-8s %-13s %2s %11s %7s %9s %9s %9s %9s %9s  %s\n", "network", "policy", "P",
                  "seconds", "faster", "weights", "peak", "predicted", "driver", "received",
                  "verdict (MB, the most of any rank)");
    bench<4096, 6>(ranks, options, report);
    bench<8192, 6>(ranks, options, report);
    bench<16384, 6>(ranks, options, report);
  });
  if (!options.drill.empty()) throw sb::CommError("the drill: nobody failed");
  if (first && !options.csv.empty()) {
    const bool begins = !std::ifstream(options.csv).good();
    std::ofstream file(options.csv, std::ios::app);
    if (begins)
      file << "launch,network,arithmetic,policy,ranks,seconds,fastest,slowest,times_faster,"
              "weights_bytes,peak_bytes,predicted_peak_bytes,driver_peak_bytes,bytes_received,"
              "bytes_at_most,wave_rows,verdict\n";
    file << report.csv.str();
    if (!file.flush()) throw sb::FormatError(options.csv + " cannot be written");
  }
  return report.agrees;
}

std::vector<std::string> parts(const std::string& list) {
  std::vector<std::string> found;
  std::istringstream stream(list);
  for (std::string part; std::getline(stream, part, ',');) found.push_back(part);
  return found;
}

Options read(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; i += 2) {
    const std::string name = argv[i];
    if (i + 1 == argc) throw sb::ArgumentError(name + " wants a value");
    const std::string value = argv[i + 1];
    if (name == "--networks") {
      options.networks = parts(value);
    } else if (name == "--ranks") {
      for (const auto& ranks : parts(value)) options.ranks.push_back(std::stoi(ranks));
    } else if (name == "--repeats") {
      options.repeats = std::stoi(value);
    } else if (name == "--csv") {
      options.csv = value;
    } else if (name == "--launch") {
      options.launch = value;
    } else if (name == "--arithmetic") {
      options.arithmetic = value;
    } else if (name == "--drill") {
      options.drill = value;
    } else {
      throw sb::ArgumentError(name + ": there are --ranks, --networks, --repeats, --arithmetic, " +
                              "--csv, --launch and --drill");
    }
  }
  if (options.ranks.empty())
    for (int ranks = 1; ranks <= sb::nccl::count_devices() && ranks <= 8; ranks *= 2)
      options.ranks.push_back(ranks);
  if (options.ranks.empty()) throw sb::DeviceError("CUDA: there is no GPU");
  return options;
}

}  // namespace

int main(int argc, char** argv) try {
  const Options options = read(argc, argv);
  const auto launch = [&](const std::function<void(sb::Nccl&)>& body) {
    if (options.launch == "threads")
      for (const int ranks : options.ranks) sb::nccl::run(ranks, body);
#if SHARDBOUND_BENCH_MPI
    else if (options.launch == "mpi")
      sb::mpi::run([&](sb::Mpi& world) {
        auto ranks = sb::nccl::one_gpu_each(world);
        body(ranks);
      });
#endif
    else
      throw sb::ArgumentError("--launch " + options.launch + ": this program was built without it");
  };
  const bool agrees = options.arithmetic == "float64" ? run_all<double>(options, launch)
                                                      : run_all<float>(options, launch);
  return agrees ? 0 : 1;
} catch (const std::exception& error) {
  std::cerr << "error: " << error.what() << '\n';
  return 2;
}
