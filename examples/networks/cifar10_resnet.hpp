// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// CIFAR10 ResNets: classifiers of pictures of 32x32 pixels, two and four residual blocks. Properties: the class stays
// the same under small changes of every pixel. The cifar10_resnet benchmark of VNN-COMP 2021
// (github.com/stanleybak/vnncomp2021).

#include <shardbound/shardbound.hpp>

#include <networks/parameters.hpp>

namespace sb = shardbound;

// clang-format off
/// Two convolutions beside nothing.
template <sb::index_t Channels, sb::ShardingPolicy P>
using ResNetBlock = sb::Residual<
    sb::Sequential<
        sb::Conv2d<Channels, sb::Kernel<3>, sb::Padding<1>, P>, sb::ReLU,
        sb::Conv2d<Channels, sb::Kernel<3>, sb::Padding<1>, P>>>;

/// The same to half the rows and columns, beside a convolution of single positions.
template <sb::index_t Channels, sb::ShardingPolicy P>
using HalvingBlock = sb::Residual<
    sb::Sequential<
        sb::Conv2d<Channels, sb::Kernel<3>, sb::Stride<2>, sb::Padding<1>, P>, sb::ReLU,
        sb::Conv2d<Channels, sb::Kernel<3>, sb::Padding<1>, P>>,
    sb::Sequential<sb::Conv2d<Channels, sb::Kernel<1>, sb::Stride<2>, P>>>;

template <sb::ShardingPolicy P = sb::Replicated>
using Cifar10ResNet2b = sb::Sequential<
    sb::Input<3, 32, 32>,
    sb::Conv2d<8, sb::Kernel<3>, sb::Stride<2>, sb::Padding<1>, P>, sb::ReLU,  // 8x16x16
    HalvingBlock<16, P>, sb::ReLU,                                             // 16x8x8
    ResNetBlock<16, P>, sb::ReLU,
    sb::Flatten,
    sb::Linear<100, P>, sb::ReLU,
    sb::Linear<10, P>>;

template <sb::ShardingPolicy P = sb::Replicated>
using Cifar10ResNet4b = sb::Sequential<
    sb::Input<3, 32, 32>,
    sb::Conv2d<16, sb::Kernel<3>, sb::Stride<2>, sb::Padding<1>, P>, sb::ReLU,  // 16x16x16
    HalvingBlock<32, P>, sb::ReLU,                                              // 32x8x8
    ResNetBlock<32, P>, sb::ReLU,
    HalvingBlock<32, P>, sb::ReLU,                                              // 32x4x4
    ResNetBlock<32, P>, sb::ReLU,
    sb::Flatten,
    sb::Linear<100, P>, sb::ReLU,
    sb::Linear<10, P>>;
// clang-format on

static_assert(outputs_of<Cifar10ResNet2b<>>() == 10 &&
              parameters_of<Cifar10ResNet2b<>>() == 112006);
static_assert(outputs_of<Cifar10ResNet4b<>>() == 10 &&
              parameters_of<Cifar10ResNet4b<>>() == 123734);
