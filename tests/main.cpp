// SPDX-License-Identifier: BSD-3-Clause

// doctest's main, except that a run in which a test gave up for lack of data ends in 77, which ctest
// shows as "Skipped". A failure is always a failure, whatever else was skipped.

#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <tests/support/skip.hpp>

int main(int argc, char** argv) {
  doctest::Context context(argc, argv);
  const int result = context.run();
  if (result == 0 && !context.shouldExit() && shardbound_test::skipped() > 0) return 77;
  return result;
}
