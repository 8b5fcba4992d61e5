#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# bench/device/run.sh [<folder for results>]: on a machine with a GPU, one command that builds, checks the
# GPU against the CPU and the reference's bounds, and times it beside the reference's seconds. Results are
# tables on the terminal and CSV files in the folder (build/device/results unless given). Needs nvcc.
#   SHARDBOUND_ORACLES=0 leaves the public networks' bounds out (they take the longest to compile)
#   SHARDBOUND_SANITIZE=1 also runs compute-sanitizer over the tests
#   SHARDBOUND_ONLY=4096 times only what has this in its name
set -euo pipefail
cd "$(dirname "$0")/../.."

results=${1:-build/device/results}
build=build/device
mkdir -p "$results"
architecture=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader | head -1 | tr -d .)

cmake -S . -B "$build" -DCMAKE_BUILD_TYPE=Release -DCMAKE_CUDA_ARCHITECTURES="$architecture" \
  -DSHARDBOUND_CUDA=ON -DSHARDBOUND_BUILD_BENCH=ON -DSHARDBOUND_BUILD_EXAMPLES=OFF \
  -DSHARDBOUND_TEST_FOLDERS=cuda -DSHARDBOUND_TEST_ORACLES=OFF \
  -DSHARDBOUND_TEST_ORACLES_CUDA="${SHARDBOUND_ORACLES:-1}" > "$results/configure.log"
cmake --build "$build" --parallel "$(nproc)" \
  --target shardbound_gpu_tests shardbound_device_timing shardbound_device_kernels \
  > "$results/build.log" || { tail -40 "$results/build.log"; exit 1; }

echo "== correct =="
ctest --test-dir "$build" -L '^cuda$' --output-on-failure | tee "$results/tests.log" | tail -25

if [ "${SHARDBOUND_SANITIZE:-0}" != 0 ]; then
  echo "== compute-sanitizer =="
  for tool in memcheck initcheck racecheck; do
    # cuBLAS's kernels for TF32 write in a way that initcheck does not see.
    compute-sanitizer --tool "$tool" --error-exitcode 9 "$build/tests/shardbound_cuda_methods_test" \
      --test-case="the GPU bounds*" > "$results/$tool.log" 2>&1 || true
    echo "$tool: $(grep 'ERROR SUMMARY\|RACECHECK SUMMARY' "$results/$tool.log")"
  done
fi

echo "== what the GPU can do =="
"$build/bench/shardbound_device_kernels" | tee "$results/kernels.txt"
echo "== beside the reference =="
"$build/bench/shardbound_device_timing" --only "${SHARDBOUND_ONLY:-}" --csv "$results/timing.csv" | tee "$results/timing.txt"
