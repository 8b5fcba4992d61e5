// SPDX-License-Identifier: BSD-3-Clause

// Wide MLPs, 784 -> W x depth -> 10 with ReLU and generated weights: the products are nearly all there
// is, and the ratio to the floor is what rows in waves, panels and fused sweeps cost. Bounds of the ten
// outputs; lower sides beside the reference's, which were computed in float32.

#include <bench/support/generated.hpp>
#include <bench/support/row.hpp>

namespace {

namespace sb = shardbound;
using namespace shardbound_bench;

// Float32 against the exact value, on networks whose interval bounds grow to 1e8.
constexpr double oracle_tolerance = 1e-4;

template <class Net, class T>
Case<T> wide_case(const std::string& key) {
  Case<T> subject;
  subject.network = std::make_unique<sb::Network<Net, T, RecordingBackend>>();
  generate_weights(*subject.network);
  subject.set = generated_box(subject.network->inputs());
  subject.judge = [key](const NamedMethod& method, const auto&, const sb::Bounds<T>& found) {
    const auto lower = wide_oracle(key, method.oracle_name);
    if (lower.empty()) return Verdict{};
    Comparison comparison(oracle_tolerance);
    const bool tightened = method.method.intermediates == sb::Intermediates::tightened;
    for (std::size_t i = 0; i < lower.size(); ++i)
      if (tightened)
        comparison.at_least(found.outputs.front().lower.at(i), lower[i]);
      else
        comparison.equal(found.outputs.front().lower.at(i), lower[i]);
    return comparison.verdict(tightened ? "textbook" : "");
  };
  return subject;
}

template <int W, int Depth>
void add(int iterations) {
  using Net = typename WideMlp<W, Depth>::type;
  const std::string key = wide_name(W, Depth);
  register_rows<double>(
      "wide_" + key, [=] { return wide_case<Net, double>(key); }, iterations);
  register_rows<float>(
      "wide_" + key, [=] { return wide_case<Net, float>(key); }, iterations);
}

const bool registered = [] {
  add<256, 4>(0);
  add<1024, 4>(3);
  add<1024, 6>(3);
  add<2048, 4>(5);
  add<2048, 6>(1);
  return true;
}();

}  // namespace
