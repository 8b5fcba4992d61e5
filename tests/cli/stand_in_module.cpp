// SPDX-License-Identifier: BSD-3-Clause

// A module as --device cuda loads it, but with units for the CPU, so that the way there and back is tested
// where there is no GPU. Its GPU is there if SHARDBOUND_TEST_GPU is set. Compiled with OTHER_BUILD, it
// says that it is of another version, and what it holds must not be looked at.

#include <shardbound/cli/make_unit.hpp>
#include <shardbound/cli/module.hpp>
#include <shardbound/comm/threads.hpp>
#include <tests/support/small_network.hpp>

#include <cstdlib>

namespace cli = shardbound::cli;

namespace {

#ifdef OTHER_BUILD
const cli::Module module = {"shardbound 0.0.7, C++ 3", nullptr, nullptr, nullptr, nullptr, nullptr};
#else
template <class T>
const cli::Unit& unit() {
  static const auto made = cli::make_unit<shardbound_test::SmallNetwork, T>();
  return made;
}
std::string device() {
  if (std::getenv("SHARDBOUND_TEST_GPU")) return "stand-in";
  throw shardbound::DeviceError("CUDA: there is no GPU to work on");
}
void start(int ranks, int, const cli::RankBody& body) {
  shardbound::threads::run(ranks, [&](auto& communicator) { body(communicator); });
}
// A communicator of its own over the ranks that were started, as NCCL's is.
void connect(shardbound::AnyCommunicator control, const cli::RankBody& body) {
  body(control.subgroup(0));
}
const cli::Module module = {cli::module_build, &unit<float>, &unit<double>,
                            &device,           &start,       &connect};
#endif

}  // namespace

extern "C" const cli::Module* shardbound_module();
extern "C" const cli::Module* shardbound_module() { return &module; }
