// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The rules of ONNX's operators on constants alone: integers exactly, with overflow refused; floats in
// real arithmetic, each with a bound of what a double misses of it.

#include <shardbound/io/onnx_operators.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace shardbound::inline v0::io::onnx_rules {

namespace detail {

inline OnnxTensor whole_numbers(OnnxType type, std::vector<std::int64_t> integers) {
  OnnxTensor out;
  out.type = type;
  out.integers = std::move(integers);
  return out;
}

inline std::vector<std::int64_t> integers_of(const OnnxScope& scope, std::size_t index) {
  return read_integers(scope.constant(index), OnnxScope::spread_limit);
}

inline std::int64_t whole(const OnnxScope& scope, OnnxType type, std::int64_t a, std::int64_t b) {
  const std::string& op = scope.node().op_type;
  const std::string text = std::to_string(a) + " and " + std::to_string(b);
  std::int64_t out = 0;
  bool beyond = false;
  if (op == "Add") beyond = __builtin_add_overflow(a, b, &out);
  if (op == "Sub") beyond = __builtin_sub_overflow(a, b, &out);
  if (op == "Mul") beyond = __builtin_mul_overflow(a, b, &out);
  if (op == "Div") {
    if (b == 0) scope.fail(std::to_string(a) + " is divided by zero");
    beyond = b == -1 && a == std::numeric_limits<std::int64_t>::min();
    if (!beyond) out = a / b;
  }
  if (beyond || !io::detail::holds(type, out))
    scope.fail("its result of " + text + " is beyond the range of " + onnx_type_name(type));
  return out;
}

/// Whether floats, which round to nearest, make the same of it.
inline bool is_float_exactly(const Approximation& number) {
  return number.error == 0 && static_cast<double>(static_cast<float>(number.value)) == number.value;
}

/// a / b of a b that is exact, as far as one double holds it.
inline Approximation quotient(Approximation a, double b) {
  Folded out(a);
  out *= reciprocal(b);
  const double value = a.value / b;
  const double missed = std::fma(-value, b, a.value);
  const bool small = std::abs(a.value) < std::numeric_limits<double>::min() * 0x1p60 ||
                     std::abs(value) < std::numeric_limits<double>::min() * 0x1p60;
  if (a.error == 0 && missed == 0 && (!small || a.value == 0)) return {value, 0};
  return out.rounded();
}

inline Approximation real(const OnnxScope& scope, Approximation a, Approximation b) {
  const std::string& op = scope.node().op_type;
  if (!std::isfinite(a.value) || !std::isfinite(b.value))
    scope.fail("a constant that is not finite cannot be computed with");
  if (op == "Div" && (b.value == 0 || b.error != 0))
    scope.fail(b.value == 0 ? "a constant is divided by zero"
                            : "a division by a constant that no double holds exactly is not "
                              "supported");
  if (op == "Div") return quotient(a, b.value);
  Folded out(a);
  if (op == "Sub") b.value = -b.value;
  if (op == "Mul")
    out *= b;
  else
    out += b;
  return out.rounded();
}

}  // namespace detail

/// Add, Sub, Mul, Div of two constants of one type.
inline void fold_arithmetic(OnnxScope& scope) {
  scope.want_operands(2, 2);
  const OnnxValue &a = scope.operand(0), &b = scope.operand(1);
  const OnnxType type = a.constant->type;
  OnnxShape shape = broadcast_shape(scope, a.shape, b.shape);
  scope.count_spread(extent(shape));
  const auto in_a = spread_indices(a.shape, shape), in_b = spread_indices(b.shape, shape);
  const auto each = [&](const auto& left, const auto& right, auto visit) {
    for (std::size_t i = 0; i < in_a.size(); ++i)
      visit(i, left[static_cast<std::size_t>(in_a[i])], right[static_cast<std::size_t>(in_b[i])]);
  };
  OnnxTensor made;
  made.type = is_whole(type) ? type : OnnxType::float64;
  if (is_whole(type)) {
    if (type == OnnxType::boolean || b.constant->type != type)
      scope.fail("constants of types " + onnx_type_name(type) + " and " +
                 onnx_type_name(b.constant->type) + " cannot be computed with");
    each(detail::integers_of(scope, 0), detail::integers_of(scope, 1),
         [&](std::size_t, std::int64_t x, std::int64_t y) {
           made.integers.push_back(detail::whole(scope, type, x, y));
         });
  } else {
    want_float(scope, *b.constant);
    made.rounds = a.constant->rounds || b.constant->rounds || element_bytes(type) < 4 ||
                  element_bytes(b.constant->type) < 4;
    made.numbers.resize(in_a.size());
    each(read_approximations(*a.constant), read_approximations(*b.constant),
         [&](std::size_t i, const Approximation& x, const Approximation& y) {
           const Approximation number = detail::real(scope, x, y);
           if (!detail::is_float_exactly(number)) made.rounds = true;
           io::detail::put_number(made.numbers, made.errors, i, number);
         });
  }
  scope.give(scope.made_constant(std::move(made), std::move(shape)));
}

