// SPDX-License-Identifier: BSD-3-Clause

// Bytes as the drawing of a network: it is written as a file, read, opened and bounded over a box, and points of the box
// must not escape the bounds.

#include <shardbound/io/open.hpp>
#include <shardbound/shardbound.hpp>
#include <tests/support/random_graph.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace sb = shardbound;
using namespace shardbound_test;

namespace {

/// Chooses from a fuzzer's bytes, and 0 when they are used up.
class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t size) : at_(data), end_(data + size) {}
  std::size_t below(std::size_t count) { return next() % count; }
  float weight() { return static_cast<float>(static_cast<int>(next() % 64) - 32) / 16; }

 private:
  unsigned next() { return at_ == end_ ? 0 : *at_++; }
  const std::uint8_t *at_, *end_;
};

void escaped(const sb::Method& method, long double y, double lower, double upper, double slack) {
  std::fprintf(stderr, "%Lg is outside of [%g, %g] +- %g (intermediates %d, descent %d)\n", y,
               lower, upper, slack, static_cast<int>(method.intermediates),
               static_cast<int>(method.descent));
  std::abort();
}

template <class T>
void check(const RandomGraph& graph, const sb::Box& box, const std::vector<Point>& points) {
  const sb::onnx::OpenNetwork<T> network(
      sb::io::read_onnx(sb::io::InputFile::from_bytes(graph.bytes(), "drawn.onnx")), {}, {},
      std::make_unique<sb::EigenBackend>(1));
  for (const sb::Method& method : {sb::Method(sb::Ibp{}), sb::Method(sb::Crown{}),
                                   sb::Method(sb::Crown{sb::Intermediates::textbook})}) {
    const sb::InputSet set(box);
    const auto found = sb::prepare(network, method).run({&set, 1}).outputs.front();
    for (const Point& x : points) {
      const Point y = graph.value(x);
      for (std::size_t i = 0; i < y.size(); ++i) {
        const long double own = 1e-17L * (1 + std::fabs(y[i]));  // what long double rounds
        if (y[i] + own < static_cast<long double>(found.lower[i]) - found.slack[i] ||
            y[i] - own > static_cast<long double>(found.upper[i]) + found.slack[i])
          escaped(method, y[i], found.lower[i], found.upper[i], found.slack[i]);
      }
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes bytes(data, size);
  sb::Box box;
  for (std::size_t i = 0; i < RandomGraph::inputs; ++i) {
    const double centre = bytes.weight(), radius = static_cast<double>(bytes.below(9)) / 8;
    box.lower.push_back(centre - radius);
    box.upper.push_back(centre + radius);
  }
  std::vector<Point> points(6);
  for (Point& x : points)
    for (std::size_t i = 0; i < box.lower.size(); ++i)
      x.push_back(box.lower[i] +
                  (box.upper[i] - box.lower[i]) * static_cast<long double>(bytes.below(9)) / 8);
  const RandomGraph graph(bytes);
  check<double>(graph, box, points);
  check<float>(graph, box, points);
  return 0;
}
