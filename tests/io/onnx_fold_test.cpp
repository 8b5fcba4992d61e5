// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/io/onnx_fold.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <tests/support/onnx_cases.hpp>
#include <utility>
#include <vector>

namespace {

using namespace shardbound;
using namespace shardbound_test;
using Numbers = std::vector<double>;
using Integers = std::vector<std::int64_t>;

constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

// A network that reshapes [1, 6] by integers "s" that `net` has made, and shows them in its shape.
OnnxWriter reshaped(OnnxWriter net) {
  return net.node("Reshape", {"x", "s"}, {"r"}).node("Relu", {"r"}, {"y"});
}
io::OnnxShape shape_of(const OnnxWriter& net) { return model_of(net).output_tensors.at(0).shape; }

// x + c of a float constant "c" that `net` has made.
io::Step added(OnnxWriter net) {
  return model_of(net.node("Add", {"x", "c"}, {"y"})).graph.layers.at(1).step;
}

std::string integers(const std::string& op, const Integers& a, const Integers& b) {
  auto net = network({1, 6});
  return refusal(reshaped(net.integers("a", a).integers("b", b).node(op, {"a", "b"}, {"s"})));
}

}  // namespace

TEST_CASE("integers are computed exactly, and broadcast") {
  auto net = network({1, 6});
  net.integers("a", {7, 9}).integers("b", {-2}).integers("d", {1, 2});
  net.node("Div", {"a", "b"}, {"q"}).node("Neg", {"q"}, {"n"});       // (3, 4)
  net.node("Sub", {"n", "d"}, {"t"}).node("Mul", {"d", "t"}, {"u"});  // (2, 2), (2, 4)
  net.node("Add", {"u", "b"}, {"v"});                                 // (0, 2)
  net.integers("f", {2, 1}).node("Add", {"v", "f"}, {"s"});
  CHECK(shape_of(reshaped(net)) == io::OnnxShape{2, 3});
  auto fits = network({1, 6});
  fits.integers("a", {5, 9}).integers("b", {2, 3}).node("Div", {"a", "b"}, {"s"});
  CHECK(shape_of(reshaped(fits)) == io::OnnxShape{2, 3});
}

TEST_CASE("integers beyond their range, and divisions by zero, are refused") {
  CHECK(contains(integers("Add", {most}, {1}), "is beyond the range of int64"));
  CHECK(contains(integers("Sub", {-most}, {2}), "is beyond the range of int64"));
  CHECK(contains(integers("Mul", {most}, {2}), "is beyond the range of int64"));
  CHECK(contains(integers("Div", {-most - 1}, {-1}), "is beyond the range of int64"));
  CHECK(contains(integers("Div", {1}, {0}), "1 is divided by zero"));
  auto least = network({1, 6});
  least.integers("a", {-most - 1}).node("Neg", {"a"}, {"s"});
  CHECK(contains(refusal(reshaped(least)), "is beyond the range of int64"));
  auto narrow = network({1, 6});
  narrow.tensor(onnx_tensor("a", {1}, 3).integer(5, 127)).node("Add", {"a", "a"}, {"s"});
  CHECK(contains(refusal(reshaped(narrow)), "127 and 127 is beyond the range of int8"));
  auto mixed = network({1, 6});
  mixed.integers("a", {1}).tensor(onnx_tensor("b", {1}, 6).integer(5, 1));
  CHECK(contains(refusal(reshaped(mixed.node("Add", {"a", "b"}, {"s"}))), "types int64 and int32"));
}

TEST_CASE("floats are computed in real arithmetic, and carry what a double misses") {
  const auto of = [](const std::string& op, double a, double b) {
    auto net = network({1, 1});
    net.doubles("a", {}, {a}).doubles("b", {}, {b}).node(op, {"a", "b"}, {"c"});
    const io::Step step = added(net);
    return std::pair(step.shift.at(0), step.shift_error.empty() ? 0 : step.shift_error.at(0));
  };
  CHECK(of("Add", 0.5, 0.25) == std::pair(0.75, 0.0));
  CHECK(of("Div", 3, 4) == std::pair(0.75, 0.0));
  CHECK(of("Mul", 3, -0.5) == std::pair(-1.5, 0.0));
  CHECK(of("Add", 1e16, 1).second >= 1);
  CHECK(of("Add", 1e16, 1).second < 1.01);
  CHECK(of("Sub", 1, 0x1p-60).second >= 0x1p-60);
  CHECK(of("Mul", 0.1, 0.1).second > 0);
  CHECK(of("Mul", 0.1, 0.1).second < 1e-17);
  CHECK(of("Div", 1, 3).second >= 1.0 / 3 * 0x1p-54);
  CHECK(of("Div", 1, 3).second < 1e-15);
  CHECK(of("Mul", 1e-200, 1e-200).second > 0);
  CHECK(of("Div", 0x1p-1070, 3).second > 0);
}

