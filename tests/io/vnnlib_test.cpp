// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/io/vnnlib.hpp>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <filesystem>
#include <string>
#include <tests/support/skip.hpp>
#include <tests/support/temporary.hpp>
#include <vector>

namespace {

using namespace shardbound;
using Numbers = std::vector<double>;

const std::string declared =
    "(declare-const X_0 Real)(declare-const X_1 Real)"
    "(declare-const Y_0 Real)(declare-const Y_1 Real)\n";
const std::string boxed =
    declared + "(assert (<= X_0 1))(assert (>= X_0 -1))(assert (<= X_1 3))(assert (>= X_1 2))\n";

Property property_of(const std::string& text) { return vnnlib::read_text(text, "p"); }

std::string refusal(const std::string& text) {
  try {
    property_of(text);
  } catch (const FormatError& error) {
    return error.what();
  }
  return {};
}

// Whether a number is `nearest` or the next double on this side of it.
bool is_outwards(double number, double nearest, int side) {
  return number == nearest || number == std::nextafter(nearest, side * 1e308);
}

}  // namespace

TEST_CASE("one box and a conjunction over several assertions") {
  const Property property = property_of(boxed + "(assert (<= Y_0 Y_1))(assert (>= Y_1 0.5))");
  CHECK(property.inputs == 2);
  CHECK(property.outputs == 2);
  REQUIRE(property.regions.size() == 1);
  CHECK(property.input_box(0) == Box{{-1, 2}, {1, 3}});
  REQUIRE(property.regions[0].unsafe.size() == 1);
  CHECK(property.regions[0].unsafe[0].rows == Numbers{1, -1, 0, -1});
  CHECK(property.regions[0].unsafe[0].rhs == Numbers{0, -0.5});
}

TEST_CASE("rows come in file order, whether in an or or beside it") {
  const Property property = property_of(
      boxed + "(assert (<= Y_0 1))(assert (or (<= Y_1 2) (<= Y_1 3)))(assert (<= Y_0 4))");
  REQUIRE(property.regions[0].unsafe.size() == 2);
  CHECK(property.regions[0].unsafe[0].rhs == Numbers{1, 2, 4});
  CHECK(property.regions[0].unsafe[1].rhs == Numbers{1, 3, 4});
}

TEST_CASE("bounds on an input intersect, and an or over inputs makes boxes") {
  const Property property = property_of(
      boxed +
      "(assert (<= X_0 0.5))"
      "(assert (or (and (>= X_0 0) (<= Y_0 0)) (and (<= X_1 2.5) (>= X_0 -9) (<= Y_0 1))))");
  REQUIRE(property.regions.size() == 2);
  CHECK(property.input_box(0) == Box{{0, 2}, {0.5, 3}});
  CHECK(property.input_box(1) == Box{{-1, 2}, {0.5, 2.5}});
}

TEST_CASE("equal boxes are one region with several conjunctions, in the order of the file") {
  const Property property =
      property_of(declared +
                  "(assert (or"
                  " (and (<= X_0 1) (>= X_0 0) (<= X_1 1) (>= X_1 0) (<= Y_0 1))"
                  " (and (<= X_0 2) (>= X_0 0) (<= X_1 1) (>= X_1 0) (<= Y_0 2))"
                  " (and (>= X_1 -0.0) (>= X_0 0) (<= X_1 1) (<= X_0 1) (<= Y_0 3))))");
  REQUIRE(property.regions.size() == 2);
  REQUIRE(property.regions[0].unsafe.size() == 2);
  CHECK(property.regions[0].unsafe[0].rhs == Numbers{1});
  CHECK(property.regions[0].unsafe[1].rhs == Numbers{3});
  CHECK(property.regions[1].unsafe[0].rhs == Numbers{2});
  // An alternative that says nothing new about inputs belongs to the common box too.
  const Property common =
      property_of(boxed + "(assert (or (<= Y_0 1) (and (<= X_0 9) (<= Y_0 2)) (<= Y_0 3)))");
  REQUIRE(common.regions.size() == 1);
  CHECK(common.regions[0].unsafe.size() == 3);
}

