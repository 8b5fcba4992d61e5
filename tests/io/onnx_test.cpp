// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/io.hpp>
#include <shardbound/shardbound.hpp>

#include <filesystem>

using namespace shardbound;

TEST_CASE("onnx::load and vnnlib::read: from two files to bounds") {
  const std::string folder = SHARDBOUND_SOURCE_DIR "/examples/data/";
  using Hidden = Linear<50, FullySharded>;
  using Acas = Sequential<Input<5>, Hidden, ReLU, Hidden, ReLU, Hidden, ReLU, Hidden, ReLU, Hidden,
                          ReLU, Hidden, ReLU, Linear<5>>;
  Network<Acas> net;
  onnx::load(net, folder + "ACASXU_run2a_2_7_batch_2000.onnx");
  const auto property = vnnlib::read(folder + "acasxu_prop_3.vnnlib");
  const auto bounds = crown(net, property.input_box(0));
  for (std::size_t i = 0; i < 5; ++i) CHECK(bounds.lower[i] < bounds.upper[i]);
  CHECK_THROWS_WITH_AS(onnx::load(net, folder + "missing.onnx"), doctest::Contains("missing.onnx"),
                       Error);
}
