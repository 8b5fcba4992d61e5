// SPDX-License-Identifier: BSD-3-Clause

// Any bytes as an ONNX file: they lower to a model whose parameters can be read, or they end in a
// FormatError. Nothing else may escape, and no memory beyond what the bytes account for is taken.

#include <shardbound/io/generate.hpp>
#include <shardbound/io/onnx_lower.hpp>
#include <shardbound/io/parameter.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace {

void read_parameters(const shardbound::io::InputFile& file, const shardbound::io::Steps& steps) {
  std::vector<float> row;
  for (const auto& step : steps) {
    for (const auto* source : {&step.weight, &step.bias}) {
      row.resize(static_cast<std::size_t>(source->columns));
      for (std::int64_t first = 0; first < source->rows; ++first)
        shardbound::io::read_parameter(file, *source, first, 1, row.data());
    }
    for (const auto& branch : step.branches) read_parameters(file, branch);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto file = shardbound::io::InputFile::from_bytes(
        std::string(reinterpret_cast<const char*>(data), size), "fuzz.onnx", 1 << 22);
    const auto model = shardbound::io::read_onnx(file);
    read_parameters(file, model.steps);
    static_cast<void>(shardbound::io::network_header(model));
  } catch (const shardbound::FormatError&) {}
  return 0;
}