TEST_CASE("a box with equal bounds is a box, and an alternative of an empty one is dropped") {
  CHECK(property_of(boxed + "(assert (>= X_0 1))(assert (<= Y_0 1))").input_box(0).lower[0] == 1);
  CHECK(property_of(boxed + "(assert (>= X_0 1.5))(assert (<= Y_0 1))").regions.empty());
  const Property one = property_of(boxed + "(assert (or (<= Y_0 1) (and (<= X_1 1) (<= Y_0 2))))");
  REQUIRE(one.regions.size() == 1);
  CHECK(one.regions[0].unsafe.size() == 1);
  // Whether a set is empty is decided to the last digit, and by what is strict.
  CHECK(property_of(boxed + "(assert (> X_0 1))").regions.empty());
  CHECK(property_of(boxed + "(assert (< X_0 0.25))(assert (>= X_0 0.25))").regions.empty());
  CHECK(property_of(boxed + "(assert (<= X_0 0.1))(assert (>= X_0 0.1))").regions.size() == 1);
  CHECK(property_of(boxed + "(assert (<= X_0 0.1000000000000000000001))"
                            "(assert (>= X_0 0.1000000000000000000002))")
            .regions.empty());
  CHECK(property_of(boxed + "(assert (<= (* 3 X_0) 1))(assert (> (* 6 X_0) 2))").regions.empty());
}

TEST_CASE("coefficients may add up to round numbers") {
  const Property property =
      property_of(boxed + "(assert (<= (+ (* 500000000 Y_0) (* 500000000 Y_0)) -5))");
  const Conjunction& set = property.regions.at(0).unsafe.at(0);
  CHECK(set.rows[0] == 1e9 / 0x1p29);
  CHECK(set.rhs[0] == -5 / 0x1p29);
}

TEST_CASE("boxes are rounded outwards for proofs and inwards for points") {
  const auto region = [](const std::string& more) {
    const Property property = property_of(boxed + more);
    REQUIRE(property.regions.size() == 1);
    return property.regions[0];
  };
  const double below = std::nextafter(0.1, 0);
  CHECK(region("(assert (>= X_0 0.1))").box.lower[0] == below);
  CHECK(region("(assert (>= X_0 0.1))").point_box().lower[0] == 0.1);
  CHECK(region("(assert (<= X_0 0.1))").box.upper[0] == 0.1);
  CHECK(region("(assert (<= X_0 0.1))").point_box().upper[0] == below);
  CHECK(region("(assert (<= X_0 0.25))").points.lower.empty());  // the box itself
  CHECK(region("(assert (> X_0 0.25))").box.lower[0] == 0.25);
  CHECK(region("(assert (> X_0 0.25))").point_box().lower[0] == std::nextafter(0.25, 1));
  // No double is 0.1: the nearest is what points are tried at, unless a strict bound excludes it.
  const Region point = region("(assert (<= X_0 0.1))(assert (>= X_0 0.1))");
  CHECK(point.box.lower[0] == below);
  CHECK(point.box.upper[0] == 0.1);
  CHECK(point.points.lower[0] == 0.1);
  CHECK(point.points.upper[0] == 0.1);
  CHECK(point.is_between(0));
  const Region none = region("(assert (<= X_0 0.10000000000000000001))(assert (> X_0 0.1))");
  CHECK(none.points.lower[0] > none.points.upper[0]);
  CHECK_FALSE(none.is_between(0));
}

TEST_CASE("an input without bounds is infinite for proofs, and points are sought in a part") {
  const Property property = property_of(declared + "(assert (<= X_0 1))(assert (>= X_1 2e10))");
  REQUIRE(property.regions.size() == 1);
  const Region& region = property.regions[0];
  CHECK(std::isinf(region.box.lower[0]));
  CHECK(std::isinf(region.box.upper[1]));
  CHECK(region.points == Box{{-99, 2e10}, {1, 4e10}});
  CHECK_NOTHROW(check_box(region.points, 2, "points"));
  CHECK(property_of(declared).regions.at(0).points == Box{{-100, -100}, {100, 100}});
}

