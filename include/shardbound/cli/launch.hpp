// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// How a command gets its ranks: as threads of this process, or from a launcher that main() offers, so that
// the front end itself needs no MPI. The module that knows GPUs lets threads share them, or gives every rank,
// thread or process, one of its own. Processes may have been started with different words, or find different
// files under one name; that is found out before they work together.

#include <shardbound/cli/module.hpp>
#include <shardbound/cli/options.hpp>
#include <shardbound/comm/any.hpp>
#include <shardbound/comm/threads.hpp>
#include <shardbound/io/file.hpp>
#include <shardbound/io/model.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shardbound::inline v0::cli {

/// A way to start ranks, by its name in --comm. The number of ranks is the launcher's own affair.
struct Launcher {
  std::string_view comm;
  void (*run)(const RankBody&);
};

/// The files that hold a model's parameters.
inline std::set<std::string> files_of(const io::Model& model) {
  std::set<std::string> files;
  for (const auto& layer : model.graph.layers)
    for (const auto* source : {&layer.step.weight, &layer.step.bias})
      if (source->file) files.insert(source->file->name());
  return files;
}

/// Throws ArgumentError, on every rank, if one was given something else than rank 0. (all_gather)
inline void check_alike(AnyCommunicator communicator, const Options& o,
                        const io::Model* model = nullptr) {
  const std::array<std::string, 4> names = {
      "options", o.networks.empty() ? "contents of --onnx" : "contents of --network",
      "contents of --vnnlib", "parameters beside the network"};
  const auto seal = [](const std::string& path) {
    const io::InputFile file(path);
    return static_cast<std::uint64_t>(file.size()) << 32 | file.checksum();
  };
  std::array<std::uint64_t, 4> mine{};
  mine[0] = io::InputFile::from_bytes(common_words(o), "the command line").checksum();
  std::set<std::string> beside = model ? files_of(*model) : std::set<std::string>{};
  const auto add_network = [&](const std::string& path) {
    mine[1] = 31 * mine[1] + seal(path);
    beside.erase(path);
  };
  if (!o.onnx.empty()) add_network(o.onnx);
  for (const std::string& network : o.networks) add_network(network.substr(network.find('=') + 1));
  mine[2] = seal(o.vnnlib);
  for (const std::string& file : beside) mine[3] = 31 * mine[3] + seal(file);
  std::vector<std::array<std::uint64_t, 4>> all(static_cast<std::size_t>(communicator.size()));
  communicator.all_gather(mine.data(), all.data(), sizeof mine);
  for (std::size_t rank = 0; rank < all.size(); ++rank)
    for (std::size_t i = 0; i < names.size(); ++i)
      if (all[rank][i] != all[0][i])
        throw ArgumentError("rank " + std::to_string(rank) + " was started with other " + names[i] +
                            " than rank 0; all processes must be given the same");
}

/// Runs `body`, which works on `model`, on every rank that the options ask for, those of a GPU with the help of
/// `module`. Throws ArgumentError if they cannot be had, else what threads::run or the launcher throws.
inline void launch(const Options& o, const std::vector<Launcher>& launchers, const RankBody& body,
                   const Module* module = nullptr, const io::Model* model = nullptr) {
  const bool shared = o.comm.empty() || o.comm == "threads";
  // Whoever does not say how many ranks there are gets one GPU.
  if (module && shared) return module->threads(o.ranks, o.ranks_given ? 0 : 1, body);
  if (o.comm.empty() && o.ranks == 1) return body(AnyCommunicator{});
  if (module && !module->connect)
    throw ArgumentError("this verifier was built without NCCL, which --device cuda --comm " +
                        o.comm + " needs");
  const RankBody on_rank = [&](AnyCommunicator communicator) {
    if (module)
      module->connect(std::move(communicator), body);
    else
      body(std::move(communicator));
  };
  if (shared || (module && o.comm == "nccl"))
    return threads::run(o.ranks, [&](Threads& communicator) { on_rank(communicator); });
  for (const Launcher& launcher : launchers) {
    if (launcher.comm != o.comm) continue;
    return launcher.run([&](AnyCommunicator communicator) {
      if (o.ranks_given && communicator.size() != o.ranks)
        throw ArgumentError("--ranks " + std::to_string(o.ranks) + " with --comm " + o.comm +
                            ", which has started " + std::to_string(communicator.size()) +
                            "; start it with mpirun -n " + std::to_string(o.ranks));
      check_alike(communicator, o, model);
      on_rank(std::move(communicator));
    });
  }
  throw ArgumentError("this verifier was built without --comm " + o.comm);
}

}  // namespace shardbound::inline v0::cli
