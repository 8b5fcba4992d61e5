// SPDX-License-Identifier: BSD-3-Clause

// What shardbound::runtime offers besides its units.

#include <shardbound/cli/unit.hpp>
#include <shardbound/io/onnx_lower.hpp>
#include <shardbound/runtime.hpp>

namespace shardbound_units {
const shardbound::cli::Unit& float32();
const shardbound::cli::Unit& float64();
}  // namespace shardbound_units

namespace shardbound::inline v0::runtime {

std::unique_ptr<Engine> open(const io::Model& model, const OpenOptions& options) {
  const cli::Unit& unit =
      options.scalar == Scalar::float32 ? shardbound_units::float32() : shardbound_units::float64();
  cli::Setting setting;
  setting.communicator = options.communicator;
  setting.threads = options.threads;
  setting.policy = options.policy;
  setting.model = &model;
  setting.parameters = cli::Parameters::loaded;
  return unit.make(setting);
}

std::unique_ptr<Engine> open(const std::string& path, const OpenOptions& options) {
  return open(io::read_onnx(path), options);
}

OutputBounds<double> bounds(Engine& network, const InputSet& set, const Method& method) {
  network.prepare(method, {});
  return network.run({&set, 1}, {}, {}, nullptr).outputs.front();
}

}  // namespace shardbound::inline v0::runtime
