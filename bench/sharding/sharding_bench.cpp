// SPDX-License-Identifier: BSD-3-Clause

// Memory, bytes sent and time against the number of ranks and the policy, and what row-col keeps that
// interval bounds inside its zones would lose. Ranks are threads, one thread each. Every row carries a
// verdict: the bounds of one rank with all weights, bit by bit where rows are dealt, up to rounding where
// features are split; the bytes of formula.hpp; the memory that counting predicted.
//
//   shardbound_sharding_bench [--networks a,b] [--ranks 1,2,4,8] [--repeats 3] [--csv FILE]

#include <bench/sharding/measure.hpp>
#include <bench/support/arguments.hpp>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <sstream>
#include <thread>

namespace {

using namespace shardbound_bench;

struct Options {
  std::vector<std::string> networks;  // none: all
  std::vector<int> ranks = {1, 2, 4, 8};
  int repeats = 3;
  std::string csv;

  bool wants(const std::string& network) const {
    return networks.empty() ||
           std::find(networks.begin(), networks.end(), network) != networks.end();
  }
};

/// Everything that was printed, once more for the file, and what must be said at the end.
struct Report {
  std::ostringstream csv, tightness;
  std::map<std::string, std::map<Place, Memory>> memory;  // of float32
  bool agrees = true;
};

template <class T>
void bench(const Subject<T>& subject, const Options& options, Report& report) {
  const std::string scalar = std::is_same_v<T, float> ? "float32" : "float64";
  const Place alone;
  std::vector<Place> places = {alone};
  for (const int ranks : options.ranks)
    for (const Policy policy : policies)
      if (const Place place{policy, ranks}; place != alone) places.push_back(place);

  std::map<Place, Found<T>> found;
  const auto crowded = [](const Place& place) {
    return place.ranks > static_cast<int>(std::thread::hardware_concurrency());
  };
  for (int i = 0; i < (subject.slow ? 1 : options.repeats); ++i)
    for (const Place& place : places)
      if (place.ranks <= subject.most_ranks && (i == 0 || !crowded(place)))
        visit(subject, place, found[place]);
  const bool base = found.contains(alone);
  const auto all = all_rows(subject);
  const auto lists = base ? found[alone].answer.lists : all;
  sb::index_t rows = 0;
  for (const Neurons& list : lists) rows += static_cast<sb::index_t>(list.size());

  Found<T> zones;  // one rank, interval bounds inside zones
  const bool compares = base && !subject.slow;
  if (compares) visit(subject, alone, zones, subject.in_zones);

  std::printf("\n%s, %s, box +-%g, %s%lld rows bounded\n", subject.name.c_str(), scalar.c_str(),
              subject.radius, base ? "" : "not run, if all: ", static_cast<long long>(rows));
  std::printf("%-14s %2s %6s %10s %7s %10s %10s %12s %12s  %s\n", "policy", "P", "wave", "seconds",
              "faster", "weights", "peak", "received", "formula", "verdict");
  for (const Place& place : places) {
    auto& at = found[place];
    const bool ran = !at.seconds.empty();
    count(subject, place, lists, all, at);
    std::vector<double> faster;
    for (std::size_t i = 0; i < at.seconds.size(); ++i)
      faster.push_back(found[alone].seconds[i] / at.seconds[i]);
    const std::string said = verdict(place, at, found[alone].answer, ran, report.agrees);
    const Memory& memory = ran ? at.memory : at.counted;
    const double apart = ran ? difference(at.answer.bounds, found[alone].answer.bounds) : 0;
    if (std::is_same_v<T, float>) report.memory[subject.name][place] = memory;
    std::printf("%-14s %2d %6lld %10.4f %6.2f%c %10.2f %10.2f %12llu %12llu  %s\n",
                name_of(place.policy), place.ranks, static_cast<long long>(at.wave),
                spread_of(at.seconds).median, spread_of(faster).median, crowded(place) ? '*' : ' ',
                static_cast<double>(memory.weights) / 1e6, static_cast<double>(memory.peak) / 1e6,
                static_cast<unsigned long long>(at.received),
                static_cast<unsigned long long>(at.formula), said.c_str());
    std::fflush(stdout);

    auto& csv = report.csv;
    csv << subject.name << ',' << scalar << ",crown," << subject.radius << ','
        << name_of(place.policy) << ',' << place.ranks << ",1," << at.wave << ','
        << (ran ? "run" : "counted") << ',' << rows << ',';
    if (ran)
      csv << at.seconds.size() << ',' << spread_of(at.seconds).median << ','
          << spread_of(faster).median << ',' << (crowded(place) ? "yes" : "no") << ',' << at.load;
    else
      csv << "0,,,,";
    csv << ',' << memory.weights;
    for (const std::size_t peak : memory.peaks) csv << ',' << peak;
    csv << ',' << memory.peak << ',';
    if (ran) csv << at.received;
    csv << ',' << at.formula << ',' << at.most << ',';
    if (ran) csv << apart;
    csv << ',' << said << '\n';

    if (!ran || !compares || place.policy != Policy::row_col || place.ranks == 1) continue;
    double looser = 0, widest = 0;
    const auto& widths = found[alone].answer.output_widths;
    for (std::size_t i = 0; i < widths.size(); ++i) {
      const double ratio = zones.answer.output_widths[i] / widths[i];
      looser += ratio / static_cast<double>(widths.size());
      widest = std::max(widest, ratio);
    }
    sb::index_t kept = 0;
    for (std::size_t i = 0; i < lists.size(); ++i)
      kept += static_cast<sb::index_t>(lists[i].size() - at.answer.lists[i].size());
    char line[160];
    std::snprintf(line, sizeof line, "%-12s %-8s %2d %12.1e %10lld %14.3f %14.3f\n",
                  subject.name.c_str(), scalar.c_str(), place.ranks, apart,
                  static_cast<long long>(kept), looser, widest);
    report.tightness << line;
  }
}

/// The figures that were promised, of one network in float32.
void summary(const std::string& name, const std::map<Place, Memory>& memory) {
  const Memory& alone = memory.at({});
  const auto part = [](std::size_t a, std::size_t b) {
    return static_cast<double>(a) / static_cast<double>(b);
  };
  std::printf("%s, float32, 1 rank: peak %.1f MB, without weights %.1f MB\n", name.c_str(),
              static_cast<double>(alone.peak) / 1e6,
              static_cast<double>(alone.peak - alone.weights) / 1e6);
  for (const auto& [place, at] : memory)
    if (place.policy != Policy::replicated && place.ranks > 1)
      std::printf(
          "%s, %s, %d ranks: weights %.4f / P, peak %.1f %% of one rank's with all weights\n",
          name.c_str(), name_of(place.policy), place.ranks,
          part(at.weights, alone.weights) * place.ranks, 100 * part(at.peak, alone.peak));
}

/// Nothing if help was asked for.
std::optional<Options> read(int argc, char** argv) {
  const Arguments arguments(argc, argv,
                            {{"--networks", "those alone"},
                             {"--ranks", "numbers of ranks; 1,2,4,8"},
                             {"--repeats", "runs that are timed; 3"},
                             {"--csv", "a file for the table"}});
  if (arguments.print_help("Times ranks under every policy, and judges them.")) return {};
  Options options;
  arguments.read("--networks", options.networks);
  arguments.read("--ranks", options.ranks);
  arguments.read("--repeats", options.repeats);
  arguments.read("--csv", options.csv);
  return options;
}

template <class Make64, class Make32>
void both(const std::string& name, const Options& options, Report& report, const Make64& make64,
          const Make32& make32) {
  if (!options.wants(name)) return;
  bench(make64(), options, report);
  bench(make32(), options, report);
}
template <class Net>
void mnist(const std::string& size, const Options& options, Report& report) {
  both(
      "mnist_" + size, options, report, [&] { return mnist_fc<Net, double>(size); },
      [&] { return mnist_fc<Net, float>(size); });
}
template <int W, int Depth>
void wide(const Options& options, Report& report, double radius) {
  if (options.wants(wide_name(W, Depth))) bench(wide_mlp<W, Depth, float>(radius), options, report);
}
template <int W, int Depth>
void wide_both(const Options& options, Report& report, double radius) {
  both(
      wide_name(W, Depth), options, report, [&] { return wide_mlp<W, Depth, double>(radius); },
      [&] { return wide_mlp<W, Depth, float>(radius); });
}

int run(const Options& options) {
  Report report;
  report.csv << "network,scalar,method,radius,policy,ranks,threads,wave,done,rows,visits,seconds,"
                "faster,oversubscribed,load,weights_at_rest";
  for (const auto category : sb::category_names) report.csv << ",peak_" << category;
  report.csv << ",peak,bytes_received,bytes_by_formula,bytes_at_most,difference,verdict\n";

  std::puts(
      "Peaks and weights in MB, the most of any rank; bytes received by each rank in a run; *: more"
      " ranks than cores.");
  mnist<MnistFc256x2<>>("256x2", options, report);
  mnist<MnistFc256x4<>>("256x4", options, report);
  mnist<MnistFc256x6<>>("256x6", options, report);
  wide_both<256, 4>(options, report, 0.01);
  wide_both<1024, 4>(options, report, 0.01);
  wide<1024, 6>(options, report, 0.01);
  wide<2048, 4>(options, report, 0.01);
  wide<2048, 6>(options, report, 0.01);
  wide<4096, 4>(options, report, 0);
  wide<4096, 6>(options, report, 1e-7);
  wide<8192, 4>(options, report, 0);
  wide<8192, 6>(options, report, 0);

  std::puts("");
  for (const char* name : {"4096x6", "8192x4", "8192x6"})
    if (report.memory.contains(name)) summary(name, report.memory.at(name));

  std::printf(
      "\nrow-col beside one rank. difference: of all bounds, in units of max(1, |x|); skipped: rows"
      " that only\none rank bounded; looser: output widths if neurons inside zones kept"
      " interval bounds, over ours.\n%-12s %-8s %2s %12s %10s %14s %14s\n%s",
      "network", "scalar", "P", "difference", "skipped", "looser, mean", "looser, most",
      report.tightness.str().c_str());
  if (!options.csv.empty()) {
    std::ofstream file(options.csv);
    file << report.csv.str();
    if (!file.flush()) throw sb::FormatError(options.csv + " cannot be written");
  }
  std::puts(report.agrees ? "\nall verdicts agree" : "\nSOMETHING DIFFERS");
  return report.agrees ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const auto options = read(argc, argv);
    return options ? run(*options) : 0;
  } catch (const std::exception& error) {
    std::cerr << "shardbound_sharding_bench: " << error.what() << '\n';
    return 2;
  }
}
