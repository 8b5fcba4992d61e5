// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// One row of the tables: a method on a network, timed alternately with its floor, and a verdict.
// Columns: Time, the mean on the wall; best and floor, the least processor seconds that the method and its
// floor took (with m or u: thousandths, millionths), on one thread; ratio, the one over the other; FLOP/s,
// the floor's operations in the method's best time.

#include <bench/support/floor.hpp>
#include <bench/support/method.hpp>
#include <bench/support/seconds.hpp>
#include <shardbound/shardbound.hpp>

#include <benchmark/benchmark.h>

#include <functional>
#include <memory>
#include <string>

namespace shardbound_bench {

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
    const Seconds took = seconds([&] { benchmark::DoNotOptimize(run()); });
    state.SetIterationTime(took.wall);
    best = std::min(best, took.processor);
    least = std::min(least, seconds([&] { floor.run(); }).processor);
  }
  state.counters["best"] = best;
  state.counters["floor"] = least;
  state.counters["ratio"] = best / least;
  state.counters["FLOP/s"] = floor.flops() / best;
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
