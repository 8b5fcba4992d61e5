// SPDX-License-Identifier: BSD-3-Clause

#include <tests/compiled/engine.hpp>

SHARDBOUND_TEST_ENGINE(template, double, shardbound::EigenBackend)
SHARDBOUND_TEST_ZOO(template, double, shardbound::EigenBackend)
