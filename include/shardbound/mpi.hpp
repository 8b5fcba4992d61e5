// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Ranks as processes, on one machine or many. Needs the component shardbound::mpi.

#include <shardbound/comm/mpi.hpp>