inline void fold_negate(OnnxScope& scope) {
  scope.want_operands(1, 1);
  const OnnxValue& x = scope.operand(0);
  OnnxTensor made;
  made.type = x.constant->type;
  if (is_whole(made.type)) {
    for (const std::int64_t number : detail::integers_of(scope, 0)) {
      if (number == std::numeric_limits<std::int64_t>::min() ||
          !io::detail::holds(made.type, -number))
        scope.fail("the negative of " + std::to_string(number) + " is beyond the range of " +
                   onnx_type_name(made.type));
      made.integers.push_back(-number);
    }
  } else {
    for (const double number : read_numbers(*x.constant)) made.numbers.push_back(-number);
    made.errors = x.constant->errors, made.rounds = x.constant->rounds;
  }
  scope.give(scope.made_constant(std::move(made), x.shape));
}

namespace detail {

/// What a cast to a narrower float may lose is charged: the number meant may be the one before or after it.
inline Approximation narrowed(const OnnxScope& scope, OnnxType to, Approximation number) {
  if (to == OnnxType::float64) return number;
  if (to != OnnxType::float32)
    scope.fail("a cast of constants to " + onnx_type_name(to) + " is not supported");
  const double value = static_cast<float>(number.value);
  if (std::isinf(value) && std::isfinite(number.value))
    scope.fail(std::to_string(number.value) + " is beyond the range of float");
  if (value == number.value || std::isnan(value)) return number;
  return {value, io::detail::up(number.error + std::abs(value - number.value))};
}

inline std::int64_t truncated(const OnnxScope& scope, OnnxType to, Approximation number) {
  if (number.error != 0)
    scope.fail("a constant that no double holds exactly cannot be cast to " + onnx_type_name(to));
  if (to == OnnxType::boolean) return number.value != 0;
  if (!(std::abs(number.value) < 0x1p62) ||
      !io::detail::holds(to, static_cast<std::int64_t>(number.value)))
    scope.fail(std::to_string(number.value) + " is beyond the range of " + onnx_type_name(to));
  return static_cast<std::int64_t>(number.value);
}

}  // namespace detail

inline void fold_cast(OnnxScope& scope) {
  scope.want_operands(1, 1);
  const OnnxValue& x = scope.operand(0);
  const auto to = static_cast<OnnxType>(scope.integer("to", 0));
  if (element_bytes(to) == 0) scope.fail("a cast to " + onnx_type_name(to) + " is not supported");
  OnnxTensor made;
  made.type = is_whole(to) ? to : OnnxType::float64;
  std::vector<Approximation> numbers;
  if (is_whole(x.constant->type)) {
    for (const std::int64_t number : detail::integers_of(scope, 0)) {
      if (is_whole(to)) {
        if (to != OnnxType::boolean && !io::detail::holds(to, number))
          scope.fail(std::to_string(number) + " is beyond the range of " + onnx_type_name(to));
        made.integers.push_back(to == OnnxType::boolean ? number != 0 : number);
        continue;
      }
      if (number > std::int64_t{1} << 53 || number < -(std::int64_t{1} << 53))
        scope.fail(std::to_string(number) + " is not a number of type double exactly");
      numbers.push_back({static_cast<double>(number), 0});
    }
  } else {
    numbers = read_approximations(*x.constant);
  }
  if (is_whole(to)) {
    if (x.constant->rounds)
      scope.fail("constant '" + x.constant->name +
                 "' is computed and not the same in floats: a cast to " + onnx_type_name(to) +
                 " may make another number of it");
    for (const Approximation& number : numbers)
      made.integers.push_back(detail::truncated(scope, to, number));
  } else {
    made.rounds = x.constant->rounds;
    made.numbers.resize(numbers.size());
    for (std::size_t i = 0; i < numbers.size(); ++i)
      io::detail::put_number(made.numbers, made.errors, i, detail::narrowed(scope, to, numbers[i]));
  }
  scope.give(scope.made_constant(std::move(made), x.shape));
}

/// Shape and Size of any tensor; a Shape may be cut to some of its axes.
inline void shape_of(OnnxScope& scope) {
  scope.want_operands(1, 1);
  const OnnxShape shape = scope.operand(0).shape;
  const auto rank = static_cast<std::int64_t>(shape.size());
  std::vector<std::int64_t> numbers;
  if (scope.node().op_type == "Size") {
    numbers = {extent(shape)};
    return scope.give(scope.made_constant(detail::whole_numbers(OnnxType::int64, numbers), {}));
  }
  const auto clamped = [&](std::int64_t axis) {
    return std::clamp(axis < 0 ? axis + rank : axis, std::int64_t{0}, rank);
  };
  const std::int64_t start = clamped(scope.integer("start", 0));
  const std::int64_t end = clamped(scope.integer("end", rank));
  for (std::int64_t axis = start; axis < end; ++axis)
    numbers.push_back(shape[static_cast<std::size_t>(axis)]);
  const auto count = static_cast<std::int64_t>(numbers.size());
  scope.give(
      scope.made_constant(detail::whole_numbers(OnnxType::int64, std::move(numbers)), {count}));
}

