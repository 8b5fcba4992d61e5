// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Linear programs for parts of which nothing is left to be split. Needs the component shardbound::clp.

#include <shardbound/verify/clp.hpp>