TEST_CASE(
    "constants that cancel leave what they really leave, and what was lost on the way is charged") {
  auto net = network({1, 1});
  net.doubles("a", {}, {1e16}).doubles("b", {}, {1}).node("Add", {"a", "b"}, {"ab"});
  net.node("Sub", {"ab", "a"}, {"c"});  // 1, of which the first sum lost up to 1
  const io::Step step = added(net);
  CHECK(std::abs(step.shift.at(0) - 1) <= step.shift_error.at(0));
}

TEST_CASE("floats that are not finite, or divided by zero or by what is not exact, are refused") {
  const auto of = [](const std::string& op, double a, double b) {
    auto net = network({1, 1});
    net.doubles("a", {}, {a}).doubles("b", {}, {b}).node(op, {"a", "b"}, {"c"});
    return refusal(net.node("Add", {"x", "c"}, {"y"}));
  };
  CHECK(contains(of("Add", std::numeric_limits<double>::infinity(), 1), "not finite"));
  CHECK(contains(of("Mul", std::nan(""), 1), "not finite"));
  CHECK(contains(of("Div", 1, 0), "a constant is divided by zero"));
  CHECK_FALSE(of("Mul", 1e200, 1e200).empty());
  CHECK_FALSE(of("Div", 1, 0x1p-1074).empty());
  auto inexact = network({1, 1});
  inexact.doubles("a", {}, {1}).doubles("b", {}, {3}).node("Div", {"a", "b"}, {"t"});
  inexact.node("Div", {"a", "t"}, {"c"}).node("Add", {"x", "c"}, {"y"});
  CHECK(contains(refusal(inexact), "a division by a constant that no double holds exactly"));
}

TEST_CASE("casts of constants are exact, or what they lose is charged") {
  const auto cast = [](OnnxWriter net, std::int64_t to) {
    return net.node("Cast", {"a"}, {"c"}, {onnx_integer("to", to)});
  };
  auto half = network({1, 1});
  half.tensor(onnx_tensor("a", {}, 10).integer(5, 0x3e00));
  CHECK(added(cast(half, 1)).shift == Numbers{1.5});
  auto whole = network({1, 2});
  whole.integers("a", {3, -4});
  CHECK(added(cast(whole, 1)).shift == Numbers{3, -4});
  auto tenth = network({1, 1});
  tenth.doubles("a", {}, {0.1});
  CHECK(added(cast(tenth, 11)).shift_error.empty());
  const io::Step narrow = added(cast(tenth, 1));
  CHECK(narrow.shift.at(0) == static_cast<double>(0.1f));
  CHECK(narrow.shift_error.at(0) >= static_cast<double>(0.1f) - 0.1);
  auto floats = network({1, 6});
  floats.tensor("a", {2}, {2.75f, -1.5f}).node("Cast", {"a"}, {"s"}, {onnx_integer("to", 7)});
  CHECK(shape_of(reshaped(floats)) == io::OnnxShape{2, 3});
  const auto said = [&](double number, std::int64_t to) {
    auto net = network({1, 1});
    return refusal(cast(net.doubles("a", {}, {number}), to).node("Add", {"x", "c"}, {"y"}));
  };
  CHECK(contains(said(1e300, 1), "is beyond the range of float"));
  CHECK(contains(said(1e300, 7), "is beyond the range of int64"));
  CHECK(contains(said(300, 3), "is beyond the range of int8"));
  CHECK(contains(said(std::nan(""), 7), "is beyond the range of int64"));
  CHECK(contains(said(1, 10), "a cast of constants to float16"));
  CHECK(contains(said(1, 8), "a cast to string"));
  auto large = network({1, 1});
  large.integers("a", {most});
  CHECK(contains(refusal(cast(large, 11).node("Add", {"x", "c"}, {"y"})),
                 "is not a number of type double exactly"));
}

TEST_CASE("a computed number is cast to an integer only where floats compute the same") {
  const auto of = [](const std::string& op, const WireWriter& a, const WireWriter& b) {
    auto net = network({1, 6});
    net.tensor(a).tensor(b).integers("rest", {-1}).node(op, {"a", "b"}, {"p"});
    net.node("Neg", {"p"}, {"n"}).node("Neg", {"n"}, {"q"}).node("Identity", {"q"}, {"i"});
    net.node("Cast", {"i"}, {"c"}, {onnx_integer("to", 7)});
    net.node("Concat", {"c", "rest"}, {"s"}, {onnx_integer("axis", 0)});
    return reshaped(net);
  };
  const auto number = [](const std::string& name, float value) {
    return onnx_tensor(name, {1}, std::vector<float>{value});
  };
  CHECK(shape_of(of("Mul", number("a", 0.5f), number("b", 4))) == io::OnnxShape{2, 3});
  CHECK(shape_of(of("Mul", number("a", 0.5f), number("b", 5))) == io::OnnxShape{2, 3});
  CHECK(contains(refusal(of("Mul", number("a", 0.02f), number("b", 100))),
                 "is computed and not the same in floats"));
  // 2^24 + 1, of which floats make 2^24
  CHECK(contains(refusal(of("Add", number("a", 0x1p24f), number("b", 1))),
                 "is computed and not the same in floats"));
  const auto half = [](const std::string& name, std::int64_t bits) {
    return onnx_tensor(name, {1}, 10).integer(5, bits);
  };
  CHECK(contains(refusal(of("Add", half("a", 0x3c00), half("b", 0x3c00))),
                 "is computed and not the same in floats"));
}

