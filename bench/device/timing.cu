// SPDX-License-Identifier: BSD-3-Clause

// CROWN on one GPU beside the reference's seconds: box and rows on the device to lower bounds of the rows
// on the device, warm, the median of several runs; the memory of it; and a verdict against the reference's
// bounds. `shardbound_device_timing [--only <part of a name>] [--repeats N] [--csv <file>]
// [--arithmetic float32|tf32x3|float64] [--profile 1]`

#include <bench/device/subjects.cuh>
#include <bench/support/spread.hpp>

#include <cuda_profiler_api.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <sstream>

namespace {

using namespace shardbound_bench;

/// How a subject is made, and its name in the reference's table.
struct Entry {
  std::string kind, name;
  std::function<Subject<float>(sb::Precision)> in_float;
  std::function<Subject<double>()> in_double;
};

template <class Net, class T>
auto make_on_gpu(sb::Precision precision) {
  return make_network<Net, T>({}, std::make_unique<sb::Cuda>(precision), Policy::replicated);
}
template <class Net>
Entry public_entry(const std::string& name, const std::string& onnx) {
  return {
      "benchmark", name,
      [=](sb::Precision p) { return public_subject(make_on_gpu<Net, float>(p), name, onnx); },
      [=] { return public_subject(make_on_gpu<Net, double>(sb::Precision::native), name, onnx); }};
}
template <int W, int Depth>
Entry wide_entry() {
  using Net = typename WideMlp<W, Depth>::type;
  const std::string name = wide_name(W, Depth);
  return {"wide_mlp", name,
          [=](sb::Precision p) { return wide_subject(make_on_gpu<Net, float>(p), name); },
          [=] { return wide_subject(make_on_gpu<Net, double>(sb::Precision::native), name); }};
}

template <int Outputs>
using Small = sb::Sequential<sb::Input<Outputs>, sb::Linear<32>, sb::ReLU, sb::Linear<32>, sb::ReLU,
                             sb::Linear<Outputs>>;

std::vector<Entry> all_entries() {
  const auto acas = [](const std::string& network, const std::string& property) {
    return public_entry<AcasXu<>>(
        "acasxu__ACASXU_run2a_" + network + "_batch_2000__prop_" + property,
        "acasxu/onnx/ACASXU_run2a_" + network + "_batch_2000.onnx");
  };
  const auto mnist = [](auto net, const std::string& network, const std::string& property) {
    using Net = typename decltype(net)::type;
    return public_entry<Net>("mnist_fc__mnist-net_" + network + "__prop_" + property,
                             "mnist_fc/onnx/mnist-net_" + network + ".onnx");
  };
  using Two = std::type_identity<MnistFc256x2<>>;
  using Four = std::type_identity<MnistFc256x4<>>;
  using Six = std::type_identity<MnistFc256x6<>>;
  return {
      acas("1_1", "1"),
      acas("3_4", "3"),
      acas("1_1", "6"),
      acas("1_9", "7"),
      mnist(Two{}, "256x2", "0_0.03"),
      mnist(Two{}, "256x2", "1_0.05"),
      mnist(Four{}, "256x4", "0_0.03"),
      mnist(Four{}, "256x4", "1_0.05"),
      mnist(Six{}, "256x6", "0_0.03"),
      mnist(Six{}, "256x6", "1_0.05"),
      public_entry<Small<3>>("reach_prob_density__vdp__vdp_0", "reach_prob_density/onnx/vdp.onnx"),
      public_entry<Small<14>>("reach_prob_density__gcas__gcas_0",
                              "reach_prob_density/onnx/gcas.onnx"),
      wide_entry<1024, 4>(),
      wide_entry<2048, 6>(),
      wide_entry<4096, 4>(),
      wide_entry<4096, 6>(),
      wide_entry<8192, 4>(),
      wide_entry<8192, 6>(),
      wide_entry<16384, 6>()};
}

struct Options {
  std::string only, arithmetic, csv;
  int repeats = 15;
  bool profiled = false;
};

/// What the reference needed, from its table.
struct Reference {
  double seconds = 0, peak_without_weights = 0;
};
std::map<std::string, Reference> read_references() {
  std::map<std::string, Reference> all;
  std::ifstream file(shared("oracles/baseline_h100.csv"));
  std::string line;
  while (std::getline(file, line)) {
    std::vector<std::string> cells;
    std::istringstream words(line);
    for (std::string cell; std::getline(words, cell, ',');) cells.push_back(cell);
    if (cells.size() < 9 || cells[2] != "crown" || cells[4].empty()) continue;
    all[cells[1]] = {std::stod(cells[4]), std::stod(cells[8]) - std::stod(cells[6])};
  }
  return all;
}

struct Row {
  std::string kind, name, arithmetic;
  Spread seconds{};
  double weights = 0, peak = 0, driver = 0;
  double off = 0;  ///< how far from our own float64 bounds, in units of their magnitude
  sb::index_t wave = 0;
  Reference reference{};
  Verdict verdict{};
};

// Of a bound's own magnitude; sums in float32 are what they are on bounds of 1e8.
template <class T>
constexpr double tolerance = std::is_same_v<T, float> ? 5e-4 : 1e-9;

template <class T>
Verdict judge(const std::vector<T>& ours, const Subject<T>& subject, bool in_float_there) {
  Comparison comparison(in_float_there ? 5e-4 : tolerance<T>);
  if (subject.textbook.empty() && subject.best.empty()) return {};
  const auto& theirs = subject.textbook.empty() ? subject.best : subject.textbook;
  for (std::size_t r = 0; r < theirs.size(); ++r)
    comparison.at_least(static_cast<double>(ours.at(r)), theirs[r]);
  return comparison.verdict("the reference");
}

std::vector<double> bounds_of_float64;  // of the subject at hand

/// The largest difference from them; they become `ours` if there are none yet.
template <class T>
double compare(const std::vector<T>& ours) {
  if (bounds_of_float64.empty()) bounds_of_float64.assign(ours.begin(), ours.end());
  double most = 0;
  for (std::size_t r = 0; r < ours.size(); ++r) {
    const double exact = bounds_of_float64.at(r);
    most = std::max(most, std::abs(static_cast<double>(ours[r]) - exact) / std::abs(exact));
  }
  return most;
}

template <class T>
Row measure(const Entry& entry, const std::string& arithmetic, const Subject<T>& subject,
            const Options& options) {
  auto& backend = subject.network->backend();
  sb::Pass<T, sb::Cuda> pass(*subject.network, sb::Crown{},
                             {.rows = static_cast<sb::index_t>(subject.query.domain.size())});
  pass.load({&subject.set, 1}, subject.query, {.outputs = false});
  const auto run = [&] {
    const auto start = std::chrono::steady_clock::now();
    pass.compute();
    backend.finish();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  double warmed = 0;
  for (int i = 0; i < 3 && warmed < 1; ++i) warmed += run();
  if (options.profiled) {  // one run, for whoever watches: ncu --profile-from-start off
    cudaProfilerStart();
    run();
    cudaProfilerStop();
  }
  std::vector<double> seconds;
  double sum = 0;
  for (int i = 0; i < options.repeats && (i < 3 || sum < 5); ++i)
    sum += seconds.emplace_back(run());

  Row row{entry.kind, entry.name, arithmetic};
  row.seconds = spread_of(seconds);
  row.weights = static_cast<double>(backend.memory().current(sb::Category::weights));
  row.peak = static_cast<double>(backend.memory().total_peak());
  row.driver = static_cast<double>(backend.driver_peak_bytes());
  row.wave = pass.wave_height();
  const auto found = pass.result().rows.lower;
  row.off = compare(found);
  row.verdict = judge(found, subject, entry.kind == "wide_mlp");
  return row;
}

void print(const Row& row) {
  std::printf("%-62s %-8s %10.3f ms", row.name.c_str(), row.arithmetic.c_str(),
              1e3 * row.seconds.median);
  if (row.reference.seconds > 0)
    std::printf(" %7.1fx  peak-weights %8.1f MB (%4.0f%%)",
                row.reference.seconds / row.seconds.median, 1e-6 * (row.peak - row.weights),
                100 * (row.peak - row.weights) / row.reference.peak_without_weights);
  std::printf("  driver %9.1f MB  off float64 %.1e  %s\n", 1e-6 * row.driver, row.off,
              row.verdict.text.c_str());
  std::fflush(stdout);
}

void write_csv(const std::string& path, const std::vector<Row>& rows) {
  std::ofstream file(path);
  file << "kind,case,arithmetic,seconds,fastest,slowest,reference_seconds,times_faster,"
          "weights_bytes,peak_bytes,driver_peak_bytes,wave_rows,off_float64,verdict\n";
  for (const Row& row : rows)
    file << row.kind << ',' << row.name << ',' << row.arithmetic << ',' << row.seconds.median << ','
         << row.seconds.least << ',' << row.seconds.most << ',' << row.reference.seconds << ','
         << row.reference.seconds / row.seconds.median << ',' << row.weights << ',' << row.peak
         << ',' << row.driver << ',' << row.wave << ',' << row.off << ",\"" << row.verdict.text
         << "\"\n";
}

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--only") == 0) options.only = argv[i + 1];
    if (std::strcmp(argv[i], "--arithmetic") == 0) options.arithmetic = argv[i + 1];
    if (std::strcmp(argv[i], "--csv") == 0) options.csv = argv[i + 1];
    if (std::strcmp(argv[i], "--repeats") == 0) options.repeats = std::atoi(argv[i + 1]);
    if (std::strcmp(argv[i], "--profile") == 0) options.profiled = std::atoi(argv[i + 1]) != 0;
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) try {
  const Options options = parse(argc, argv);
  const auto references = read_references();
  std::printf("%s\n", sb::Cuda{}.device_name().c_str());
  std::vector<Row> rows;
  bool agree = true;
  const auto note = [&](Row row) {
    if (const auto found = references.find(row.name); found != references.end())
      row.reference = found->second;
    agree = agree && row.verdict.agrees;
    print(row);
    rows.push_back(std::move(row));
  };
  for (const Entry& entry : all_entries()) {
    if (entry.name.find(options.only) == std::string::npos) continue;
    const auto wanted = [&](const std::string& arithmetic) {
      return options.arithmetic.empty() || options.arithmetic == arithmetic;
    };
    bounds_of_float64.clear();
    if (wanted("float64")) note(measure(entry, "float64", entry.in_double(), options));
    if (wanted("float32"))
      note(measure(entry, "float32", entry.in_float(sb::Precision::native), options));
    if (wanted("tf32x3"))
      note(measure(entry, "tf32x3", entry.in_float(sb::Precision::tf32x3), options));
  }
  if (!options.csv.empty()) write_csv(options.csv, rows);
  return agree ? 0 : 1;
} catch (const std::exception& error) {
  std::cerr << "error: " << error.what() << '\n';
  return 2;
}
