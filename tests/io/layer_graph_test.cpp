// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/io/layer_graph.hpp>

#include <string>
#include <vector>

namespace io = shardbound::io;
using io::LayerGraph;

namespace {

/// A graph written layer by layer; each is named by its number.
class Writer {
 public:
  Writer() {
    graph_.file = "net.onnx";
    graph_.layers.resize(1);
  }
  Writer& activation(std::int32_t operand) { return add(io::Step::Kind::activation, {operand}); }
  Writer& linear(std::int32_t operand) { return add(io::Step::Kind::linear, {operand}); }
  Writer& sum(std::int32_t a, std::int32_t b) { return add(io::Step::Kind::residual, {a, b}); }
  Writer& product(std::int32_t a, std::int32_t b) { return add(io::Step::Kind::multiply, {a, b}); }
  Writer& scaled(std::int32_t operand, double scale, double shift) {
    add(io::Step::Kind::scale_shift, {operand});
    graph_.layers.back().place = "node '" + graph_.layers.back().step.node + "' (Mul)";
    graph_.layers.back().step.scale = {scale};
    graph_.layers.back().step.shift = {shift};
    return *this;
  }
  /// "1<0 3<1 4<3,1": the layers that are left, by their first numbers, and what they read, by their places.
  std::string arranged(std::int32_t output) const {
    std::string text;
    const auto made = io::arranged(graph_, output);
    for (std::size_t v = 1; v < made.layers.size(); ++v) {
      text += (v > 1 ? " " : "") + made.layers[v].step.node + "<";
      for (const std::int32_t operand : made.layers[v].operands)
        text += (text.back() == '<' ? "" : ",") + std::to_string(operand);
    }
    return text;
  }
  LayerGraph graph() const { return graph_; }

 private:
  Writer& add(io::Step::Kind kind, std::vector<std::int32_t> operands) {
    LayerGraph::Layer layer;
    layer.step.kind = kind;
    layer.step.features = 1;
    layer.step.node = std::to_string(graph_.size());
    layer.operands = std::move(operands);
    graph_.layers.push_back(std::move(layer));
    return *this;
  }

  LayerGraph graph_;
};

}  // namespace

TEST_CASE("what leads nowhere is left out") {
  CHECK(Writer().activation(0).activation(1).activation(1).arranged(3) == "1<0 3<1");
  CHECK(Writer().activation(0).arranged(0).empty());
}

TEST_CASE("of the branches of a sum or a product the deeper one comes first") {
  CHECK(Writer().activation(0).linear(1).product(1, 2).arranged(3) == "1<0 2<1 3<2,1");
  CHECK(Writer().activation(0).linear(1).activation(2).sum(1, 3).arranged(4) ==
        "1<0 2<1 3<2 4<3,1");
  CHECK(Writer().activation(0).linear(0).activation(2).sum(1, 3).arranged(4) ==
        "2<0 3<1 1<0 4<2,3");
}

TEST_CASE("constants in a row are one layer, and none if they do nothing") {
  const auto twice = Writer().activation(0).scaled(1, 2, 1).scaled(2, 3, 0.5).graph();
  const auto made = io::arranged(twice, 3);
  REQUIRE(made.size() == 3);
  CHECK(made.layers[2].step.scale == std::vector<double>{6});
  CHECK(made.layers[2].step.shift == std::vector<double>{3.5});
  CHECK(Writer().activation(0).scaled(1, 2, 0).scaled(2, 0.5, 0).arranged(3) == "1<0");
  // A layer that is read in the middle of the run stays.
  CHECK(Writer().activation(0).scaled(1, 2, 0).scaled(2, 0.5, 0).sum(2, 3).arranged(4) ==
        "1<0 2<1 3<2 4<3,2");
}

TEST_CASE("a graph that no type has stays as it is") {
  //  0 -> 1 -> 3 = 1 + 2, 4 = 2 + 3: neither branch holds the other
  CHECK(Writer().linear(0).linear(0).sum(1, 2).sum(3, 2).arranged(4) == "1<0 2<0 3<1,2 4<3,2");
}

TEST_CASE("constants that are not finite are named") {
  const auto graph = Writer().activation(0).scaled(1, 1e300, 0).scaled(2, 1e300, 0).graph();
  CHECK_THROWS_WITH_AS(io::arranged(graph, 3),
                       doctest::Contains("net.onnx: node '3' (Mul): feature 0"),
                       shardbound::FormatError);
}
