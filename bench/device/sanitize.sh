#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# bench/device/sanitize.sh [<folder for results>]: compute-sanitizer over the tests that need a GPU, to their end:
# memcheck, racecheck and initcheck, side by side. Needs nvcc, Eigen and doctest alone, so it builds its programs
# itself. float32 and float64 are told apart from tf32x3, whose products initcheck cannot follow: cuBLAS's kernels
# for TF32 write what it does not see. Ends in 1 if anything native was found.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
results=${1:-build/device/sanitized}
mkdir -p "$results"
architecture=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader | head -1 | tr -d .)
eigen=$(for f in /usr/include/eigen3 /usr/local/include/eigen3; do [ -d $f ] && echo $f && break; done)
flags=(-std=c++20 -O2 -lineinfo -arch="sm_$architecture" --expt-relaxed-constexpr -diag-suppress=20012,20208
  -Xcompiler=-ffp-contract=fast -I include -I . -isystem "$eigen" -isystem include
  -DSHARDBOUND_SOURCE_DIR='"."' -DSHARDBOUND_SHARED_DIR='"../shared"' -lcublasLt)
builds=()
for test in methods bits memory; do
  nvcc "${flags[@]}" "tests/cuda/${test}_test.cu" tests/main.cpp -o "$results/$test" \
    > "$results/build.$test.log" 2>&1 &
  builds+=("$!")
done
for build in "${builds[@]}"; do wait "$build" || { tail -n 30 "$results"/build.*.log; exit 1; }; done

failed=0
for test in methods bits memory; do
  "$results/$test" > "$results/$test.log" 2>&1 || failed=1
  echo "$test: $(grep 'test cases' "$results/$test.log")"
done
[ $failed = 0 ] || exit 1
[ "${SHARDBOUND_SANITIZE:-1}" != 0 ] || exit 0

runs=()
sanitize() {  # <name> <tool> <test> <arguments of the test...>
  compute-sanitizer --tool "$2" --report-api-errors no --error-exitcode 9 "$results/$3" "${@:4}" \
    > "$results/$1.log" 2>&1 &
  runs+=("$! $1")
}
sanitize memcheck.methods memcheck methods
sanitize memcheck.bits memcheck bits
sanitize memcheck.memory memcheck memory  # asks for more than there is on purpose
for tool in racecheck initcheck; do
  sanitize $tool.methods $tool methods --test-case-exclude="*tf32x3*"
  sanitize $tool.bits $tool bits --test-case-exclude="*tf32x3*"
  sanitize $tool.tf32x3 $tool methods --test-case="*tf32x3*"
done
for run in "${runs[@]}"; do
  wait "${run% *}" || { [[ $run == *initcheck.tf32x3 ]] || failed=1; }
  name=${run#* }
  echo "$name: $(grep -h 'ERROR SUMMARY\|RACECHECK SUMMARY\|test cases' "$results/$name.log" | tr '\n' ' ')"
done
exit $failed
