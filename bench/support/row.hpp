// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// One row of the tables: a method on a network, timed alternately with its floor, and a verdict.
// Columns: Time, the mean; best_ms and floor_ms, the best of the method and of its floor; ratio, the one
// over the other; GFLOPS, of the method's products at its best.

#include <bench/support/floor.hpp>
#include <bench/support/oracle.hpp>
#include <shardbound/shardbound.hpp>

#include <benchmark/benchmark.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace shardbound_bench {

/// The axis `method` of every bounding benchmark.
struct NamedMethod {
  const char* name;         ///< as on the command line, with the mode of crown behind it
  const char* oracle_name;  ///< as in the oracles
  sb::Method method;
  FloorOf floor;
};
inline const NamedMethod methods[] = {
    {"ibp", "ibp", sb::Ibp{}, FloorOf::rows_and_intervals},
    {"crown-ibp", "crown_ibp", sb::CrownIbp{}, FloorOf::rows_and_intervals},
    {"crown", "crown_textbook", sb::Crown{}, FloorOf::rows},
    {"crown-textbook", "crown_textbook", sb::Crown{sb::Intermediates::textbook}, FloorOf::rows},
};

template <class T>
constexpr const char* scalar_name = std::is_same_v<T, float> ? "float32" : "float64";

/// A network with what is asked of it and what its answer should be.
template <class T>
struct Case {
  std::unique_ptr<sb::Instance<T, RecordingBackend>> network;
  sb::InputSet set;
  sb::RowQuery query;
  sb::Wanted wanted;
  std::function<Verdict(const NamedMethod&, const sb::Pass<T, RecordingBackend>&,
                        const sb::Bounds<T>&)>
      judge;
};

/// The one case that is in memory, of either scalar.
struct Held {
  std::string key;
  std::shared_ptr<void> subject;
};
inline Held held;

/// The case called `name`, made if it is not the one that was asked for last. Only one is kept.
template <class T>
Case<T>& kept(const std::string& name, const std::function<Case<T>()>& make) {
  const std::string key = name + "/" + scalar_name<T>;
  if (held.key != key) {
    held.subject.reset();
    held = {key, std::make_shared<Case<T>>(make())};
  }
  return *static_cast<Case<T>*>(held.subject.get());
}

template <class T>
void run_row(benchmark::State& state, Case<T>& subject, const NamedMethod& method) {
  using Clock = std::chrono::steady_clock;
  const auto seconds = [](const auto& work) {
    const auto start = Clock::now();
    work();
    return std::chrono::duration<double>(Clock::now() - start).count();
  };
  sb::Capacity capacity;
  capacity.rows = static_cast<sb::index_t>(subject.query.domain.size());
  auto pass = sb::prepare(*subject.network, method.method, capacity);
  const auto run = [&] { return pass.run({&subject.set, 1}, subject.query, subject.wanted); };

  auto& backend = subject.network->backend();
  backend.products.clear();
  backend.intervals.clear();
  backend.recording = true;
  const auto bounds = run();
  backend.recording = false;
  const Verdict verdict = subject.judge(method, pass, bounds);
  if (!verdict.agrees) {
    state.SkipWithError(verdict.text.c_str());
    return;
  }
  Floor<T> floor(*subject.network, method.floor);
  floor.run();

  double best = 1e300, least = 1e300;
  for (auto _ : state) {
    const double took = seconds([&] { benchmark::DoNotOptimize(run()); });
    state.SetIterationTime(took);
    best = std::min(best, took);
    least = std::min(least, seconds([&] { floor.run(); }));
  }
  state.counters["best_ms"] = 1e3 * best;
  state.counters["floor_ms"] = 1e3 * least;
  state.counters["ratio"] = best / least;
  state.counters["GFLOPS"] = floor.flops() / best * 1e-9;
  state.SetLabel(verdict.text);
}

/// A row for every method: <name>/<method>/<scalar>. `iterations` 0: as many as fill `least_seconds`.
template <class T>
void register_rows(const std::string& name, const std::function<Case<T>()>& make, int iterations,
                   double least_seconds = 0.5) {
  for (const NamedMethod& method : methods) {
    auto* row =
        benchmark::RegisterBenchmark((name + "/" + method.name + "/" + scalar_name<T>).c_str(),
                                     [name, make, &method](benchmark::State& state) {
                                       run_row(state, kept<T>(name, make), method);
                                     });
    row->UseManualTime()->Unit(benchmark::kMillisecond);
    if (iterations > 0)
      row->Iterations(iterations);
    else
      row->MinTime(least_seconds);
  }
}

}  // namespace shardbound_bench
