# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
#
# Sourced by run.sh, multi_gpu.sh, slopes.sh and maps.sh: the build that they share, a folder for results, and what went wrong.
#   SHARDBOUND_BUILT=1    takes what was built before, here or in the same folder of another machine
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
build=build/device

# begin <folder for results> <target>...: builds the targets.
begin() {
  results=$1
  shift
  mkdir -p "$results"
  if [ "${SHARDBOUND_BUILT:-0}" != 0 ]; then return; fi
  local architecture
  architecture=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader | head -1 | tr -d .)
  cmake -S . -B "$build" -DCMAKE_BUILD_TYPE=Release -DCMAKE_CUDA_ARCHITECTURES="$architecture" \
    -DSHARDBOUND_CUDA=ON -DSHARDBOUND_BUILD_BENCH=ON -DSHARDBOUND_BUILD_EXAMPLES=ON \
    -DSHARDBOUND_TEST_FOLDERS=cuda -DSHARDBOUND_TESTS_TOGETHER=1 > "$results/configure.log"
  cmake --build "$build" --parallel "$(nproc)" --target "$@" > "$results/build.log" \
    || { tail -40 "$results/build.log"; exit 1; }
}

failed=0
fail() {
  echo "FAILED: $*"
  failed=1
}

# correct <option of ctest> <value>: runs tests one after the other and shows what came of them.
correct() {
  echo "== correct =="
  ctest --test-dir "$build" "$@" --output-on-failure > "$results/tests.log" || fail "a test"
  sed -n '/^ *[0-9]*\/[0-9]* Test /p; /tests passed/,$p' "$results/tests.log"
}
