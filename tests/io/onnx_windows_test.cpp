// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/io/onnx_windows.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

namespace {

using namespace shardbound;
using namespace shardbound::io;

struct Fixture {
  Fixture() {
    node.op_type = "Op";
    scope.enter(node);
  }
  Fixture& with(const std::string& name, const std::vector<std::int64_t>& numbers) {
    OnnxAttribute attribute;
    attribute.name = name, attribute.kind = OnnxAttribute::Kind::integers;
    attribute.integers = numbers;
    node.attributes.push_back(attribute);
    return *this;
  }
  std::int64_t count(std::int64_t in, onnx_rules::WindowEnd end) {
    return onnx_rules::windows_over(scope, {1, 1, in}, {3}, end).front().axis.out;
  }
  OnnxNode node;
  OnnxScope scope{std::make_shared<const InputFile>(InputFile::from_bytes("", "f.onnx"))};
};

using onnx_rules::WindowEnd;

}  // namespace

TEST_CASE_FIXTURE(Fixture, "windows that reach beyond the map count if they are wanted") {
  with("strides", {2});
  CHECK(count(6, WindowEnd::inside) == 2);
  CHECK(count(6, WindowEnd::beyond) == 3);
  CHECK(count(7, WindowEnd::beyond) == 3);
  CHECK(count(2, WindowEnd::beyond) == 1);
  CHECK_THROWS_AS(count(2, WindowEnd::inside), FormatError);
  CHECK_THROWS_AS(count(1, WindowEnd::beyond), FormatError);
}

TEST_CASE_FIXTURE(Fixture, "a window that begins behind the map never counts") {
  with("strides", {4}).with("pads", {0, 2});
  CHECK(count(4, WindowEnd::beyond) == 1);
  CHECK(count(5, WindowEnd::beyond) == 2);
}

TEST_CASE_FIXTURE(Fixture, "one axis is that of columns, two are rows and columns") {
  const auto two = onnx_rules::windows_over(scope, {1, 2, 5, 7}, {3, 1});
  const Geometry geometry = onnx_rules::geometry_of(two, 2, 4, 2);
  CHECK(geometry.rows.in == 5);
  CHECK(geometry.rows.out == 3);
  CHECK(geometry.columns.out == 7);
  CHECK(geometry.groups == 2);
  CHECK(onnx_rules::windowed_shape(1, 4, two) == OnnxShape{1, 4, 3, 7});
  const auto one = onnx_rules::windows_over(scope, {1, 2, 5}, {3});
  CHECK(onnx_rules::geometry_of(one, 2, 2, 1).rows == WindowAxis{});
  CHECK(onnx_rules::geometry_of(one, 2, 2, 1).columns.in == 5);
}
