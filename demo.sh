#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
#
# ./demo.sh: from a bare Debian machine to a verified property of a real network: builds a verifier
# for the collision avoidance networks ACAS Xu and proves that an unsafe output cannot occur.
set -eu
cd "$(dirname "$0")"
. cmake/setup.sh

setup
build=build/demo
# shellcheck disable=SC2046
run cmake $(fresh $build) -S . -B $build -DCMAKE_BUILD_TYPE=Release \
  -DSHARDBOUND_BUILD_TESTS=OFF -DSHARDBOUND_BUILD_BENCH=OFF
run cmake --build $build --parallel "$(jobs)" --target acasxu

run $build/examples/acasxu verify \
  --onnx examples/data/ACASXU_run2a_2_7_batch_2000.onnx --vnnlib examples/data/acasxu_prop_3.vnnlib
