// SPDX-License-Identifier: BSD-3-Clause

// mpi_search_drill kill: rank 1 is killed between two rounds of a search whose parts it shares with the others.

#include <shardbound/mpi.hpp>
#include <shardbound/verify/dealt_search.hpp>
#include <tests/support/searching.hpp>

#include <csignal>
#include <string>

using namespace shardbound_test;

int main(int argc, char** argv) {
  const std::string how = argc > 1 ? argv[1] : "";
  sb::mpi::run([&](sb::Mpi& world) {
    const auto engine = searched_engine(4, sb::AnyCommunicator(world));
    // Satisfied at a corner: no search refutes it, and it is cut up for a while.
    const sb::InputSet box(sb::Box{{-1, -1}, {1, 1}});
    const sb::Conjunction set{{1, 1}, {1e3}};
    const auto alone = engine->alone();
    alone->prepare({}, {.domains = 1, .rows = 64, .linear_bounds = true});
    alone->run({&box, 1}, {set.rows, {0}}, {.outputs = false}, nullptr);
    sb::DealtSearch search(*engine,
                           sb::NeuronSearch(*alone, *alone, {.rows = 64}, {{0, &set, 0, 0}}));
    for (int round = 0; !search.is_over(); ++round) {
      if (how == "kill" && round == 2 && world.rank() == 1) std::raise(SIGKILL);
      search.round(nullptr, nullptr);
    }
  });
}
