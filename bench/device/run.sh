#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# bench/device/run.sh [<folder for results>]: on a machine with a GPU, one command that builds, checks the
# GPU against the CPU and the reference's bounds, times it beside the reference's seconds and says where
# the time goes. Results are tables on the terminal and files in the folder (build/device/results unless
# given). Needs nvcc; ends in 1 if anything was wrong.
#   SHARDBOUND_SANITIZE=1  also runs compute-sanitizer over the tests
#   SHARDBOUND_ONLY=4096   times only what has this in its name; `none` leaves timing out
# and what common.sh says.
source "$(dirname "$0")/common.sh"
begin "${1:-build/device/results}" \
  shardbound_gpu_tests shardbound_device_timing shardbound_device_kernels

correct -L '^cuda$'

if [ "${SHARDBOUND_SANITIZE:-0}" != 0 ]; then
  echo "== compute-sanitizer =="
  # Side by side, for some take long. NCCL does not run under it; memory_test asks for more than there is on
  # purpose; and initcheck does not see what cuBLAS's kernels for TF32 write.
  runs=()
  sanitize() {  # <tool> <test> <arguments of the test...>
    local log=$results/$1.$2.log
    compute-sanitizer --tool "$1" --report-api-errors no --error-exitcode 9 \
      "$build/tests/shardbound_cuda_$2_test" "${@:3}" > "$log" 2>&1 &
    runs+=("$! $1.$2")
  }
  sanitize memcheck methods
  sanitize memcheck memory
  sanitize memcheck bits --subcase="joins,branches,public*,ranks*"
  sanitize racecheck methods
  sanitize initcheck methods --test-case-exclude="*tf32x3*"
  for run in "${runs[@]}"; do
    wait "${run% *}" || fail "${run#* }"
    log=$results/${run#* }.log
    echo "${run#* }: $(grep -h 'ERROR SUMMARY\|RACECHECK SUMMARY\|test cases' "$log" | tr '\n' ' ')"
  done
fi

[ "${SHARDBOUND_ONLY:-}" != none ] || exit "$failed"
echo "== what the GPU can do =="
"$build/bench/shardbound_device_kernels" | tee "$results/kernels.txt"
echo "== beside the reference =="
"$build/bench/shardbound_device_timing" --only "${SHARDBOUND_ONLY:-}" --csv "$results/timing.csv" \
  | tee "$results/timing.txt" || fail "timing"

if command -v ncu > /dev/null; then
  echo "== where the time goes =="
  for subject in "acasxu__ACASXU_run2a_1_1_batch_2000__prop_1 float64" "mnist-net_256x6__prop_1 float64" \
      "4096x6 float64" "4096x6 tf32x3"; do
    echo "$subject"
    ncu --profile-from-start off --csv --page raw --print-units base \
      --metrics gpu__time_duration.sum "$build/bench/shardbound_device_timing" \
      --only "${subject% *}" --arithmetic "${subject#* }" --profile 1 \
      > "$results/profile.csv" 2> "$results/profile.log" || fail "profile"
    bench/device/profile.py "$results/profile.csv" || fail "$subject: more than a sweep between products"
  done
fi
exit "$failed"
