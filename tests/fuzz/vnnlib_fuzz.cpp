// SPDX-License-Identifier: BSD-3-Clause

// Any bytes as a property file: they give a property that is whole (finite boxes that are not
// empty, rows of the right length, something unsafe everywhere), or they end in a FormatError.

#include <shardbound/io/vnnlib.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const shardbound::Property& property) {
  require(property.inputs > 0 && property.outputs > 0 && !property.regions.empty());
  for (const auto& region : property.regions) {
    shardbound::check_box(region.box, property.inputs, "the box");
    require(!region.unsafe.empty());
    for (const auto& conjunction : region.unsafe) {
      require(conjunction.size() > 0);
      require(static_cast<std::int64_t>(conjunction.rows.size()) ==
              conjunction.size() * property.outputs);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::int64_t limit = 1 << 20;
  try {
    const auto file = shardbound::io::InputFile::from_bytes(
        std::string(reinterpret_cast<const char*>(data), size), "fuzz.vnnlib", limit);
    check(shardbound::vnnlib::read_text(file.read_all(limit), file.name()));
  } catch (const shardbound::FormatError&) {}
  return 0;
}