TEST_CASE("an alternative about inputs alone is a conjunction without rows") {
  const Property property = property_of(boxed + "(assert (or (<= X_0 0.5) (<= Y_0 0)))");
  REQUIRE(property.regions.size() == 2);
  CHECK(property.regions[0].box.upper[0] == 0.5);
  CHECK(property.regions[0].unsafe.at(0).size() == 0);
  CHECK(property.regions[1].unsafe.at(0).size() == 1);
}

TEST_CASE("strict rows are marked, and a threshold that no double is becomes the next one above") {
  const Property property =
      property_of(boxed + "(assert (< Y_0 1))(assert (<= Y_1 2))(assert (<= Y_1 0.3))");
  const Conjunction& set = property.regions[0].unsafe[0];
  CHECK(set.strict == std::vector<bool>{true, false, true});
  CHECK(set.rhs == Numbers{1, 2, std::nextafter(0.3, 1)});
  CHECK(property_of(boxed + "(assert (<= Y_0 1))").regions[0].unsafe[0].strict.empty());
}

TEST_CASE("inputs in rows are columns behind the outputs, and half-spaces cut the box as well") {
  const Property property = property_of(
      declared + "(assert (>= X_0 0))(assert (<= X_0 1))(assert (= X_0 X_1))(assert (< Y_0 X_1))");
  CHECK(property.observed == Observed::outputs_and_inputs);
  CHECK(property.outputs == 4);
  CHECK(property.network_outputs() == 2);
  REQUIRE(property.regions.size() == 1);
  CHECK(property.regions[0].box == Box{{0, 0}, {1, 1}});
  CHECK(property.regions[0].unsafe[0].rows == Numbers{0, 0, 1, -1, 0, 0, -1, 1, 1, 0, 0, -1});
  CHECK(property.regions[0].unsafe[0].strict == std::vector<bool>{false, false, true});
  CHECK(property_of(boxed + "(assert (>= (+ X_0 X_1) 5))").regions.empty());
}

TEST_CASE("a query of version 1 is one network, one of version 2 what it declares") {
  const auto one = vnnlib::read_query_text(boxed + "(assert (<= Y_0 X_1))", "p");
  CHECK(one.version == vnnlib::Query::Version::one);
  REQUIRE(one.networks.size() == 1);
  CHECK(one.networks[0].inputs[0].size() == 2);
  CHECK(one.networks[0].outputs[0].size() == 2);
  const auto two = vnnlib::read_query_text(
      "; a comment\n(vnnlib-version <2.0>)(declare-network N (declare-input X real [2]) "
      "(declare-output Y real [1,2]))"
      "(assert (<= X[0] 1))(assert (>= X[0] -1))(assert (<= X[1] 3))(assert (>= X[1] 2))"
      "(assert (<= Y[0,0] Y[0,1]))(assert (>= Y[0,1] 0.5))",
      "p");
  CHECK(two.version == vnnlib::Query::Version::two);
  const Property same = property_of(boxed + "(assert (<= Y_0 Y_1))(assert (>= Y_1 0.5))");
  REQUIRE(two.property.regions.size() == 1);
  CHECK(two.property.regions[0].box == same.regions[0].box);
  CHECK(two.property.regions[0].unsafe[0].rows == same.regions[0].unsafe[0].rows);
}

TEST_CASE("what the alternatives would be written out to is bounded") {
  std::string text;
  const auto say = [&](const char* before, int index, const char* after) {
    text += before;
    text += std::to_string(index);
    text += after;
  };
  for (int i = 0; i < 400; ++i) {
    say("(declare-const X_", i, " Real)");
    say("(declare-const Y_", i, " Real)");
    say("(assert (<= X_", i, " 1))");
    say("(assert (>= X_", i, " 0))\n");
  }
  std::string boxes = text + "(assert (or", rows = boxes;
  for (int i = 0; i < 99'000; ++i) {
    boxes += "(and (<= X_0 0.";
    boxes += std::to_string(i + 1'000'000);
    boxes += ") (<= Y_0 1))";
    rows += "(<= Y_0 1)";
  }
  CHECK(refusal(boxes + "))").find("hold more than 33554432") != std::string::npos);
  CHECK(refusal(rows + "))").find("hold more than 33554432 coefficients") != std::string::npos);
}

