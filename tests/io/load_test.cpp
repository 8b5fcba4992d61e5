// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <malloc.h>
#include <shardbound/comm/threads.hpp>
#include <shardbound/io/onnx.hpp>
#include <shardbound/network/row_col.hpp>
#include <tests/support/activations.hpp>
#include <tests/support/folded_chain.hpp>
#include <tests/support/small_network.hpp>
#include <tests/support/temporary.hpp>

using namespace shardbound;
using namespace shardbound_test;

namespace {

// The sentence with which a network type refuses a file.
template <class Net>
std::string refusal_of(const OnnxWriter& file) {
  const Temporary onnx(".onnx", file.bytes());
  Network<Net> net;
  try {
    onnx::load(net, onnx.name());
  } catch (const FormatError& error) {
    return error.what();
  }
  return "";
}

/// Looks at what the whole program has allocated whenever weights are handed over: then whatever was
/// read is still there.
class WatchedBackend : public EigenBackend {
 public:
  using EigenBackend::EigenBackend;
  template <class T>
  void upload(T* to, const T* host, index_t count) {
    const auto now = in_use();
    for (auto seen = most.load(); now > seen && !most.compare_exchange_weak(seen, now);) {}
    EigenBackend::upload(to, host, count);
  }
  static std::size_t in_use() {
    const auto info = mallinfo2();
    return info.uordblks + info.hblkhd;
  }
  static inline std::atomic<std::size_t> most = 0;
};

}  // namespace

TEST_CASE("every activation of the library arrives from its operator, with its numbers") {
  std::mt19937 random(1);
  int operators = 0;
  for_each_known_activation([&]<class F>(const F&) {
    if constexpr (requires { F::onnx; }) {
      CAPTURE(F::name);
      const auto numbers = random_coefficients<F>(random);
      std::vector<WireWriter> attributes;
      if constexpr (relax::coefficient_count < F >> 0)
        for (std::size_t i = 0; i < numbers.size(); ++i)
          attributes.push_back(
              onnx_float(std::string(F::coefficients[i].onnx), static_cast<float>(numbers[i])));
      OnnxWriter file;
      file.input("x", {1, 2}).output("y", {1, 2});
      file.node(std::string(F::onnx), {"x"}, {"y"}, attributes);
      const Temporary onnx(".onnx", file.bytes());
      Network<Sequential<Input<2>, Activation<F>>> net;
      onnx::load(net, onnx.name());
      const F f = relax::with_coefficients<F>(numbers);
      const double first = shardbound_test::is_one_sided(f) ? 0.5 : -0.5;
      const auto found = ibp(net, Box{{first, 0.75}, {first, 0.75}});
      CHECK(found.lower == std::vector<double>{f.value(first), f.value(0.75)});
      ++operators;
    }
  });
  CHECK(operators >= 18);
}

TEST_CASE("a file's numbers reach the network, whichever way round they are stored") {
  OnnxWriter transposed;
  transposed.input("x", {1, 2}).output("y", {1, 2});
  transposed.tensor("W1", {2, 4}, {1, -1, 0, 0, 0, 0, 1, -1})
      .tensor("W2", {4, 2}, {1, 1, 1, -1, 1, -1, 1, 1});
  transposed.node("MatMul", {"x", "W1"}, {"z"})
      .node("Relu", {"z"}, {"h"})
      .node("MatMul", {"h", "W2"}, {"y"});
  for (const OnnxWriter& file : {small_onnx(), transposed}) {
    const Temporary onnx(".onnx", file.bytes());
    Network<SmallNetwork> net;
    onnx::load(net, onnx.name());
    Linearization<double, EigenBackend> at(net, 1);
    CHECK(at.values(std::vector<double>{-2, 1}) == std::vector<double>{3, -3});
    CHECK(net.parameters(1).name == "z");
  }
}

