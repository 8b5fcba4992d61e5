// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/layer/activation.hpp>

#include <set>
#include <string_view>

using namespace shardbound;

static_assert(ActivationLayer<ReLU> && ActivationLayer<LeakyReLU>);
static_assert(ActivationLayer<Sigmoid> && ActivationLayer<Tanh>);
static_assert(ReLU::kind == NodeKind::pointwise && !ReLU::is_reshape);
static_assert(std::is_same_v<LeakyReLU::Function, relax::LeakyReLU>);

// Every activation that is listed can stand in a network and be shipped as bytes.
static_assert([]<class... Layers>(ActivationList<Layers...>) {
  return ((ActivationLayer<Layers> && NamedState<typename Layers::Function> &&
           sizeof(typename Layers::Function) <= activation_state_bytes) &&
          ...);
}(KnownActivations{}));

TEST_CASE("activations keep the shape and name themselves as files do") {
  CHECK(Tanh::output(Shape{3, 2, 2}) == Shape{3, 2, 2});
  CHECK(ReLU::Function::name == "ReLU");
  CHECK(LeakyReLU::Function::name == "LeakyReLU");
  CHECK(Sigmoid::Function::name == "Sigmoid");
  CHECK(Tanh::Function::name == "Tanh");
  CHECK(HardSigmoid::Function::name == "HardSigmoid");
  CHECK(HardSigmoid::Function::onnx == "HardSigmoid");
  CHECK(LeakyReLU::Function::onnx == "LeakyRelu");
  std::set<std::string_view> names;
  int listed = 0;
  for_each_known_activation([&]<class F>(const F&) { names.insert(F::name), ++listed; });
  CHECK(listed == 21);
  CHECK(static_cast<int>(names.size()) == listed);
}
