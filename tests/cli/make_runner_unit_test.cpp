// SPDX-License-Identifier: BSD-3-Clause

// A unit for files of any architecture, with an activation of the program's own among them.

#include <doctest/doctest.h>
#include <shardbound/cli/make_runner_unit.hpp>
#include <sharp_softplus.hpp>
#include <tests/support/onnx_cases.hpp>
#include <tests/support/small_network.hpp>
#include <tests/support/temporary.hpp>

using namespace shardbound;
using namespace shardbound_test;

namespace {

using WithSharpSoftplus = KnownFunctionsAnd<SharpSoftplus>;

std::unique_ptr<Engine> opened(const cli::Unit& unit, const io::Model& model,
                               const std::string& policy = "replicated") {
  cli::Setting setting;
  setting.policy = policy;
  setting.model = &model;
  setting.parameters = cli::Parameters::loaded;
  return unit.make(setting);
}

}  // namespace

TEST_CASE("one unit, networks of different shapes") {
  const auto unit = cli::make_runner_unit<double>();
  CHECK(unit.scalar == "float64");
  CHECK(cli::make_runner_unit<float>().scalar == "float32");
  const auto small = opened(unit, model_of(small_onnx()));
  CHECK(small->values(std::vector<double>{2, -1}) == std::vector<double>{3, 3});
  auto other = network({1, 2});
  other.node("Tanh", {"x"}, {"y"});
  CHECK(opened(unit, model_of(other))->values(std::vector<double>{0, 0}) ==
        std::vector<double>{0, 0});
}

TEST_CASE("policies of layers by name and number") {
  const auto unit = cli::make_runner_unit<double>();
  const auto engine = opened(unit, model_of(small_onnx()), "fully-sharded,3=replicated");
  CHECK(engine->cut(1) == WeightCut::panels);
  CHECK(engine->cut(3) == WeightCut::whole);
  CHECK_THROWS_WITH_AS(opened(unit, model_of(small_onnx()), "replicated,fc9=fully-sharded"),
                       doctest::Contains("there is no layer 'fc9'"), ArgumentError);
  CHECK_THROWS_WITH_AS(opened(unit, model_of(small_onnx()), "replicated,2=fully-sharded"),
                       doctest::Contains("layer '2' has no matrix"), ArgumentError);
}

TEST_CASE("an activation of the program's own is read, and bounded like any other") {
  auto net = network({1, 2});
  net.tensor("W", {1, 2}, {1, -1}).node("SharpSoftplus", {"x"}, {"h"});
  net.node("Gemm", {"h", "W"}, {"y"}, {onnx_integer("transB", 1)});
  const auto unit = cli::make_runner_unit<double, EigenBackend, WithSharpSoftplus>();
  const auto model = io::read_onnx(io::InputFile::from_bytes(net.bytes(), "net.onnx"),
                                   {.operators = unit.operators()});
  const auto engine = opened(unit, model);
  const SharpSoftplus softplus;
  const double expected = softplus.value(0.5) - softplus.value(-1.0);
  CHECK(engine->values(std::vector<double>{0.5, -1})[0] == doctest::Approx(expected));
  engine->prepare(Method{}, {});
  const InputSet set(Box{{0, -1}, {1, 0}});
  const auto bounds = engine->run({&set, 1}, {}, {}, nullptr).outputs[0];
  CHECK(bounds.lower[0] <= expected);
  CHECK(bounds.upper[0] >= expected);
  // The library alone has no such activation, neither when reading nor when opening.
  CHECK(contains(refusal(net), "(SharpSoftplus): this operator is not supported"));
  CHECK_THROWS_WITH_AS(opened(cli::make_runner_unit<double>(), model),
                       doctest::Contains("SharpSoftplus"), ArgumentError);
}