TEST_CASE("a matrix of several panels is loaded whole, from either layout") {
  using Wide = Sequential<Input<1100>, Linear<1000>>;
  REQUIRE(panel_count(1000, 1100) > 1);
  std::vector<float> weight(1000 * 1100), other(weight.size());
  for (std::size_t r = 0; r < 1000; ++r)
    for (std::size_t c = 0; c < 1100; ++c)
      other[c * 1000 + r] = weight[r * 1100 + c] = static_cast<float>((r * 7 + c * 13) % 97) - 48;
  const auto values = [&](const OnnxWriter& file) {
    const Temporary onnx(".onnx", file.bytes());
    Network<Wide> net;
    onnx::load(net, onnx.name());
    Linearization<double, EigenBackend> at(net, 1);
    std::vector<double> x(1100);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<double>(i % 5) - 2;
    return at.values(x);
  };
  OnnxWriter gemm, matmul;
  gemm.input("x", {1, 1100}).output("y", {1, 1000}).tensor("W", {1000, 1100}, weight);
  gemm.node("Gemm", {"x", "W"}, {"y"}, {onnx_integer("transB", 1)});
  matmul.input("x", {1, 1100}).output("y", {1, 1000}).tensor("W", {1100, 1000}, other);
  matmul.node("MatMul", {"x", "W"}, {"y"});
  const auto y = values(gemm);
  double expected = 0;
  for (std::size_t c = 0; c < 1100; ++c)
    expected += static_cast<double>(weight[999 * 1100 + c]) * (static_cast<double>(c % 5) - 2);
  CHECK(y[999] == expected);
  CHECK(values(matmul) == y);
}

TEST_CASE("another architecture is refused with both layers named") {
  const auto text = refusal_of<Sequential<Input<2>, Linear<5>, ReLU, Linear<2>>>(small_onnx());
  CHECK(text.find("Linear<4>") != text.npos);
  CHECK(text.find("Linear<5>") != text.npos);
  CHECK(refusal_of<Sequential<Input<3>, Linear<4>, ReLU, Linear<2>>>(small_onnx()).find("3") !=
        text.npos);
  CHECK(refusal_of<Sequential<Input<2>, Linear<4>, Tanh, Linear<2>>>(small_onnx()).find("Tanh") !=
        text.npos);
  CHECK(refusal_of<Sequential<Input<2>, Linear<4>, ReLU>>(small_onnx()).find("layers") !=
        text.npos);
}

TEST_CASE("a NaN among the weights names file, node and place") {
  OnnxWriter bad;
  auto weights = small_first;
  weights[5] = std::nanf("");
  bad.input("x", {1, 2}).output("y", {1, 4}).tensor("W", {4, 2}, weights);
  bad.node("Gemm", {"x", "W"}, {"y"}, {onnx_integer("transB", 1)});
  const auto text = refusal_of<Sequential<Input<2>, Linear<4>>>(bad);
  CHECK(text.find(".onnx: node 1") != text.npos);
  CHECK(text.find("row 2, column 1") != text.npos);
}

TEST_CASE("ranks hold their share of the weights and one piece in flight, from the file on") {
  using Net = Sequential<Input<1100>, Linear<2000>, ReLU, Linear<1100>>;
  constexpr std::size_t numbers = 2 * 2000 * 1100;
  OnnxWriter file;
  file.input("x", {1, 1100}).output("y", {1, 1100});
  file.tensor("W1", {2000, 1100}, std::vector<float>(numbers / 2, 0.5f))
      .tensor("W2", {2000, 1100}, std::vector<float>(numbers / 2, 0.25f));  // one each way round
  file.node("Gemm", {"x", "W1"}, {"z"}, {onnx_integer("transB", 1)})
      .node("Relu", {"z"}, {"h"})
      .node("Gemm", {"h", "W2"}, {"y"});
  const Temporary onnx(".onnx", file.bytes());
  file = {};
  if (WatchedBackend::in_use() == 0) return;  // a sanitizer's allocator does not say

  const auto most_on = [&]<class N>(N*, int ranks, Store store) {
    const std::size_t before = WatchedBackend::in_use();
    WatchedBackend::most = before;
    std::atomic<std::size_t> ready = 0;  // what is there for products to come
    threads::run(ranks, [&](Threads& communicator) {
      Network<N, float, WatchedBackend> net(communicator, 1, store);
      const auto memory = net.backend().memory();
      ready += memory.current(Category::workspace) + memory.current(Category::gathered);
      onnx::load(net, onnx.name());
      communicator.barrier();  // nobody gives anything back before all have loaded
    });
    return WatchedBackend::most - before - ready;
  };
  Net* const net = nullptr;
  constexpr std::size_t weights = numbers * sizeof(float), ranks = 4;
  CHECK(most_on(net, 1, Store::replicated) > weights);  // or nothing was seen
  // Rows as they are read, the other way round, and padded.
  constexpr std::size_t in_flight = 3 * 64 * 2000 * sizeof(float) + (1u << 18);
  CHECK(most_on(net, ranks, Store::fully_sharded) < weights + ranks * in_flight);
  CHECK(most_on(static_cast<RowCol<Net>*>(nullptr), ranks, Store::as_declared) <
        weights + ranks * in_flight);
}

