// SPDX-License-Identifier: BSD-3-Clause

#include <tests/compiled/engine.hpp>

SHARDBOUND_TEST_ENGINE(template, float, shardbound_test::CheckedBackend)
SHARDBOUND_TEST_ZOO(template, float, shardbound_test::CheckedBackend)
