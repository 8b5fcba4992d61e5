// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The backend of a GPU from the command line's words, in files that nvcc compiles.

#include <shardbound/cli/make_backend.hpp>
#include <shardbound/cuda.cuh>

#include <memory>

namespace shardbound::inline v0::cli {

template <>
inline std::unique_ptr<Cuda> make_backend<Cuda>(const Setting& setting) {
  return std::make_unique<Cuda>(setting.precision, setting.allocation);
}

}  // namespace shardbound::inline v0::cli
