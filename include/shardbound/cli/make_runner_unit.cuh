// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// make_runner_unit<T, Cuda>(): units for files of any architecture on a GPU, in files that nvcc compiles.

#include <shardbound/cli/make_backend.cuh>
#include <shardbound/cli/make_runner_unit.hpp>
