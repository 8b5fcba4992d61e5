#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# bench/device/slopes.sh [<folder for results>]: on a machine with a GPU, one command that builds and measures
# alpha-CROWN beside the reference's seconds, memory and bounds; with several GPUs, over them as well. Results are
# tables on the terminal and, in the folder (build/slopes unless given), the same as text and as CSV. Needs nvcc; ends
# in 1 if a bound is looser than CROWN's, less is gained than by the reference, or ranks differ.
#   SHARDBOUND_ONLY=8192              only what has this in its name
#   SHARDBOUND_OF=all,last            whose slopes
#   SHARDBOUND_STORAGE=exact,bfloat16 how moments and best slopes are kept
#   SHARDBOUND_EVALUATIONS=20         of every network; 20 for small and 3 for wide ones unless given
#   SHARDBOUND_RANKS=1,2              on how many GPUs; 1, and 2 where they are there, unless given
# and what common.sh says.
source "$(dirname "$0")/common.sh"
begin "${1:-build/slopes}" shardbound_device_slopes
program=$build/bench/shardbound_device_slopes
rm -f "$results/slopes.csv" "$results/slopes.txt"

nvidia-smi --query-gpu=index,name,memory.total --format=csv
ranks=${SHARDBOUND_RANKS:-1}
if [ -z "${SHARDBOUND_RANKS:-}" ] && [ "$(nvidia-smi -L | wc -l)" -ge 2 ]; then ranks=1,2; fi
of=${SHARDBOUND_OF:-all,last}
storage=${SHARDBOUND_STORAGE:-exact,bfloat16}

for count in ${ranks//,/ }; do
  for rows in ${of//,/ }; do
    for kept in ${storage//,/ }; do
      # What the last rows' slopes take is little, however they are kept.
      if [ "$rows" = last ] && [ "$kept" != "${storage%%,*}" ]; then continue; fi
      "$program" --only "${SHARDBOUND_ONLY:-}" --evaluations "${SHARDBOUND_EVALUATIONS:-0}" \
        --of "$rows" --storage "$kept" --ranks "$count" --csv "$results/slopes.csv" \
        | tee -a "$results/slopes.txt" || fail "slopes of $rows rows, $kept, on $count"
    done
  done
done
exit "$failed"
