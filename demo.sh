#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
#
# ./demo.sh: from a bare Debian machine to verified properties of two real networks: builds the command shardbound,
# which opens any network file, and proves that an unsafe output of a collision avoidance network (ACAS Xu) cannot
# occur, and that a network that reads digits (MNIST-FC) is not misled by small changes of one.
set -eu
cd "$(dirname "$0")"
. cmake/setup.sh

setup
build=build/demo
# shellcheck disable=SC2046
run cmake $(fresh $build) -S . -B $build -DCMAKE_BUILD_TYPE=Release \
  -DSHARDBOUND_BUILD_TESTS=OFF -DSHARDBOUND_BUILD_BENCH=OFF -DSHARDBOUND_BUILD_EXAMPLES=OFF
run cmake --build $build --parallel "$(jobs)" --target shardbound_runner

run $build/shardbound verify \
  --onnx examples/data/ACASXU_run2a_2_7_batch_2000.onnx --vnnlib examples/data/acasxu_prop_3.vnnlib
run $build/shardbound verify \
  --onnx examples/data/mnist-net_256x2.onnx --vnnlib examples/data/mnist_prop_7_0.03.vnnlib.gz
