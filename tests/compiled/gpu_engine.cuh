// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What tests on a GPU have compiled: for them, and for the CPU that they compare with, whose code agrees with nvcc's on
// the instruction set.

#include <tests/compiled/parts.hpp>
#include <tests/support/poisoned_cuda.cuh>

SHARDBOUND_TEST_COMPILED(extern template, float, shardbound::EigenBackend)
SHARDBOUND_TEST_COMPILED(extern template, double, shardbound::EigenBackend)
SHARDBOUND_TEST_COMPILED(extern template, float, shardbound_test::PoisonedCuda)
SHARDBOUND_TEST_COMPILED(extern template, double, shardbound_test::PoisonedCuda)
