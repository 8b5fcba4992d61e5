// SPDX-License-Identifier: BSD-3-Clause

// Any bytes as a property file: they give a query that is whole (boxes that are not empty, finite ones for points,
// rows of the right length), or they end in a FormatError.

#include <shardbound/io/vnnlib.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const shardbound::vnnlib::Query& query) {
  const shardbound::Property& property = query.property;
  require(property.inputs > 0 && property.network_outputs() > 0 && !query.networks.empty());
  std::int64_t inputs = 0, columns = 0;
  for (const auto& network : query.networks) {
    inputs += size_of(network.inputs);
    columns += size_of(network.hidden) + size_of(network.outputs);
  }
  require(inputs == property.inputs && columns == property.network_outputs());
  for (const auto& region : property.regions) {
    const auto& points = region.point_box();
    require(region.box.size() == inputs && points.size() == inputs);
    for (std::size_t i = 0; i < region.box.lower.size(); ++i) {
      require(region.box.lower[i] <= region.box.upper[i]);
      require(!std::isnan(points.lower[i]) && !std::isnan(points.upper[i]));
    }
    require(!region.unsafe.empty());
    for (const auto& conjunction : region.unsafe) {
      require(static_cast<std::int64_t>(conjunction.rows.size()) ==
              conjunction.size() * property.outputs);
      require(conjunction.strict.empty() || conjunction.strict.size() == conjunction.rhs.size());
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::int64_t limit = 1 << 20;
  try {
    const auto file = shardbound::io::InputFile::from_bytes(
        std::string(reinterpret_cast<const char*>(data), size), "fuzz.vnnlib", limit);
    check(shardbound::vnnlib::read_query_text(file.read_all(limit), file.name()));
  } catch (const shardbound::FormatError&) {}
  return 0;
}
