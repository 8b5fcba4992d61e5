// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A public benchmark as a case: the network file and the property's first box and rows, as an oracle
// names them. Where the shared data is not there, generated weights and a row per output take their
// place: times still mean something, and the verdict says that there is none.

#include <bench/support/generated.hpp>
#include <bench/support/row.hpp>
#include <shardbound/io.hpp>

namespace shardbound_bench {

/// Of float32 beside float64 results, and of float64 beside the oracles'.
template <class T>
constexpr double tolerance = std::is_same_v<T, float> ? 1e-4 : 1e-9;

/// Rows' lower bounds and, for crown-textbook, every pre-activation beside the oracle's.
template <class T>
Verdict judge_box(const nlohmann::json& box, const NamedMethod& method,
                  const sb::Pass<T, RecordingBackend>& pass, const sb::Bounds<T>& found) {
  const bool tightened = method.method.intermediates == sb::Intermediates::tightened;
  Comparison comparison(tolerance<T>);
  const auto& oracle = box.at(method.oracle_name);
  const auto& lower = oracle.at("spec").at("lower");
  for (std::size_t r = 0; r < lower.size(); ++r)
    if (tightened)
      comparison.at_least(found.rows.lower.at(r), lower[r]);
    else
      comparison.equal(found.rows.lower.at(r), lower[r]);
  if (tightened) return comparison.verdict("textbook");
  if (method.method.intermediates == sb::Intermediates::textbook) {
    const auto& plan = pass.network().plan();
    auto layer = oracle.at("intermediate").begin();
    for (int v = 0; v < plan.size(); ++v) {
      if (!plan.is_pre_activation(v)) continue;
      const auto bounds = pass.node_bounds(v).front();
      for (std::size_t i = 0; i < bounds.lower.size(); ++i) {
        comparison.equal(bounds.lower[i], layer->at("lower").at(i));
        comparison.equal(bounds.upper[i], layer->at("upper").at(i));
      }
      ++layer;
    }
  }
  return comparison.verdict();
}

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
