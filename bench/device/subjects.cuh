// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What is timed on a GPU: the reference's public networks and its generated wide MLPs, each with the rows
// that the reference bounded and the values that it found.

#include <bench/support/generated.hpp>
#include <bench/support/oracle.hpp>
#include <bench/support/policy.hpp>
#include <networks/acasxu.hpp>
#include <networks/mnist_fc.hpp>
#include <shardbound/cuda.cuh>
#include <shardbound/io.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace shardbound_bench {

/// A network on the GPU, and what is asked of it.
template <class T>
struct Subject {
  std::unique_ptr<sb::Instance<T, sb::Cuda>> network;
  sb::InputSet set;
  sb::RowQuery query;
  std::vector<double> textbook, best;  ///< the reference's lower bounds of the rows
};

/// How a subject is made, and its name in the reference's table.
struct Entry {
  std::string kind, name;
  std::function<Subject<float>(sb::Precision)> in_float;
  std::function<Subject<double>()> in_double;
};

template <class Net, class T>
auto make_on_gpu(sb::Precision precision) {
  return make_network<Net, T>({}, std::make_unique<sb::Cuda>(precision), Policy::replicated);
}

// ---- public networks ---------------------------------------------------------------------------

/// Weights from `onnx`, box and rows from the oracle called `name`.
template <class Net, class T>
Subject<T> public_subject(const std::string& name, const std::string& onnx,
                          sb::Precision precision) {
  Subject<T> subject;
  subject.network = make_on_gpu<Net, T>(precision);
  sb::onnx::load(*subject.network, shared("benchmarks/" + onnx));
  const auto oracle = read_oracle(name + ".json.gz");
  const auto& box = oracle.at("boxes").at(0);
  subject.set = sb::Box{box.at("input").at("lower").get<std::vector<double>>(),
                        box.at("input").at("upper").get<std::vector<double>>()};
  for (const auto& row : box.at("spec_rows").at("C")) {
    for (const auto& number : row) subject.query.matrix.push_back(number);
    subject.query.domain.push_back(0);
  }
  const auto lower = [&](const char* method) {
    return box.at(method).at("spec").at("lower").get<std::vector<double>>();
  };
  subject.textbook = lower("crown_textbook");
  subject.best = lower("crown_reference_default");
  return subject;
}

template <class Net>
Entry public_entry(const std::string& name, const std::string& onnx) {
  return {"benchmark", name,
          [=](sb::Precision p) { return public_subject<Net, float>(name, onnx, p); },
          [=] { return public_subject<Net, double>(name, onnx, sb::Precision::native); }};
}

template <int Outputs>
using Small = sb::Sequential<sb::Input<Outputs>, sb::Linear<32>, sb::ReLU, sb::Linear<32>, sb::ReLU,
                             sb::Linear<Outputs>>;

// ---- generated networks ------------------------------------------------------------------------

template <class Net, class T>
Subject<T> wide_subject(const std::string& name, sb::Precision precision) {
  Subject<T> subject;
  subject.network = make_on_gpu<Net, T>(precision);
  generate_weights(*subject.network);
  subject.set = generated_box(subject.network->inputs());
  const auto n = static_cast<std::size_t>(subject.network->outputs());
  subject.query.matrix.assign(n * n, 0);
  for (std::size_t i = 0; i < n; ++i) subject.query.matrix[i * n + i] = 1;
  subject.query.domain.assign(n, 0);
  subject.textbook = wide_oracle(name, "crown_textbook");
  subject.best = wide_oracle(name, "crown_reference_default");
  return subject;
}

template <int W, int Depth>
Entry wide_entry() {
  using Net = typename WideMlp<W, Depth>::type;
  const std::string name = wide_name(W, Depth);
  return {"wide_mlp", name, [=](sb::Precision p) { return wide_subject<Net, float>(name, p); },
          [=] { return wide_subject<Net, double>(name, sb::Precision::native); }};
}

inline std::vector<Entry> all_entries() {
  const auto acas = [](const std::string& network, const std::string& property) {
    return public_entry<AcasXu<>>(
        "acasxu__ACASXU_run2a_" + network + "_batch_2000__prop_" + property,
        "acasxu/onnx/ACASXU_run2a_" + network + "_batch_2000.onnx");
  };
  const auto mnist = [](auto net, const std::string& network, const std::string& property) {
    using Net = typename decltype(net)::type;
    return public_entry<Net>("mnist_fc__mnist-net_" + network + "__prop_" + property,
                             "mnist_fc/onnx/mnist-net_" + network + ".onnx");
  };
  using Two = std::type_identity<MnistFc256x2<>>;
  using Four = std::type_identity<MnistFc256x4<>>;
  using Six = std::type_identity<MnistFc256x6<>>;
  return {
      acas("1_1", "1"),
      acas("3_4", "3"),
      acas("1_1", "6"),
      acas("1_9", "7"),
      mnist(Two{}, "256x2", "0_0.03"),
      mnist(Two{}, "256x2", "1_0.05"),
      mnist(Four{}, "256x4", "0_0.03"),
      mnist(Four{}, "256x4", "1_0.05"),
      mnist(Six{}, "256x6", "0_0.03"),
      mnist(Six{}, "256x6", "1_0.05"),
      public_entry<Small<3>>("reach_prob_density__vdp__vdp_0", "reach_prob_density/onnx/vdp.onnx"),
      public_entry<Small<14>>("reach_prob_density__gcas__gcas_0",
                              "reach_prob_density/onnx/gcas.onnx"),
      wide_entry<1024, 4>(),
      wide_entry<2048, 6>(),
      wide_entry<4096, 4>(),
      wide_entry<4096, 6>(),
      wide_entry<8192, 4>(),
      wide_entry<8192, 6>(),
      wide_entry<16384, 6>()};
}

}  // namespace shardbound_bench
