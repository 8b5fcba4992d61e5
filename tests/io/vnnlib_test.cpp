// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/io/vnnlib.hpp>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

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

TEST_CASE("a box with equal bounds is a box, one with crossed bounds an error with its line") {
  CHECK(property_of(boxed + "(assert (>= X_0 1))(assert (<= Y_0 1))").input_box(0).lower[0] == 1);
  CHECK(refusal(boxed + "\n(assert (>= X_0 1.5))(assert (<= Y_0 1))") ==
        "p:4: X_0 has no values left: its lower bound 1.5 is above its upper bound 1");
  CHECK(refusal(boxed + "(assert (or (<= Y_0 1)\n (and (<= X_1 1) (<= Y_0 2))))") ==
        "p:4: X_1 has no values left: its lower bound 2 is above its upper bound 1");
}

TEST_CASE("every input is bounded on both sides in every alternative") {
  CHECK(refusal(declared + "(assert (<= X_0 1))(assert (>= X_0 1))(assert (<= X_1 1))"
                           "(assert (<= Y_0 1))") == "p:2: X_1 has no lower bound");
  CHECK(refusal(declared + "(assert (>= X_0 1))(assert (<= Y_0 1))") ==
        "p:2: X_0 has no upper bound");
  CHECK(refusal(boxed + "").find("no constraint on the outputs") != std::string::npos);
  CHECK(refusal(boxed + "\n(assert (or (<= Y_0 1)\n (<= X_0 0)))") ==
        "p:5: no constraint on the outputs belongs to this box");
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
      CHECK_MESSAGE(region.box.lower == box["input"]["lower"].get<Numbers>(), path);
      CHECK_MESSAGE(region.box.upper == box["input"]["upper"].get<Numbers>(), path);
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
      CHECK_MESSAGE(rhs == box["spec_rows"]["rhs"].get<Numbers>(), path);
      CHECK_MESSAGE(conjunction == box["spec_rows"]["conjunction"].get<std::vector<std::size_t>>(),
                    path);
      ++compared;
    }
    if (oracle["boxes"].size() < 2) CHECK(property.regions.size() == oracle["boxes"].size());
  }
  CHECK(compared >= 30);
}
