// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/io/series_parallel.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace {

using namespace shardbound;
using io::LayerGraph;
using io::Step;
using io::Steps;

// A graph of layers named by letters: add("b", {"a"}) is an activation, with two operands a sum.
class Letters {
 public:
  Letters() {
    graph_.file = "f";
    graph_.layers.resize(1);
  }

  Letters& add(const std::string& name, const std::string& operands,
               io::Step::Kind join = io::Step::Kind::residual) {
    LayerGraph::Layer layer;
    layer.step.kind = operands.size() > 1 ? join : io::Step::Kind::activation;
    layer.step.node = name;
    layer.place = "node '" + name + "'";
    for (const char operand : operands) layer.operands.push_back(index_of(operand));
    names_ += name;
    graph_.layers.push_back(layer);
    return *this;
  }

  // "a(bc|)d" is a, then branches bc and nothing, then d.
  std::string tree() const {
    return written(io::series_parallel(io::arranged(graph_, graph_.size() - 1)));
  }

 private:
  std::int32_t index_of(char name) const {
    return name == 'x' ? 0 : static_cast<std::int32_t>(names_.find(name)) + 1;
  }

  static std::string written(const Steps& steps) {
    std::string out;
    for (const io::Step& step : steps) {
      if (step.branches.empty()) out += step.node;
      for (std::size_t i = 0; i < step.branches.size(); ++i)
        out += (i ? "|" : "(") + written(step.branches[i]);
      if (!step.branches.empty()) out += ")";
    }
    return out;
  }

  LayerGraph graph_;
  std::string names_;
};

}  // namespace

TEST_CASE("a chain is a sequence") {
  CHECK(Letters().add("a", "x").add("b", "a").add("c", "b").tree() == "abc");
}

TEST_CASE("a shortcut is the second branch, whichever operand it was") {
  CHECK(Letters().add("a", "x").add("b", "a").add("c", "b").add("s", "ac").add("d", "s").tree() ==
        "a(bc|)d");
  CHECK(Letters().add("a", "x").add("b", "a").add("c", "b").add("s", "ca").tree() == "a(bc|)");
}

TEST_CASE("of two branches the one with more layers is the main one, the first on ties") {
  CHECK(Letters().add("a", "x").add("b", "x").add("c", "b").add("s", "ac").tree() == "(bc|a)");
  CHECK(Letters().add("a", "x").add("b", "x").add("s", "ba").tree() == "(b|a)");
  CHECK(Letters().add("a", "x").add("b", "x").add("s", "ab").tree() == "(a|b)");
}

TEST_CASE("a tensor added to itself has two empty branches") {
  CHECK(Letters().add("a", "x").add("s", "aa").add("b", "s").tree() == "a(|)b");
}

TEST_CASE("branches nest, follow each other, and start at the input") {
  CHECK(Letters().add("a", "x").add("b", "a").add("s", "ab").add("c", "s").add("t", "cx").tree() ==
        "(a(b|)c|)");
  CHECK(Letters().add("a", "x").add("s", "xa").add("b", "s").add("t", "sb").tree() == "(a|)(b|)");
  // A sum of three is a sum of two inside another.
  CHECK(Letters().add("a", "x").add("b", "x").add("c", "x").add("s", "ab").add("t", "sc").tree() ==
        "((a|b)|c)");
}

TEST_CASE("a concatenation keeps the order of its operands") {
  const auto concat = io::Step::Kind::concat;
  CHECK(Letters().add("a", "x").add("b", "x").add("c", "b").add("j", "acx", concat).tree() ==
        "(a|bc|)");
  CHECK(
      Letters().add("a", "x").add("b", "a").add("j", "ab", concat).add("k", "xj", concat).tree() ==
      "(|a(|b))");
}

TEST_CASE("a product has two branches, as a sum") {
  const auto product = io::Step::Kind::multiply;
  CHECK(Letters().add("a", "x").add("b", "a").add("p", "ab", product).add("c", "p").tree() ==
        "a(b|)c");
}

TEST_CASE("layers that lead nowhere are left out") {
  CHECK(Letters().add("a", "x").add("u", "a").add("v", "u").add("b", "a").tree() == "ab");
}

TEST_CASE("a layer used from two branches is refused, naming the node") {
  // x -> a -> b, a -> c; s = b + (c + x) uses a inside both branches.
  Letters bridge;
  bridge.add("a", "x").add("b", "a").add("c", "a").add("d", "x").add("t", "cd").add("s", "bt");
  try {
    bridge.tree();
    FAIL("accepted");
  } catch (const FormatError& error) {
    CHECK(
        std::string(error.what()) ==
        "f: node 'a': its output is used on two branches that do not start there, so the network "
        "is not a nest of sequences and branches and has no type. Fix: open the file at run time, "
        "as the command shardbound does");
  }
}

TEST_CASE("depth is bounded, length is not") {
  LayerGraph graph;
  graph.file = "f";
  graph.layers.resize(1);
  const auto layer = [&](io::Step::Kind kind, std::vector<std::int32_t> operands) {
    graph.layers.push_back({});
    graph.layers.back().step.kind = kind;
    graph.layers.back().operands = std::move(operands);
    return graph.size() - 1;
  };
  std::int32_t last = 0;
  for (int i = 0; i < 100'000; ++i)  // residual blocks in a row
    last = layer(io::Step::Kind::residual, {layer(io::Step::Kind::activation, {last}), last});
  CHECK(io::series_parallel(io::arranged(graph, last)).size() == 100'000);
  for (int i = 0; i < 100; ++i) last = layer(io::Step::Kind::residual, {0, last});
  CHECK_THROWS_AS(io::series_parallel(io::arranged(graph, last)), FormatError);
}
