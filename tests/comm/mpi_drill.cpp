// SPDX-License-Identifier: BSD-3-Clause

// mpi_drill kill|throw|abort: rank 1 fails in that way while the others wait for it in a collective.

#include <shardbound/mpi.hpp>

#include <csignal>
#include <string>
#include <vector>

using namespace shardbound;

int main(int argc, char** argv) {
  const std::string how = argc > 1 ? argv[1] : "";
  mpi::run([&](Mpi& world) {
    Mpi pair = world.subgroup(world.rank() / 2);
    std::vector<char> all(1000 * static_cast<std::size_t>(world.size()));
    world.begin_all_gather(all.data(), all.data(), 0);
    world.end_all_gather();
    if (world.rank() == 1) {
      if (how == "kill") std::raise(SIGKILL);
      if (how == "throw") throw ShapeError("3 is not 4");
      if (how == "abort") pair.abort("no more");
    }
    pair.barrier();
    for (;;) world.all_to_all(all.data(), std::vector<char>(all.size()).data(), 1000);
  });
}
