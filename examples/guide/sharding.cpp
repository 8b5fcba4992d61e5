// SPDX-License-Identifier: BSD-3-Clause

// One network over several ranks, what that costs, and threads of a program's own: docs/guide/sharding.md.

#include <shardbound/shardbound.hpp>

#include <guide/expect.hpp>

#include <thread>
#include <vector>

namespace sb = shardbound;

// [network]
template <sb::ShardingPolicy P = sb::Replicated>
using Net = sb::Sequential<sb::Input<2>, sb::Linear<3, P>, sb::ReLU, sb::Linear<3, P>, sb::ReLU,
                           sb::Linear<2>>;  // policies may differ from layer to layer

template <class Network>
void set_weights(Network& net) {  // every rank gives all numbers; each keeps what is its own
  net.set_linear(net.linear(0), {1, -1, 1, 1, -0.5, 2}, {0, -0.5, 0.2});
  net.set_linear(net.linear(1), {1, -1, 0.5, -1, 0.5, 1, 0.5, 1, -1}, {0.1, 0, -0.2});
  net.set_linear(net.linear(2), {1, -1, 1, -1, 1, 0.5}, {0, 0.3});
}
// [network]

namespace {

const sb::Box box{{-0.4, -0.3}, {0.6, 0.7}};

void ranks(const sb::OutputBounds<double>& alone) {
  // [ranks]
  sb::threads::run(3, [&](auto& comm) {  // three ranks, threads of this process
    sb::Network<Net<sb::FullySharded>> net{comm};
    set_weights(net);
    const auto bounds = sb::crown(net, box);  // complete on every rank
    if (comm.rank() == 0) sb::print(bounds);
  });
  // [ranks]

  sb::threads::run(3, [&](auto& comm) {
    // [policies]
    sb::Network<Net<>> replicated{comm};  // what the type says
    // The same type, and 1/P of the weights on each rank: the two compute alike.
    sb::Network<Net<>> sharded{comm, 1, sb::Store::fully_sharded};
    // RowSharded, ColSharded, RowSharded: another plan.
    sb::Network<sb::RowCol<Net<>>> row_col{comm};
    // [policies]
    set_weights(replicated);
    set_weights(sharded);
    set_weights(row_col);
    const auto a = sb::crown(replicated, box), b = sb::crown(sharded, box),
               c = sb::crown(row_col, box);
    if (comm.rank() != 0) return;
    expect("Replicated: one rank's bits", a.lower == alone.lower && a.upper == alone.upper);
    expect("FullySharded: one rank's bits", b.lower == alone.lower && b.upper == alone.upper);
    expect("row-col: equal up to rounding", c.lower[0], alone.lower[0]);
  });
}

void memory() {
  // [memory]
  // Rank 0 of 64, without the others: what is booked is what `prepare` would take.
  sb::Network<Net<sb::FullySharded>> net{
      sb::Imagined(0, 64), std::make_unique<sb::EigenBackend>(1, sb::Allocation::counted)};
  const auto pass = sb::prepare(net, sb::Crown{}, {.domains = 8});
  std::printf("%zu bytes, %llu received in a run\n", net.backend().memory().total_peak(),
              static_cast<unsigned long long>(pass.traffic().bytes_received));
  // [memory]
  expect("something is booked", net.backend().memory().total_peak() > 0);
}

void own_threads(const sb::OutputBounds<double>& alone) {
  // [threads]
  sb::Network<Net<>> net;  // one rank's: its passes may run at the same time
  set_weights(net);
  std::vector<sb::OutputBounds<double>> found(2);
  std::vector<std::thread> threads;
  for (auto& bounds : found)
    threads.emplace_back([&] {
      auto pass = sb::prepare(net, sb::Crown{});  // a pass for each thread
      const sb::InputSet set = box;
      bounds = pass.run({&set, 1}).outputs[0];
    });
  for (auto& thread : threads) thread.join();
  // [threads]
  expect("threads share a network", found[0].lower == alone.lower && found[1].lower == alone.lower);
}

}  // namespace

int main() try {
  sb::Network<Net<>> net;
  set_weights(net);
  const auto alone = sb::crown(net, box);
  expect("one rank", alone.lower[0], -1.86965517);
  ranks(alone);
  memory();
  own_threads(alone);
} catch (const sb::Error& error) {
  std::printf("error: %s\n", error.what());
  return 2;
}