TEST_CASE("shapes of what depends on the input are constants") {
  auto net = network({-1, 6});
  net.node("Shape", {"x"}, {"all"}).integers("zero", {0}).integers("left", {-1});
  net.node("Gather", {"all", "zero"}, {"batch"});
  net.node("Concat", {"batch", "left"}, {"s"}, {onnx_integer("axis", 0)});
  CHECK(shape_of(reshaped(net)) == io::OnnxShape{1, 6});
  auto cut = network({2, 3});
  cut.node("Shape", {"x"}, {"n"}, {onnx_integer("start", -1)});
  cut.node("ConstantOfShape", {"n"}, {"c"}).node("Sub", {"c", "x"}, {"y"});
  CHECK(shape_of(cut) == io::OnnxShape{2, 3});
  auto size = network({1, 6});
  size.node("Size", {"x"}, {"n"}).integers("zero", {0}).node("Unsqueeze", {"n", "zero"}, {"s"});
  CHECK(shape_of(reshaped(size)) == io::OnnxShape{6});
}

TEST_CASE("a shape that keeps what is -1, as exporters write it") {
  auto net = network({1, 3});
  net.integers("wanted", {2, -1}).integers("two", {2}).integers("less", {-1});
  net.node("ConstantOfShape", {"two"}, {"ones"},
           {onnx_constant("value", onnx_tensor("", {1}, Integers{1}))});
  net.node("Equal", {"wanted", "less"}, {"keeps"});
  net.node("Where", {"keeps", "ones", "wanted"}, {"s"}).node("Expand", {"x", "s"}, {"y"});
  CHECK(shape_of(net) == io::OnnxShape{2, 3});
  CHECK(value_of(net, {1, 2, 3}) == Numbers{1, 2, 3, 1, 2, 3});
  auto floats = network({1, 3});
  floats.tensor("a", {1}, {1}).integers("b", {1}).node("Equal", {"a", "b"}, {"s"});
  CHECK_FALSE(refusal(floats.node("Expand", {"x", "s"}, {"y"})).empty());
  auto choice = network({1, 3});
  choice.integers("a", {1}).node("Where", {"a", "a", "a"}, {"s"}).node("Expand", {"x", "s"}, {"y"});
  CHECK(contains(refusal(choice), "a choice between int64 and int64 by int64"));
}

TEST_CASE("ConstantOfShape and Range") {
  auto zeros = network({1, 2});
  zeros.integers("n", {2}).node("ConstantOfShape", {"n"}, {"c"});
  CHECK(added(zeros).shift == Numbers{0, 0});
  auto ones = network({1, 2});
  ones.integers("n", {1, 2});
  ones.node("ConstantOfShape", {"n"}, {"c"},
            {onnx_constant("value", onnx_tensor("", {1}, std::vector<float>{0.5f}))});
  CHECK(added(ones).shift == Numbers{0.5, 0.5});
  const auto range = [](std::int64_t start, std::int64_t limit, std::int64_t step) {
    auto net = network({1, 6});
    const auto scalar = [](const std::string& name, std::int64_t number) {
      return onnx_tensor(name, {}, std::vector<std::int64_t>{number});
    };
    net.tensor(scalar("a", start)).tensor(scalar("b", limit)).tensor(scalar("c", step));
    return reshaped(net.node("Range", {"a", "b", "c"}, {"s"}));
  };
  CHECK(shape_of(range(2, 4, 1)) == io::OnnxShape{2, 3});
  CHECK(shape_of(range(3, 1, -1)) == io::OnnxShape{3, 2});
  CHECK(contains(refusal(range(0, most / 16, 1)), "numbers is too large"));
  CHECK(contains(refusal(range(0, most, 1)), "is beyond what is supported"));
  CHECK(contains(refusal(range(0, 1, 0)), "a step of 0"));
  auto huge = network({1, 2});
  huge.integers("n", {1 << 13, 1 << 13}).node("ConstantOfShape", {"n"}, {"c"});
  CHECK(contains(refusal(huge.node("Add", {"x", "c"}, {"y"})), "is too large"));
  auto varying = network({1, 2});
  varying.node("ConstantOfShape", {"x"}, {"y"});
  CHECK(contains(refusal(varying), "is supported where its operands are constants"));
}
