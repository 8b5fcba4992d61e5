// SPDX-License-Identifier: BSD-3-Clause

// Three architectures as types, one of which branches: a file that is opened at run time
// has the bits of its type, and so do its slacks. Of larger ones, with convolutions, types and files are held
// against each other node by node.

#include <doctest/doctest.h>
#include <networks/acasxu.hpp>
#include <networks/cifar100_resnet.hpp>
#include <networks/cifar10_resnet.hpp>
#include <networks/mnist_fc.hpp>
#include <networks/oval21.hpp>
#include <shardbound/cli/make_unit.hpp>
#include <shardbound/io/model_plan.hpp>
#include <tests/oracle/oracle_case.hpp>
#include <tests/support/skip.hpp>

#include <filesystem>

using namespace shardbound_test;
namespace sb = shardbound;

namespace {

// x -> Linear<3> -> ReLU -> Linear<3> + identity -> ReLU -> Linear<2>
using ResidualMlp = sb::Sequential<sb::Input<2>, sb::Linear<3>, sb::ReLU,
                                   sb::Residual<sb::Sequential<sb::Linear<3>>, sb::Identity>,
                                   sb::ReLU, sb::Linear<2>>;

template <class Net>
void compare(const std::string& network) {
  if (const auto why = what_is_missing(); !why.empty()) return skip(why);
  int skipped = 0, compared = 0;
  const auto units = {sb::cli::make_unit<Net, float>(), sb::cli::make_unit<Net, double>()};
  for (const OracleCase& one : oracle_cases(skipped)) {
    if (one.name.find(network) == one.name.npos) continue;
    INFO(one.name);
    for (const auto& unit : units) {
      const Scalar scalar = unit.scalar == "float32" ? Scalar::float32 : Scalar::float64;
      for (const std::string policy : {"replicated", "row-col"})
        for (int ranks : {1, 3})
          start_ranks(ranks, [&](sb::AnyCommunicator communicator) {
            sb::cli::Setting setting;
            setting.communicator = communicator;
            setting.policy = policy;
            const auto opened = open_engine(one.onnx, scalar, setting);
            const auto typed = open_engine(one.onnx, unit, setting);
            for (const Json& box : one.json["boxes"]) {
              const Found a = bound_box(*opened, box, sb::Method{});
              const Found b = bound_box(*typed, box, sb::Method{});
              const bool same = a.spec == b.spec && a.output.lower == b.output.lower &&
                                a.output.upper == b.output.upper &&
                                a.output.slack == b.output.slack;
              CHECK(same);
              REQUIRE(a.intermediate.size() == b.intermediate.size());
              for (std::size_t k = 0; k < a.intermediate.size(); ++k) {
                CHECK(a.intermediate[k].lower == b.intermediate[k].lower);
                CHECK(a.intermediate[k].slack == b.intermediate[k].slack);
              }
            }
          });
    }
    ++compared;
  }
  CHECK(compared > 0);
}

/// The plan of a file of the benchmarks is its type's, numbers of activations left out.
template <class Net>
void compare_plans(const std::string& file) {
  const std::string path = SHARDBOUND_SHARED_DIR "/benchmarks/" + file;
  if (!std::filesystem::exists(path)) return skip("no file " + path);
  INFO(file);
  const auto made = sb::io::plan_of(sb::io::read_onnx(path));
  const sb::PlanView opened = made.view(), typed = sb::PlanOf<Net>::view();
  REQUIRE(opened.size() == typed.size());
  for (int v = 0; v < typed.size(); ++v) {
    INFO("node " << v);
    sb::Node node = opened[v];
    node.operation = typed[v].operation;
    node.lines = typed[v].lines;
    const bool same = node == typed[v];
    CHECK(same);
  }
}

}  // namespace

TEST_CASE("ACAS Xu") { compare<AcasXu<>>("acasxu"); }
TEST_CASE("MNIST-FC") { compare<MnistFc256x2<>>("mnist-net_256x2"); }
TEST_CASE("a residual network") { compare<ResidualMlp>("resmlp"); }

TEST_CASE("convolutional networks") {
  compare_plans<Cifar10ResNet2b<>>("cifar10_resnet/onnx/resnet_2b.onnx");
  compare_plans<Cifar10ResNet4b<>>("cifar10_resnet/onnx/resnet_4b.onnx");
  compare_plans<Oval21Base<>>("oval21/onnx/cifar_base_kw.onnx");
  compare_plans<Oval21Wide<>>("oval21/onnx/cifar_wide_kw.onnx");
  compare_plans<Oval21Deep<>>("oval21/onnx/cifar_deep_kw.onnx");
  compare_plans<Cifar100ResNetSmall<>>("cifar100_standin/onnx/resnet_small_standin.onnx.gz");
  compare_plans<Cifar100ResNetLarge<>>("cifar100_standin/onnx/resnet_large_standin.onnx.gz");
}
