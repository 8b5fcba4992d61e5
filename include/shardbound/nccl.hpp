// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Ranks with a GPU each, connected by NCCL. Needs the component shardbound::nccl.

#include <shardbound/comm/nccl.hpp>
