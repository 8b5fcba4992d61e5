// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// ACAS Xu: advisories that keep aircraft apart, 45 networks of one architecture. Inputs: distance, two
// angles, two speeds; outputs: a score each for clear-of-conflict, weak and strong left and right.
// Networks and properties: Katz, Barrett, Dill, Julian, Kochenderfer, "Reluplex" (1702.01135), and the
// acasxu benchmark of VNN-COMP.

#include <shardbound/shardbound.hpp>

namespace sb = shardbound;

// clang-format off
template <sb::ShardingPolicy P = sb::Replicated>
using AcasXu = sb::Sequential<
    sb::Input<5>,
    sb::Linear<50, P>, sb::ReLU,
    sb::Linear<50, P>, sb::ReLU,
    sb::Linear<50, P>, sb::ReLU,
    sb::Linear<50, P>, sb::ReLU,
    sb::Linear<50, P>, sb::ReLU,
    sb::Linear<50, P>, sb::ReLU,
    sb::Linear<5, P>>;
// clang-format on
