// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What tests on a CPU have compiled: part of the header that is precompiled for them (tests/compiled.cmake), so that
// no test includes it by name and a new one has it from the start.

#include <tests/compiled/eigen_engine.hpp>
#include <tests/support/checked_backend.hpp>

SHARDBOUND_TEST_TABLES(extern template, float, shardbound::EigenBackend)
SHARDBOUND_TEST_TABLES(extern template, double, shardbound::EigenBackend)
SHARDBOUND_TEST_COMPILED(extern template, float, shardbound_test::CheckedBackend)
SHARDBOUND_TEST_COMPILED(extern template, double, shardbound_test::CheckedBackend)
SHARDBOUND_TEST_TABLES(extern template, float, shardbound_test::CheckedBackend)
SHARDBOUND_TEST_TABLES(extern template, double, shardbound_test::CheckedBackend)
