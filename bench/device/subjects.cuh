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

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace shardbound_bench {

/// A network on the GPU, and what is asked of it.
template <class T>
struct Subject {
  std::unique_ptr<sb::Instance<T, sb::Cuda>> network;
  sb::InputSet set;
  sb::RowQuery query;
  /// The reference's lower bounds of the rows; none where it has none.
  std::vector<double> textbook, best, alpha, alpha_of_last_rows;
};

/// `network` with weights from `onnx`, box and rows from the oracle called `name`.
template <class T>
Subject<T> public_subject(std::unique_ptr<sb::Instance<T, sb::Cuda>> network,
                          const std::string& name, const std::string& onnx) {
  Subject<T> subject;
  subject.network = std::move(network);
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
  subject.alpha = lower("alpha_crown");
  subject.alpha_of_last_rows = lower("alpha_crown_fixed_intermediate");
  return subject;
}

/// `network` with the weights of the generated one called `name`: a row for each output.
template <class T>
Subject<T> wide_subject(std::unique_ptr<sb::Instance<T, sb::Cuda>> network,
                        const std::string& name) {
  Subject<T> subject;
  subject.network = std::move(network);
  generate_weights(*subject.network);
  subject.set = generated_box(subject.network->inputs());
  const auto n = static_cast<std::size_t>(subject.network->outputs());
  subject.query.matrix.assign(n * n, 0);
  for (std::size_t i = 0; i < n; ++i) subject.query.matrix[i * n + i] = 1;
  subject.query.domain.assign(n, 0);
  subject.textbook = wide_oracle(name, "crown_textbook");
  subject.best = wide_oracle(name, "crown_reference_default");
  subject.alpha = wide_oracle(name, "alpha_crown");
  subject.alpha_of_last_rows = wide_oracle(name, "alpha_crown_fixed_intermediate");
  return subject;
}

}  // namespace shardbound_bench
