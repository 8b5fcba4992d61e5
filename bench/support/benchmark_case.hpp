// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A public benchmark as a case: the network file and the property's first box and rows, as an oracle
// names them. Where the shared data is not there, generated weights and a row per output take their
// place: times still mean something, and the verdict says that there is none.

#include <bench/support/generated.hpp>
#include <bench/support/row.hpp>
#include <shardbound/io.hpp>

namespace shardbound_bench {

template <class Net, class T>
Case<T> benchmark_case(const std::string& oracle_file) {
  Case<T> subject;
  subject.network = std::make_unique<sb::Network<Net, T, RecordingBackend>>();
  auto& network = *subject.network;
  subject.wanted.outputs = false;
  const auto oracle = read_oracle(oracle_file);
  if (oracle.is_null()) {
    generate_weights(network);
    subject.set = generated_box(network.inputs());
    const auto outputs = static_cast<std::size_t>(network.outputs());
    subject.query.matrix.assign(outputs * outputs, 0.0);
    for (std::size_t i = 0; i < outputs; ++i) subject.query.matrix[i * outputs + i] = 1;
    subject.query.domain.assign(outputs, 0);
    subject.judge = [](const auto&, const auto&, const auto&) {
      return Verdict{true, "no oracle, generated weights"};
    };
    return subject;
  }
  sb::onnx::load(network, shared("oracles/" + oracle.at("onnx").template get<std::string>()));
  const nlohmann::json box = oracle.at("boxes").at(0);
  subject.set = sb::Box{box.at("input").at("lower"), box.at("input").at("upper")};
  for (const auto& row : box.at("spec_rows").at("C")) {
    for (const double number : row) subject.query.matrix.push_back(number);
    subject.query.domain.push_back(0);
  }
  subject.judge = [box](const auto& method, const auto& pass, const auto& found) {
    return judge_box<T>(box, method, pass, found);
  };
  return subject;
}

template <class Net>
void register_benchmark(const std::string& name, const std::string& oracle_file) {
  register_rows<double>(
      name, [=] { return benchmark_case<Net, double>(oracle_file); }, 0);
  register_rows<float>(
      name, [=] { return benchmark_case<Net, float>(oracle_file); }, 0);
}

}  // namespace shardbound_bench
