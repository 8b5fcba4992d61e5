// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What tests and examples have compiled: the engine on a CPU and, behind a network's type, the search for a verdict.
// Examples read it at the end of their one file (tests/compiled.cmake).

#include <tests/compiled/parts.hpp>

SHARDBOUND_TEST_COMPILED(extern template, float, shardbound::EigenBackend)
SHARDBOUND_TEST_COMPILED(extern template, double, shardbound::EigenBackend)
SHARDBOUND_TEST_SEARCH(extern template, double, shardbound::EigenBackend)
