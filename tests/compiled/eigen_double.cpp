// SPDX-License-Identifier: BSD-3-Clause

#include <tests/compiled/parts.hpp>

SHARDBOUND_TEST_COMPILED(template, double, shardbound::EigenBackend)
SHARDBOUND_TEST_TABLES(template, double, shardbound::EigenBackend)
SHARDBOUND_TEST_SEARCH(template, double, shardbound::EigenBackend)
