// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A backend from the command line's words.

#include <shardbound/backend/eigen/backend.hpp>
#include <shardbound/cli/unit.hpp>

#include <memory>

namespace shardbound::inline v0::cli {

/// Specialized for each backend, see cli/make_backend.cuh.
template <class Backend>
std::unique_ptr<Backend> make_backend(const Setting& setting);

template <>
inline std::unique_ptr<EigenBackend> make_backend<EigenBackend>(const Setting& setting) {
  return std::make_unique<EigenBackend>(setting.threads, setting.allocation);
}

}  // namespace shardbound::inline v0::cli
