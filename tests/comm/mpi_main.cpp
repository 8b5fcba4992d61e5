// SPDX-License-Identifier: BSD-3-Clause

// doctest's main for tests under mpirun: each process runs all cases, as one rank. A run in which a test
// gave up for lack of data ends in 77, as in tests/main.cpp.

#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <shardbound/mpi.hpp>
#include <tests/support/skip.hpp>

int main(int argc, char** argv) {
  int result = 0;
  shardbound::mpi::run([&](shardbound::Mpi&) {
    doctest::Context context(argc, argv);
    result = context.run();
    if (result == 0 && !context.shouldExit() && shardbound_test::skipped() > 0) result = 77;
  });
  return result;
}
