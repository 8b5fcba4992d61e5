// SPDX-License-Identifier: BSD-3-Clause

#include <tests/compiled/gpu_engine.cuh>

SHARDBOUND_TEST_COMPILED(template, float, shardbound_test::PoisonedCuda)
