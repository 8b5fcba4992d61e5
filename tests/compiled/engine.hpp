// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What tests on a CPU have compiled: part of the header that is precompiled for them (tests/compiled.cmake), so that
// no test includes it by name and a new one has it from the start.

#include <tests/compiled/parts.hpp>
#include <tests/support/checked_backend.hpp>

#define SHARDBOUND_TEST_HAS(T, B)                 \
  SHARDBOUND_TEST_COMPILED(extern template, T, B) \
  SHARDBOUND_TEST_TABLES(extern template, T, B)

SHARDBOUND_TEST_HAS(float, shardbound::EigenBackend)
SHARDBOUND_TEST_HAS(double, shardbound::EigenBackend)
SHARDBOUND_TEST_HAS(float, shardbound_test::CheckedBackend)
SHARDBOUND_TEST_HAS(double, shardbound_test::CheckedBackend)
