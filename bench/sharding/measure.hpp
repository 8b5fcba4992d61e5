// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// One subject at one place - a policy and a number of ranks, which are threads with one thread each: run
// for bounds, seconds, bytes and memory, counted for the memory that was to be expected, and judged.

#include <bench/sharding/formula.hpp>
#include <bench/sharding/networks.hpp>
#include <bench/support/answer.hpp>
#include <bench/support/spread.hpp>
#include <shardbound/comm/imagined.hpp>
#include <shardbound/comm/threads.hpp>
#include <shardbound/shardbound.hpp>

#include <algorithm>
#include <chrono>
#include <compare>
#include <fstream>

namespace shardbound_bench {

/// And the neurons that got rows.
template <class T>
struct ListedAnswer : Answer<T> {
  std::vector<Neurons> lists;

  friend bool operator==(const ListedAnswer&, const ListedAnswer&) = default;
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
  ListedAnswer<T> answer;
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

/// Makes the network on all ranks and runs it there, once to warm up and once for the clock.
template <class T>
void visit(const Subject<T>& subject, const Place& place, Found<T>& found,
           const std::vector<bool>& emptied = {}) {
  using Clock = std::chrono::steady_clock;
  struct Own {
    ListedAnswer<T> answer;
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
    own.answer = {answer_of(pass, bounds), network->backend().lists};
    own.wave = pass.wave_height();
    own.memory.take(network->backend().memory());
  });
  if (found.seconds.empty()) found.answer = each[0].answer;
  found.seconds.push_back(each[0].seconds);
  found.wave = each[0].wave;
  for (const Own& own : each) {
    found.alike = found.alike && own.answer == found.answer;
    found.received = std::max(found.received, own.received);
    found.memory.take(own.memory);
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
std::string verdict(const Place& place, const Found<T>& found, const ListedAnswer<T>& alone,
                    bool ran, bool& agrees) {
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
