// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The few macros of the library, and what it refuses to be compiled with. None of them changes the
// layout of a type.

#define SHARDBOUND_VERSION_MAJOR 0
#define SHARDBOUND_VERSION_MINOR 1
#define SHARDBOUND_VERSION_PATCH 0
#define SHARDBOUND_VERSION "0.1.0"

#if defined(__FAST_MATH__)
#error \
    "shardbound: -ffast-math reorders sums and drops NaN, so bounds would not be sound. Fix: remove it."
#endif

#if __cplusplus < 202002L
#error \
    "shardbound needs C++20. Fix: compile with -std=c++20 or link the target shardbound::shardbound."
#endif
