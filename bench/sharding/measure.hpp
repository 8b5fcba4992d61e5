// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// One subject at one place - a policy and a number of ranks, which are threads with one thread each: run
// for bounds, seconds, bytes and memory, counted for the memory that was to be expected, and judged.

#include <bench/sharding/formula.hpp>
#include <bench/sharding/networks.hpp>
#include <bench/support/spread.hpp>
#include <shardbound/comm/imagined.hpp>
#include <shardbound/comm/threads.hpp>
#include <shardbound/shardbound.hpp>

#include <algorithm>
#include <chrono>
#include <compare>
#include <fstream>

namespace shardbound_bench {

/// The most that any rank holds.
struct Memory {
  std::size_t weights = 0, peak = 0;
  std::array<std::size_t, sb::category_count> peaks{};

  void take(const sb::MemoryLedger& ledger) {
    weights = std::max(weights, ledger.current(sb::Category::weights));
    peak = std::max(peak, ledger.total_peak());
    for (std::size_t c = 0; c < peaks.size(); ++c)
      peaks[c] = std::max(peaks[c], ledger.peak(static_cast<sb::Category>(c)));
  }
  friend bool operator==(const Memory&, const Memory&) = default;
};

/// Bounds of every pre-activation and of the outputs, their slacks, and how they came about.
template <class T>
struct Answer {
  std::vector<T> bounds, slacks, output_widths;
  std::vector<Neurons> lists;

