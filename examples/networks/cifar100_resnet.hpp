// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A ResNet of CIFAR100's size: eight residual blocks of two convolutions, 64 to 512 channels, 15.4 million
// parameters, and the same with an eighth of the channels. It has the layout of the stand-in for VNN-COMP's
// CIFAR100_resnet_large, whose own weights it does not claim to have.

#include <shardbound/shardbound.hpp>

#include <networks/cifar10_resnet.hpp>

namespace sb = shardbound;

// clang-format off
/// `Width`: channels of the first blocks; `Hidden`: of the dense layer.
template <sb::index_t Width, sb::index_t Hidden, sb::ShardingPolicy P>
using Cifar100ResNet = sb::Sequential<
    sb::Input<3, 32, 32>,
    sb::Conv2d<Width, sb::Kernel<3>, sb::Padding<1>, P>, sb::ReLU,  // 32x32 positions
    ResNetBlock<Width, P>, sb::ReLU,
    ResNetBlock<Width, P>, sb::ReLU,
    HalvingBlock<2 * Width, P>, sb::ReLU,                           // 16x16
    ResNetBlock<2 * Width, P>, sb::ReLU,
    HalvingBlock<4 * Width, P>, sb::ReLU,                           // 8x8
    ResNetBlock<4 * Width, P>, sb::ReLU,
    HalvingBlock<8 * Width, P>, sb::ReLU,                           // 4x4
    ResNetBlock<8 * Width, P>, sb::ReLU,
    sb::Flatten,
    sb::Linear<Hidden, P>, sb::ReLU,
    sb::Linear<100, P>>;
// clang-format on

template <sb::ShardingPolicy P = sb::Replicated>
using Cifar100ResNetLarge = Cifar100ResNet<64, 512, P>;
template <sb::ShardingPolicy P = sb::Replicated>
using Cifar100ResNetSmall = Cifar100ResNet<8, 64, P>;

static_assert(outputs_of<Cifar100ResNetLarge<>>() == 100 &&
              parameters_of<Cifar100ResNetLarge<>>() == 15410148);
static_assert(outputs_of<Cifar100ResNetSmall<>>() == 100 &&
              parameters_of<Cifar100ResNetSmall<>>() == 247252);
