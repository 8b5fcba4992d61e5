// SPDX-License-Identifier: BSD-3-Clause

// For programs that have a main of their own and link what tests share.

#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>
