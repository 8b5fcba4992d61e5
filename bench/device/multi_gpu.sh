#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# bench/device/multi_gpu.sh [<folder for results>]: on a machine with several GPUs, one command that builds,
# checks NCCL's ranks, and measures CROWN over P = 1, 2, 4, 8 of the GPUs that are there, as threads of one
# process and, from two on, as MPI processes; then lets a rank fail. Ends in 1 if anything differed or hung.
# Results are tables on the terminal, and a CSV file and a picture in the folder (build/multi_gpu unless
# given). Needs nvcc and NCCL; without MPI its part is left out, and says so.
#   SHARDBOUND_NETWORKS=4096x6,8192x6,16384x6   which to run
#   SHARDBOUND_ARITHMETIC=float32,tf32x3,float64 in which
#   SHARDBOUND_REPEATS=5                         how often
# and what common.sh says.
source "$(dirname "$0")/common.sh"
begin "${1:-build/multi_gpu}" shardbound_cuda_nccl_test shardbound_cuda_bits_test acasxu acasxu_cuda \
  shardbound_device_multi_gpu
program=$build/bench/shardbound_device_multi_gpu
rm -f "$results/multi_gpu.csv" "$results/multi_gpu.txt"
gpus=$(nvidia-smi -L | wc -l)

echo "== $gpus GPUs and what is between them =="
nvidia-smi --query-gpu=index,name,memory.total --format=csv
nvidia-smi topo -m | tee "$results/topology.txt"

correct -R '^(cuda/(nccl|bits)_test|examples/acasxu_cuda.*)$'

# Started as root, as in containers, Open MPI wants to be told that it is meant.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
counts=()
for ranks in 1 2 4 8; do [ "$ranks" -le "$gpus" ] && counts+=("$ranks"); done
mpi=$(grep -c '^SHARDBOUND_MPI:BOOL=ON' "$build/CMakeCache.txt" || true)

arithmetics=${SHARDBOUND_ARITHMETIC:-float32}
for arithmetic in ${arithmetics//,/ }; do
  common=(--networks "${SHARDBOUND_NETWORKS:-4096x6,8192x6,16384x6}" --arithmetic "$arithmetic"
    --repeats "${SHARDBOUND_REPEATS:-5}" --csv "$results/multi_gpu.csv")
  echo "== one process, a thread for each GPU =="
  "$program" --launch threads --ranks "$(IFS=,; echo "${counts[*]}")" "${common[@]}" \
    | tee -a "$results/multi_gpu.txt" || fail "$arithmetic over threads"
  echo "== one MPI process for each GPU =="
  if [ "$mpi" = 0 ]; then echo "left out: no MPI was found"; continue; fi
  for ranks in "${counts[@]:1}"; do
    mpirun --bind-to none -n "$ranks" "$program" --launch mpi "${common[@]}" \
      | tee -a "$results/multi_gpu.txt" || fail "$arithmetic over $ranks processes"
  done
done

echo "== a rank fails =="
drill() {  # <how> <what must be said> <command...>
  local how=$1 words=$2 start=$SECONDS code=0
  shift 2
  timeout --kill-after=5 60 "$@" --drill "$how" > "$results/drill.log" 2>&1 || code=$?
  echo "$how: $* ended with $code after $((SECONDS - start)) s"
  grep -m 1 "$words" "$results/drill.log" || fail "nobody said '$words', but $(tail -3 "$results/drill.log")"
  if [ "$code" = 0 ] || [ "$code" = 124 ] || [ $((SECONDS - start)) -ge 30 ]; then fail "the drill"; fi
}
if [ "$gpus" -lt 2 ]; then
  echo "left out: one GPU, there is nobody to wait for"
else
  most=${counts[-1]}
  drill throw "rank 1 stopped: no memory" "$program" --launch threads --ranks "$most"
  if [ "$mpi" != 0 ]; then
    drill throw "rank 1 stopped: no memory" mpirun --bind-to none -n "$most" "$program" --launch mpi
    drill kill "signal 9" mpirun --bind-to none -n "$most" "$program" --launch mpi
  fi
fi

if [ -f "$results/multi_gpu.csv" ]; then
  bench/device/plot.py "$results/multi_gpu.csv" "$results/multi_gpu.svg" || fail "the picture"
fi
exit "$failed"
