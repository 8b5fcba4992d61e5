#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# bench/device/maps.sh [<folder for results>]: on a machine with a GPU, one command that builds the runner and measures
# networks of feature maps beside the reference's seconds, memory and margins; with several GPUs, over them as well. The
# tables are on the terminal and, as CSV, in the folder (build/maps unless given). Needs nvcc and what the runner needs;
# ends in 1 if what the reference proves is not proved, or ranks differ.
#   SHARDBOUND_ONLY=large             only what has this in its name
#   SHARDBOUND_PROPERTIES=4           of each network; 4 unless given
#   SHARDBOUND_RANKS=1,2              on how many GPUs; 1, and 2 where they are there, unless given
# and what common.sh says.
source "$(dirname "$0")/common.sh"
begin "${1:-build/maps}" shardbound_device_maps shardbound_runner_cuda
module=$build/shardbound_runner_cuda.so

ranks=${SHARDBOUND_RANKS:-1}
if [ -z "${SHARDBOUND_RANKS:-}" ] && [ "$(nvidia-smi -L | wc -l)" -ge 2 ]; then ranks=1,2; fi
for count in ${ranks//,/ }; do
  policies=replicated
  if [ "$count" -gt 1 ]; then policies="replicated fully-sharded"; fi
  for policy in $policies; do
    "$build/bench/shardbound_device_maps" --module "$PWD/$module" --only "${SHARDBOUND_ONLY:-}" \
      --properties "${SHARDBOUND_PROPERTIES:-4}" --ranks "$count" --policy "$policy" \
      --csv "$results/maps.$count.$policy.csv" || fail "maps on $count, $policy"
  done
done
exit "$failed"