TEST_CASE_TEMPLATE("constants that cancel are folded exactly, in either scalar", T, float, double) {
  OnnxWriter file;  // ((x - 1e16) + 3) + 1e16
  file.input("x", {1, 1}, 11).output("y", {1, 1}, 11);
  file.doubles("large", {1}, {1e16}).doubles("three", {1}, {3});
  file.node("Sub", {"x", "large"}, {"a"})
      .node("Add", {"a", "three"}, {"b"})
      .node("Add", {"b", "large"}, {"y"});
  const Temporary onnx(".onnx", file.bytes());
  Network<Sequential<Input<1>, ScaleShift>, T> net;
  onnx::load(net, onnx.name());
  const auto found = crown(net, Box{{1}, {1}});
  CHECK(found.lower[0] == 4);
  CHECK(found.upper[0] == 4);
  CHECK(found.slack[0] < 1000 * unit_roundoff<T>);
}

TEST_CASE_TEMPLATE("constants behind a matrix meet before one of them is its bias", T, float,
                   double) {
  OnnxWriter file;  // ((2 x + 1e16) + 3) - 1e16
  file.input("x", {1, 1}, 11).output("y", {1, 1}, 11);
  file.doubles("W", {1, 1}, {2}).doubles("large", {1}, {1e16}).doubles("three", {1}, {3});
  file.node("MatMul", {"x", "W"}, {"m"})
      .node("Add", {"m", "large"}, {"a"})
      .node("Add", {"a", "three"}, {"b"})
      .node("Sub", {"b", "large"}, {"y"});
  const Temporary onnx(".onnx", file.bytes());
  Network<Sequential<Input<1>, Linear<1>>, T> net;
  onnx::load(net, onnx.name());
  const auto found = crown(net, Box{{1}, {1}});
  CHECK(found.lower[0] == 5);
  CHECK(found.upper[0] == 5);
  CHECK(found.slack[0] < 1000 * unit_roundoff<T>);
}

TEST_CASE_TEMPLATE("what folding rounds is in the slack: no true value is cut off", T, float,
                   double) {
  std::mt19937 random(7);
  int outside = 0, wide = 0, charged = 0;
  constexpr int chains = 400;
  for (int n = 0; n < chains; ++n) {
    const auto kind = static_cast<FoldedChain::Kind>(n % 3);
    const FoldedChain chain(random, kind, n % 2 ? FoldedChain::doubles : FoldedChain::floats);
    const Temporary onnx(".onnx", chain.onnx().bytes());
    Network<Sequential<Input<4>, ScaleShift, ReLU, Linear<2>>, T> net;
    onnx::load(net, onnx.name());
    Box box;
    for (int i = 0; i < 4; ++i) {
      box.lower.push_back(static_cast<float>(uniform(random)));
      box.upper.push_back(static_cast<float>(uniform(random, box.lower.back(), 1)));
    }
    const OutputBounds<T> all[] = {ibp(net, box), crown_ibp(net, box), crown(net, box)};
    for (unsigned corner = 0; corner < 16; ++corner) {
      std::vector<double> x;
      for (unsigned i = 0; i < 4; ++i) x.push_back(corner >> i & 1U ? box.upper[i] : box.lower[i]);
      const auto y = chain.values(x);
      for (const auto& found : all)
        for (std::size_t i = 0; i < 2; ++i) {
          outside += Quad(found.lower[i]) - found.slack[i] > y[i].number + y[i].doubt;
          outside += Quad(found.upper[i]) + found.slack[i] < y[i].number - y[i].doubt;
          // Of a division, doubles hold 53 bits: what is left of 1e15 after that is a tenth.
          const double most = kind == FoldedChain::dividing ? 10 : 2e4 * double{unit_roundoff<T>};
          wide += !(found.slack[i] <= most);
        }
    }
    std::vector<T> error(8);
    net.backend().to_host(error.data(), net.parameters(1).shift_error.data(), 8);
    charged += std::any_of(error.begin(), error.end(), [](T x) { return x > 0; });
  }
  CHECK(outside == 0);
  CHECK(wide == 0);
  CHECK(charged > chains / 2);
}
