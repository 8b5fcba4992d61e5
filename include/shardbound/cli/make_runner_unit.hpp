// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// make_runner_unit: everything that is compiled once per scalar and backend for files of any architecture.

#include <shardbound/bound/engine_of.hpp>
#include <shardbound/cli/make_backend.hpp>
#include <shardbound/cli/policies.hpp>
#include <shardbound/io/model_plan.hpp>
#include <shardbound/io/onnx_operators.hpp>

#include <memory>
#include <type_traits>

namespace shardbound::inline v0::cli {

template <class T, class Backend = EigenBackend, class List = KnownFunctions>
Unit make_runner_unit() {
  return {std::is_same_v<T, float> ? "float32" : "float64",
          [](const Setting& setting) -> std::unique_ptr<Engine> {
            auto network = std::make_unique<PlannedNetwork<T, Backend, List>>(
                io::plan_of<List>(*setting.model, policies_of(setting.policy)),
                setting.communicator, make_backend<Backend>(setting));
            if (setting.parameters == Parameters::loaded) io::load(*network, *setting.model);
            return std::make_unique<EngineOf<T, Backend>>(std::move(network));
          },
          [] { return io::operators_of(List{}); }};
}

}  // namespace shardbound::inline v0::cli
