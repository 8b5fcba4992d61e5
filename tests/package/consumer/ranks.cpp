// SPDX-License-Identifier: BSD-3-Clause

// Ranks as processes, from the component mpi.

#include <shardbound/mpi.hpp>

#include <vector>

int main() {
  int wrong = 0;
  shardbound::mpi::run([&](shardbound::Mpi& world) {
    const int mine = world.rank();
    std::vector<int> all(static_cast<std::size_t>(world.size()));
    world.all_gather(&mine, all.data(), sizeof mine);
    for (int rank = 0; rank < world.size(); ++rank)
      wrong += all[static_cast<std::size_t>(rank)] != rank;
  });
  return wrong;
}
