// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// make_unit<Net, T, Cuda>(): a verifier's units on a GPU, in files that nvcc compiles.

#include <shardbound/cli/make_backend.cuh>
#include <shardbound/cli/make_unit.hpp>
