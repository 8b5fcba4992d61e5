// SPDX-License-Identifier: BSD-3-Clause

#include <tests/compiled/parts.hpp>
#include <tests/support/checked_backend.hpp>

SHARDBOUND_TEST_COMPILED(template, double, shardbound_test::CheckedBackend)
SHARDBOUND_TEST_TABLES(template, double, shardbound_test::CheckedBackend)
