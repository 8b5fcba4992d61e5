// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// make_unit: everything that is compiled once per network type and scalar.

#include <shardbound/bound/engine_of.hpp>
#include <shardbound/cli/unit.hpp>
#include <shardbound/io/load.hpp>
#include <shardbound/shardbound.hpp>

namespace shardbound::inline v0::cli {

template <NetworkType Net, class T>
Unit make_unit() {
  return {std::is_same_v<T, float> ? "float32" : "float64",
          [](int threads, const io::InputFile* file,
             const io::Model* model) -> std::unique_ptr<Engine> {
            auto network = std::make_unique<Network<Net, T>>(Self{}, threads);
            if (file) io::load(*network, *file, *model);
            return std::make_unique<EngineOf<T, EigenBackend>>(std::move(network));
          }};
}

}  // namespace shardbound::inline v0::cli