/// ConstantOfShape: one number, a float 0 unless said, as often as a shape says.
inline void constant_of_shape(OnnxScope& scope) {
  scope.want_operands(1, 1);
  const OnnxShape shape = read_integers(scope.constant(0));
  const std::int64_t elements =
      count_elements(shape, [&](const std::string& what) { scope.fail("its result " + what); });
  if (elements > OnnxScope::feature_limit)
    scope.fail("a result of shape " + to_string(shape) + " is too large");
  OnnxTensor made;
  made.type = OnnxType::float32;
  const auto* value = scope.attribute_of("value", OnnxAttribute::Kind::tensor);
  if (value && value->tensor.elements != 1) scope.fail("its value is not one number");
  if (value) made.type = value->tensor.type;
  scope.check_spread(elements);
  const auto count = static_cast<std::size_t>(elements);
  if (is_whole(made.type))
    made.integers.assign(count, read_integers(value->tensor)[0]);
  else
    made.numbers.assign(count, value ? read_numbers(value->tensor)[0] : 0);
  scope.give(scope.made_constant(std::move(made), shape));
}

/// Equal, of integers.
inline void fold_equal(OnnxScope& scope) {
  scope.want_operands(2, 2);
  const OnnxValue &a = scope.operand(0), &b = scope.operand(1);
  OnnxShape shape = broadcast_shape(scope, a.shape, b.shape);
  scope.count_spread(extent(shape));
  const auto in_a = spread_indices(a.shape, shape), in_b = spread_indices(b.shape, shape);
  const auto left = detail::integers_of(scope, 0), right = detail::integers_of(scope, 1);
  std::vector<std::int64_t> equal;
  for (std::size_t i = 0; i < in_a.size(); ++i)
    equal.push_back(left[static_cast<std::size_t>(in_a[i])] ==
                    right[static_cast<std::size_t>(in_b[i])]);
  scope.give(scope.made_constant(detail::whole_numbers(OnnxType::boolean, std::move(equal)),
                                 std::move(shape)));
}

/// Where, of integers.
inline void fold_where(OnnxScope& scope) {
  scope.want_operands(3, 3);
  const OnnxValue &condition = scope.operand(0), &a = scope.operand(1), &b = scope.operand(2);
  if (condition.constant->type != OnnxType::boolean || a.constant->type != b.constant->type)
    scope.fail("a choice between " + onnx_type_name(a.constant->type) + " and " +
               onnx_type_name(b.constant->type) + " by " +
               onnx_type_name(condition.constant->type) + " is not supported");
  OnnxShape shape =
      broadcast_shape(scope, condition.shape, broadcast_shape(scope, a.shape, b.shape));
  scope.count_spread(extent(shape));
  const auto in_condition = spread_indices(condition.shape, shape);
  const auto in_a = spread_indices(a.shape, shape), in_b = spread_indices(b.shape, shape);
  const auto chosen = detail::integers_of(scope, 0);
  const auto left = detail::integers_of(scope, 1), right = detail::integers_of(scope, 2);
  std::vector<std::int64_t> out;
  for (std::size_t i = 0; i < in_a.size(); ++i)
    out.push_back(chosen[static_cast<std::size_t>(in_condition[i])] != 0
                      ? left[static_cast<std::size_t>(in_a[i])]
                      : right[static_cast<std::size_t>(in_b[i])]);
  scope.give(scope.made_constant(detail::whole_numbers(a.constant->type, std::move(out)),
                                 std::move(shape)));
}

/// Range of integers.
inline void range(OnnxScope& scope) {
  scope.want_operands(3, 3);
  std::int64_t ends[3];
  for (std::size_t index = 0; index < 3; ++index) {
    const OnnxTensor& tensor = scope.constant(index);
    if (!is_whole(tensor.type) || tensor.elements != 1)
      scope.fail("operand '" + tensor.name + "' is not one integer; others are not supported");
    ends[index] = read_integers(tensor)[0];
    if (ends[index] > std::int64_t{1} << 60 || ends[index] < -(std::int64_t{1} << 60))
      scope.fail(std::to_string(ends[index]) + " is beyond what is supported");
  }
  const auto [start, limit, step] = ends;
  if (step == 0) scope.fail("a step of 0 has no meaning");
  const std::int64_t length = step > 0 ? limit - start : start - limit;
  const std::int64_t jump = step > 0 ? step : -step;
  const std::int64_t count = length > 0 ? (length - 1) / jump + 1 : 0;
  if (count > OnnxScope::feature_limit)
    scope.fail("a range of " + std::to_string(count) + " numbers is too large");
  scope.check_spread(count);
  std::vector<std::int64_t> numbers;
  for (std::int64_t i = 0; i < count; ++i) numbers.push_back(start + i * step);
  scope.give(scope.made_constant(detail::whole_numbers(scope.constant(0).type, std::move(numbers)),
                                 {count}));
}

}  // namespace shardbound::inline v0::io::onnx_rules
