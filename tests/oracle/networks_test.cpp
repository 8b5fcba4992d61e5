// SPDX-License-Identifier: BSD-3-Clause

// What networks of the benchmarks compute, as they are read here and as another program computes it: networks.py.

#include <shardbound/io/onnx_lower.hpp>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <tests/support/model_value.hpp>
#include <tests/support/skip.hpp>
#include <vector>

using namespace shardbound;
using namespace shardbound_test;

TEST_CASE("networks compute at a point what another program computes") {
  const std::string shared = SHARDBOUND_SHARED_DIR "/benchmarks/";
  if (!std::filesystem::exists(shared)) return skip("no folder " + shared);
  const io::InputFile file(SHARDBOUND_SOURCE_DIR "/tests/oracle/networks.json");
  const auto values = nlohmann::json::parse(file.read_all(std::int64_t{1} << 30));
  int compared = 0;
  for (const auto& [name, expected] : values.items()) {
    const auto model = io::read_onnx(shared + name);
    std::vector<double> x;
    for (std::int64_t i = 0; i < model.inputs; ++i)
      x.push_back(static_cast<double>(37 * i % 64) / 64);
    const auto y = value(model, x);
    const auto other = expected.get<std::vector<double>>();
    REQUIRE_MESSAGE(y.size() == other.size(), name);
    double most = 0, apart = 0;
    for (std::size_t i = 0; i < y.size(); ++i) {
      most = std::max(most, std::abs(other[i]));
      apart = std::max(apart, std::abs(y[i] - other[i]));
    }
    CHECK_MESSAGE(apart <= 1e-5 * most, name);
    ++compared;
  }
  CHECK(compared >= 39);
}
