// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/cli/capabilities.hpp>

#include <algorithm>

using namespace shardbound;

TEST_CASE("eleven capabilities are known, each answered in bare words") {
  CHECK(cli::capabilities().size() == 11);
  const std::string all = cli::capability_text("");
  CHECK(std::count(all.begin(), all.end(), '\n') == 11);
  CHECK(cli::capability_text("--vnnlib-versions") == "1.0\n2.0\n");
  CHECK(cli::capability_text("--serialise-assignments") == "false\n");
  CHECK(cli::capability_text("--onnx-operators").find("Gemm\n") != std::string::npos);
  for (const auto& [name, lines] : cli::capabilities())
    for (const std::string& line : lines) CHECK(line.find_first_of(" *") == line.npos);
}

TEST_CASE("a capability that is none is refused") {
  CHECK_THROWS_WITH_AS(cli::capability_text("--vnnlib-version"),
                       doctest::Contains("did you mean --vnnlib-versions?"), ArgumentError);
}