  friend bool operator==(const Answer&, const Answer&) = default;
};

struct Place {
  Policy policy = Policy::replicated;
  int ranks = 1;
  friend auto operator<=>(const Place&, const Place&) = default;
};

/// What is known of a subject at a place.
template <class T>
struct Found {
  Memory memory, counted;
  Answer<T> answer;
  std::vector<double> seconds;  // of every visit, taken in turns with other places'
  std::uint64_t received = 0, formula = 0, most = 0;  // most: if every neuron is bounded
  bool predicted = true;                              // by the pass, as by the formula
  sb::index_t wave = 0;
  bool alike = true;  // on all ranks, in all visits
  std::string load;
};

inline std::string load_average() {
  std::string load;
  std::ifstream("/proc/loadavg") >> load;
  return load;
}

template <class T>
Answer<T> answer_of(const sb::Pass<T, ListingBackend>& pass, const sb::Bounds<T>& bounds) {
  Answer<T> answer;
  const auto add = [](std::vector<T>& to, const std::vector<T>& from) {
    to.insert(to.end(), from.begin(), from.end());
  };
  const auto& plan = pass.network().plan();
  for (int v = 1; v < plan.size(); ++v)
    if (plan.is_pre_activation(v))
      for (const auto& node : pass.node_bounds(v)) {
        add(answer.bounds, node.lower);
        add(answer.bounds, node.upper);
        add(answer.slacks, node.slack);
      }
  for (const auto& output : bounds.outputs) {
    add(answer.bounds, output.lower);
    add(answer.bounds, output.upper);
    add(answer.slacks, output.slack);
    for (std::size_t i = 0; i < output.lower.size(); ++i)
      answer.output_widths.push_back(output.upper[i] - output.lower[i]);
  }
  answer.lists = pass.network().backend().lists;
  return answer;
}

/// Makes the network on all ranks and runs it there, once to warm up and once for the clock.
template <class T>
void visit(const Subject<T>& subject, const Place& place, Found<T>& found,
           const std::vector<bool>& emptied = {}) {
  using Clock = std::chrono::steady_clock;
  struct Own {
    Answer<T> answer;
    double seconds = 0;
    std::uint64_t received = 0;
    sb::index_t wave = 0;
    Memory memory;
  };
  std::vector<Own> each(static_cast<std::size_t>(place.ranks));
  sb::threads::run(place.ranks, [&](auto& communicator) {
    const auto network = subject.make(communicator, sb::Allocation::real, place.policy);
    subject.fill(*network);
    network->backend().emptied = emptied;
    auto pass = sb::prepare(*network, sb::Crown{});
    if (subject.warms_up) pass.run({&subject.set, 1});
    network->backend().lists.clear();
    auto& handle = network->exchange().communicator();
    const std::uint64_t before = handle.received();
    communicator.barrier();
    const auto start = Clock::now();
    const auto bounds = pass.run({&subject.set, 1});
    communicator.barrier();
    auto& own = each[static_cast<std::size_t>(communicator.rank())];
    own.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    own.received = handle.received() - before;
    own.answer = answer_of(pass, bounds);
    own.wave = pass.wave_height();
    own.memory.take(network->backend().memory());
  });
  if (found.seconds.empty()) found.answer = each[0].answer;
  found.seconds.push_back(each[0].seconds);
  found.wave = each[0].wave;
  for (const Own& own : each) {
    found.alike = found.alike && own.answer == found.answer;
    found.received = std::max(found.received, own.received);
    for (std::size_t c = 0; c < own.memory.peaks.size(); ++c)
      found.memory.peaks[c] = std::max(found.memory.peaks[c], own.memory.peaks[c]);
    found.memory.peak = std::max(found.memory.peak, own.memory.peak);
    found.memory.weights = std::max(found.memory.weights, own.memory.weights);
  }
  found.load = load_average();
}

/// The memory that each rank would take, and the bytes it would receive for so many rows, and for all.
template <class T>
void count(const Subject<T>& subject, const Place& place, const std::vector<Neurons>& lists,
           const std::vector<Neurons>& all, Found<T>& found) {
  for (int rank = 0; rank < place.ranks; ++rank) {
    const auto network =
        subject.make(sb::Imagined(rank, place.ranks), sb::Allocation::counted, place.policy);
    const auto pass = sb::prepare(*network, sb::Crown{});
    found.counted.take(network->backend().memory());
    found.wave = pass.wave_height();
    const BytesFormula formula(*network, found.wave);
    found.formula = formula.bytes(lists);
    found.most = pass.traffic().bytes_received;
    found.predicted = found.predicted && found.most == formula.bytes_at_most(all);
  }
}

/// Both sides of every neuron that rows may be bounded for.
template <class T>
std::vector<Neurons> all_rows(const Subject<T>& subject) {
  std::vector<Neurons> lists;
  const auto network = subject.make({}, sb::Allocation::counted, Policy::replicated);
  for (const int node : network->product_nodes()) {
    Neurons both(static_cast<std::size_t>(2 * network->parameters(node).weight.out()));
    for (std::size_t r = 0; r < both.size(); ++r) both[r] = static_cast<std::int32_t>(r / 2);
    lists.push_back(std::move(both));
  }
  lists.erase(lists.begin());
  return lists;
}

template <class T>
std::string verdict(const Place& place, const Found<T>& found, const Answer<T>& alone, bool ran,
                    bool& agrees) {
  std::string text;
  const auto judge = [&](bool right, const std::string& yes, const std::string& no) {
    agrees = agrees && right;
    const std::string said = right ? yes : "DIFFERS: " + no;
    if (!said.empty()) text += (text.empty() ? "" : "; ") + said;
  };
  judge(found.predicted, "", "predicted bytes from the formula");
  if (!ran) return text.empty() ? "counted" : text;
  if (place.policy == Policy::row_col && place.ranks > 1)
    judge(difference(found.answer.bounds, alone.bounds) <= rounding<T>, "equal up to rounding",
          "bounds");
  else
    judge(found.answer == alone, "equal bits", "bits");
  judge(found.answer.lists == alone.lists, "same rows bounded", "rows bounded");
  judge(found.alike, "", "ranks or visits");
  judge(found.memory == found.counted, "memory as counted", "memory from what was counted");
  judge(found.received == found.formula, "bytes as by formula", "bytes from the formula");
  judge(found.received <= found.most, "", "bytes from what was to be the most");
  return text;
}

}  // namespace shardbound_bench