TEST_CASE("a file is read by its path, and a missing one is a sentence") {
  const shardbound_test::Temporary file("prop.vnnlib", boxed + "(assert (<= Y_0 1))");
  CHECK(vnnlib::read(file.name()).regions.size() == 1);
  CHECK_THROWS_AS(vnnlib::read("/no/such/file.vnnlib"), FormatError);
}

TEST_CASE("every property of the benchmarks is read") {
  const std::string shared = SHARDBOUND_SHARED_DIR "/benchmarks";
  if (!std::filesystem::exists(shared)) return shardbound_test::skip("no folder " + shared);
  int files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(shared)) {
    const std::string path = entry.path().string();
    if (!path.ends_with(".vnnlib.gz") && !path.ends_with(".vnnlib")) continue;
    CHECK_NOTHROW_MESSAGE(vnnlib::read(path), path);
    ++files;
  }
  CHECK(files > 300);
}

TEST_CASE("boxes, rows and conjunctions are those of the oracles") {
  const std::string folder = SHARDBOUND_SHARED_DIR "/oracles/";
  if (!std::filesystem::exists(folder)) return shardbound_test::skip("no folder " + folder);
  int compared = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (!entry.path().string().ends_with(".json.gz")) continue;
    const io::InputFile text(entry.path().string());
    const auto oracle = nlohmann::json::parse(text.read_all(std::int64_t{1} << 30));
    if (!oracle.contains("vnnlib")) continue;
    const std::string path = folder + std::string(oracle["vnnlib"]);
    const Property property = vnnlib::read(path);
    for (std::size_t k = 0; k < oracle["boxes"].size(); ++k) {
      const auto& box = oracle["boxes"][k];
      REQUIRE(k < property.regions.size());
      const Region& region = property.regions[k];
      // Those are to nearest: ours are the same, or the next ones outwards.
      const auto lower = box["input"]["lower"].get<Numbers>();
      const auto upper = box["input"]["upper"].get<Numbers>();
      REQUIRE(region.box.lower.size() == lower.size());
      for (std::size_t i = 0; i < lower.size(); ++i) {
        CHECK_MESSAGE(is_outwards(region.box.lower[i], lower[i], -1), path);
        CHECK_MESSAGE(is_outwards(region.box.upper[i], upper[i], 1), path);
      }
      Numbers rows, rhs;
      std::vector<std::size_t> conjunction;
      for (std::size_t c = 0; c < region.unsafe.size(); ++c) {
        const Conjunction& unsafe = region.unsafe[c];
        rows.insert(rows.end(), unsafe.rows.begin(), unsafe.rows.end());
        rhs.insert(rhs.end(), unsafe.rhs.begin(), unsafe.rhs.end());
        conjunction.insert(conjunction.end(), unsafe.rhs.size(), c);
      }
      Numbers expected;
      for (const auto& row : box["spec_rows"]["C"])
        for (const double entry_of_row : row) expected.push_back(entry_of_row);
      CHECK_MESSAGE(rows == expected, path);
      const auto nearest = box["spec_rows"]["rhs"].get<Numbers>();
      REQUIRE(rhs.size() == nearest.size());
      for (std::size_t i = 0; i < rhs.size(); ++i)
        CHECK_MESSAGE(is_outwards(rhs[i], nearest[i], 1), path);
      CHECK_MESSAGE(conjunction == box["spec_rows"]["conjunction"].get<std::vector<std::size_t>>(),
                    path);
      ++compared;
    }
    if (oracle["boxes"].size() < 2) CHECK(property.regions.size() == oracle["boxes"].size());
  }
  CHECK(compared >= 30);
}
