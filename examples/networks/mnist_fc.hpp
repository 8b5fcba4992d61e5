// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// MNIST-FC: fully connected classifiers of handwritten digits, 784 pixels to 10 scores through 2, 4 or 6
// layers of 256 ReLUs. Properties: the digit stays the same under changes of every pixel by up to 0.03
// or 0.05. The mnist_fc benchmark of VNN-COMP (github.com/pat676/mnist_fc_vnncomp2022).

#include <shardbound/shardbound.hpp>

namespace sb = shardbound;

// clang-format off
template <sb::ShardingPolicy P = sb::Replicated>
using MnistFc256x2 = sb::Sequential<
    sb::Input<784>,
    sb::Linear<256, P>, sb::ReLU,
    sb::Linear<256, P>, sb::ReLU,
    sb::Linear<10, P>>;

template <sb::ShardingPolicy P = sb::Replicated>
using MnistFc256x4 = sb::Sequential<
    sb::Input<784>,
    sb::Linear<256, P>, sb::ReLU,
    sb::Linear<256, P>, sb::ReLU,
    sb::Linear<256, P>, sb::ReLU,
    sb::Linear<256, P>, sb::ReLU,
    sb::Linear<10, P>>;

template <sb::ShardingPolicy P = sb::Replicated>
using MnistFc256x6 = sb::Sequential<
    sb::Input<784>,
    sb::Linear<256, P>, sb::ReLU,
    sb::Linear<256, P>, sb::ReLU,
    sb::Linear<256, P>, sb::ReLU,
    sb::Linear<256, P>, sb::ReLU,
    sb::Linear<256, P>, sb::ReLU,
    sb::Linear<256, P>, sb::ReLU,
    sb::Linear<10, P>>;
// clang-format on
