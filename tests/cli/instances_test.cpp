// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/cli/instances.hpp>
#include <tests/support/temporary.hpp>

#include <sstream>

using namespace shardbound;
using cli::InstanceTable;
using shardbound_test::Temporary;

namespace {

std::string refusal(const std::string& list) {
  const Temporary file("instances.csv", list);
  try {
    cli::read_instances(file.name());
  } catch (const FormatError& error) {
    const std::string said = error.what();
    CHECK(said.find(file.name()) == 0);
    return said.substr(file.name().size());
  }
  return {};
}

std::string text_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("paths are from the list's folder, whose name is the benchmark's") {
  const Temporary file("instances.csv", "onnx/a.onnx, p.vnnlib ,116.5\r\n\n./b.onnx,../q.vnnlib\n");
  const auto folder = std::filesystem::path(file.name()).parent_path();
  const auto all = cli::read_instances(file.name());
  REQUIRE(all.size() == 2);
  CHECK(all[0].benchmark == folder.filename().string());
  CHECK(all[0].network == (folder / "onnx/a.onnx").string());
  CHECK(all[0].property == (folder / "p.vnnlib").string());
  CHECK(all[0].limit == 116.5);
  CHECK(all[1].network == (folder / "b.onnx").string());
  CHECK(all[1].property == (folder.parent_path() / "q.vnnlib").string());
  CHECK(all[1].limit == 0);
}

TEST_CASE("lists that are none") {
  CHECK(refusal("") == ": holds no instances");
  CHECK(refusal("a.onnx\n") == ": line 1: has 1 fields where network, property and seconds belong");
  CHECK(refusal("a,b,c,d") == ": line 1: has 4 fields where network, property and seconds belong");
  CHECK(refusal("a,b,1\nc,d,soon\n") == ": line 2: 'soon' is no number of seconds");
  CHECK(refusal("a,b,-1\n") == ": line 1: '-1' is no number of seconds");
  CHECK(refusal("a,b,nan\n") == ": line 1: 'nan' is no number of seconds");
  CHECK_THROWS_WITH_AS(cli::read_instances("/nowhere/list.csv"),
                       doctest::Contains("/nowhere/list.csv: cannot be read"), FormatError);
}

TEST_CASE("a table is written line by line and gone on with") {
  const Temporary file("table.csv", "");
  const cli::InstanceLine a{"acasxu", "a.onnx", "p.vnnlib", 0}, b{"mnist", "b.onnx", "q.vnnlib", 0};
  {
    InstanceTable table(file.name());
    CHECK(!table.has(a));
    table.add(a, "unsat", 0.25);
  }
  CHECK(text_of(file.name()) == "acasxu,a.onnx,p.vnnlib,unsat,0.25\n");
  InstanceTable table(file.name());
  CHECK(table.has(a));
  CHECK(!table.has(b));
  table.add(b, "sat", 1);
  const auto& sums = table.by_benchmark();
  REQUIRE(sums.size() == 2);
  CHECK(sums.at("acasxu").counts[0] == 1);  // unsat
  CHECK(sums.at("acasxu").seconds == 0.25);
  CHECK(sums.at("mnist").counts[1] == 1);  // sat
}

TEST_CASE("a line that was not written to its end is done again") {
  const Temporary file("table.csv", "b,a.onnx,p.vnnlib,unsat,0.25\nb,b.onnx,q.vnnlib,uns");
  const InstanceTable table(file.name());
  CHECK(table.has({"b", "a.onnx", "p.vnnlib", 0}));
  CHECK(!table.has({"b", "b.onnx", "q.vnnlib", 0}));
  CHECK(text_of(file.name()) == "b,a.onnx,p.vnnlib,unsat,0.25\n");
}

TEST_CASE("another file is not taken for a table, and is left alone") {
  for (const char* text : {"a,b,c,perhaps,1\n", "a,b,c,sat\n", "a,b,c,sat,soon\n", "some text\n"}) {
    const Temporary file("table.csv", text);
    CHECK_THROWS_WITH_AS(InstanceTable{file.name()}, doctest::Contains("line 1"), FormatError);
    CHECK(text_of(file.name()) == text);
  }
}
