// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// OVAL21: classifiers of CIFAR10's pictures, two or four convolutions and two dense layers. Properties: the class stays
// the same under changes of every pixel, by a radius of each picture's own. The oval21 benchmark of VNN-COMP
// (github.com/alessandrodepalma/oval21-benchmark).

#include <shardbound/shardbound.hpp>

#include <networks/parameters.hpp>

namespace sb = shardbound;

// clang-format off
template <sb::ShardingPolicy P = sb::Replicated>
using Oval21Base = sb::Sequential<
    sb::Input<3, 32, 32>,
    sb::Conv2d<8, sb::Kernel<4>, sb::Stride<2>, sb::Padding<1>, P>, sb::ReLU,   // 8x16x16
    sb::Conv2d<16, sb::Kernel<4>, sb::Stride<2>, sb::Padding<1>, P>, sb::ReLU,  // 16x8x8
    sb::Flatten,
    sb::Linear<100, P>, sb::ReLU,
    sb::Linear<10, P>>;

template <sb::ShardingPolicy P = sb::Replicated>
using Oval21Wide = sb::Sequential<
    sb::Input<3, 32, 32>,
    sb::Conv2d<16, sb::Kernel<4>, sb::Stride<2>, sb::Padding<1>, P>, sb::ReLU,  // 16x16x16
    sb::Conv2d<32, sb::Kernel<4>, sb::Stride<2>, sb::Padding<1>, P>, sb::ReLU,  // 32x8x8
    sb::Flatten,
    sb::Linear<100, P>, sb::ReLU,
    sb::Linear<10, P>>;

template <sb::ShardingPolicy P = sb::Replicated>
using Oval21Deep = sb::Sequential<
    sb::Input<3, 32, 32>,
    sb::Conv2d<8, sb::Kernel<4>, sb::Stride<2>, sb::Padding<1>, P>, sb::ReLU,  // 8x16x16
    sb::Conv2d<8, sb::Kernel<3>, sb::Padding<1>, P>, sb::ReLU,
    sb::Conv2d<8, sb::Kernel<3>, sb::Padding<1>, P>, sb::ReLU,
    sb::Conv2d<8, sb::Kernel<4>, sb::Stride<2>, sb::Padding<1>, P>, sb::ReLU,  // 8x8x8
    sb::Flatten,
    sb::Linear<100, P>, sb::ReLU,
    sb::Linear<10, P>>;
// clang-format on

static_assert(outputs_of<Oval21Base<>>() == 10 && parameters_of<Oval21Base<>>() == 105966);
static_assert(outputs_of<Oval21Wide<>>() == 10 && parameters_of<Oval21Wide<>>() == 214918);
static_assert(outputs_of<Oval21Deep<>>() == 10 && parameters_of<Oval21Deep<>>() == 54902);
