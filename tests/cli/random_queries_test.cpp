// SPDX-License-Identifier: BSD-3-Clause

// Random queries against the network that can be worked out by hand: where a point of a grid satisfies what was
// written, the answer is never unsat, and a counterexample satisfies it. Numbers are quarters, so that edges are hit.

#include <doctest/doctest.h>
#include <shardbound/bound/engine_of.hpp>
#include <shardbound/io/open.hpp>
#include <shardbound/io/side_by_side.hpp>
#include <shardbound/io/vnnlib.hpp>
#include <shardbound/verify/verdict.hpp>
#include <tests/support/small_network.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

using namespace shardbound;
using namespace shardbound_test;

namespace {

using Point = std::vector<long double>;  // x_0, x_1, y_0, y_1
/// How far a point is from satisfying a condition: 0 or less if it does.
using Distance = std::function<long double(const Point&)>;

struct Written {
  std::string text;
  Distance distance;
};

class Writer {
 public:
  explicit Writer(unsigned seed) : random_(seed) {}

  Written condition(int depth) {
    const auto kind = depth > 0 ? random_() % 4 : 0;
    if (kind < 2) return comparison();
    std::vector<Written> parts;
    for (auto count = 1 + random_() % 3; count > 0; --count) parts.push_back(condition(depth - 1));
    std::string text = kind == 2 ? "(and" : "(or";
    for (const Written& part : parts) text += " " + part.text;
    return {text + ")", [kind, parts](const Point& at) {
              long double all = parts[0].distance(at);
              for (const Written& part : parts)
                all =
                    kind == 2 ? std::max(all, part.distance(at)) : std::min(all, part.distance(at));
              return all;
            }};
  }

 private:
  static constexpr const char* names[] = {"X_0", "X_1", "Y_0", "Y_1"};

  std::pair<std::string, Distance> term() {
    const int constant = static_cast<int>(random_() % 17) - 8;
    std::string text = "(+ (* 0.25 " + std::to_string(constant) + ")";
    std::vector<int> factors(4);
    for (auto count = 1 + random_() % 2; count > 0; --count) {
      const auto which = random_() % 4;
      const int factor = static_cast<int>(random_() % 5) - 2;
      factors[which] += factor;
      text += " (* " + std::to_string(factor) + " " + names[which] + ")";
    }
    return {text + ")", [=](const Point& at) {
              long double sum = constant / 4.0L;
              for (std::size_t i = 0; i < 4; ++i) sum += factors[i] * at[i];
              return sum;
            }};
  }

  Written comparison() {
    static constexpr const char* operators[] = {"<=", "<", ">=", ">", "="};
    const auto which = random_() % 12 == 0 ? 4 : random_() % 4;
    const auto left = term(), right = term();
    return {std::string("(") + operators[which] + " " + left.first + " " + right.first + ")",
            [=](const Point& at) {
              const long double beyond = left.second(at) - right.second(at);
              if (which == 4) return std::abs(beyond);
              const long double distance = which < 2 ? beyond : -beyond;
              return which % 2 == 1 && distance == 0 ? 1e-18L
                                                     : distance;  // strict: not on the edge
            }};
  }

  std::mt19937 random_;
};

Point point_of(long double a, long double b) { return {a, b, std::abs(a) + std::abs(b), a - b}; }

template <class T>
std::unique_ptr<Engine> engine_for(const Property& property) {
  io::Model model = io::read_onnx(io::InputFile::from_bytes(small_onnx().bytes(), "net.onnx"));
  if (property.observed == Observed::outputs_and_inputs)
    model = io::observing_inputs(std::move(model));
  using Functions = PlanOf<SmallNetwork>::FunctionList;
  return std::make_unique<EngineOf<T, EigenBackend>>(
      std::make_unique<onnx::OpenNetwork<T, EigenBackend, Functions>>(
          model, AnyCommunicator{}, Policies{}, std::make_unique<EigenBackend>(1)));
}

}  // namespace

TEST_CASE("answers to random queries hold on a grid and at their counterexamples") {
  const std::string declared =
      "(declare-const X_0 Real)(declare-const X_1 Real)(declare-const Y_0 Real)(declare-const Y_1 "
      "Real)"
      "(assert (and (>= X_0 -1) (<= X_0 2) (>= X_1 -1) (<= X_1 1)))";
  std::map<std::string, int> answers;
  for (unsigned seed = 0; seed < 600; ++seed) {
    Writer writer(seed);
    const Written one = writer.condition(2), two = writer.condition(1);
    const std::string text = declared + "(assert " + one.text + ")(assert " + two.text + ")";
    CAPTURE(text);
    const Property property = vnnlib::read_text(text, "q");
    const auto exact = engine_for<double>(property), single = engine_for<float>(property);
    VerifyOptions options;
    if (seed % 2) options.attack.float32 = [&]() -> Engine& { return *single; };
    const Verdict verdict = Verifier(seed % 3 ? *exact : *single, *exact, property, options).run();
    ++answers[std::string(to_string(verdict.answer))];
    const auto distance = [&](const Point& at) {
      return std::max(one.distance(at), two.distance(at));
    };
    bool hit = false;
    for (int a = -8; a <= 16; ++a)
      for (int b = -8; b <= 8; ++b) hit = hit || distance(point_of(a / 8.0L, b / 8.0L)) <= 0;
    if (hit) CHECK(verdict.answer != Verdict::Answer::unsat);
    if (verdict.counterexample) {  // its outputs are those that double precision gives
      const auto& x = verdict.counterexample->x;
      CHECK(distance(point_of(x[0], x[1])) <= 1e-15L);
      CHECK((x[0] >= -1 && x[0] <= 2 && x[1] >= -1 && x[1] <= 1));
    }
  }
  CHECK(answers["unsat"] > 40);
  CHECK(answers["sat"] > 40);
  for (const auto& [answer, count] : answers) MESSAGE(answer << ": " << count);
}
