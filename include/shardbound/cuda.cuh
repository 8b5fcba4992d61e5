// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Networks on a GPU: Network<Net, float, Cuda> in a file that nvcc compiles. Needs the component
// shardbound::cuda; several GPUs, shardbound/nccl.hpp.

#include <shardbound/backend/cuda/backend.cuh>
#include <shardbound/shardbound.hpp>
