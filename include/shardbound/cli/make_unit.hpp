// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// make_unit: everything that is compiled once per network type, scalar and backend.

#include <shardbound/bound/engine_of.hpp>
#include <shardbound/cli/make_backend.hpp>
#include <shardbound/io/load.hpp>
#include <shardbound/io/onnx_operators.hpp>
#include <shardbound/network/row_col.hpp>
#include <shardbound/shardbound.hpp>

#include <memory>
#include <type_traits>
#include <utility>

namespace shardbound::inline v0::cli {

template <NetworkType Net, class T, class Backend>
std::unique_ptr<Engine> make_engine(const Setting& setting) {
  const Store store = setting.policy == "replicated"      ? Store::replicated
                      : setting.policy == "fully-sharded" ? Store::fully_sharded
                                                          : Store::as_declared;
  auto network = std::make_unique<Network<Net, T, Backend>>(setting.communicator,
                                                            make_backend<Backend>(setting), store);
  if (setting.parameters == Parameters::loaded) io::load(*network, *setting.model);
  return std::make_unique<EngineOf<T, Backend>>(std::move(network));
}

template <NetworkType Net, class T, class Backend = EigenBackend>
Unit make_unit() {
  return {std::is_same_v<T, float> ? "float32" : "float64",
          [](const Setting& setting) {
            // Another plan for the same code: a second layout costs next to nothing to compile.
            return setting.policy == "row-col" ? make_engine<RowCol<Net>, T, Backend>(setting)
                                               : make_engine<Net, T, Backend>(setting);
          },
          [] { return io::operators_of(typename PlanOf<Net>::FunctionList{}); }};
}

}  // namespace shardbound::inline v0::cli
