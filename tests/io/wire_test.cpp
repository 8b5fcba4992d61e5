// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/io/wire.hpp>

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <tests/support/onnx_writer.hpp>
#include <vector>

namespace {

using namespace shardbound;
using namespace shardbound::io;
using shardbound_test::WireWriter;

std::string message(const std::string& bytes, const auto& use) {
  try {
    const auto file = InputFile::from_bytes(bytes, "f");
    WireWindow window(file);
    WireReader reader(window);
    while (reader.next()) use(reader);
  } catch (const FormatError& error) {
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("fields come in file order with their values") {
  WireWriter out;
  out.integer(1, 300).integer(2, -1).float32(3, 1.5f).float64(4, -2.25).bytes(5, "hello");
  const auto file = InputFile::from_bytes(out.str(), "f");
  WireWindow window(file);
  WireReader reader(window);
  REQUIRE(reader.next());
  CHECK(reader.field() == 1);
  CHECK(reader.integer() == 300);
  REQUIRE(reader.next());
  CHECK(reader.integer() == -1);
  REQUIRE(reader.next());
  CHECK(reader.type() == WireType::fixed32);
  CHECK(reader.float32() == 1.5f);
  REQUIRE(reader.next());
  CHECK(reader.float64() == -2.25);
  REQUIRE(reader.next());
  CHECK(reader.text() == "hello");
  CHECK(reader.bytes().length == 5);
  CHECK(reader.bytes().end() == file.size());
  CHECK_FALSE(reader.next());
}

TEST_CASE("messages inside messages share one window, however large what is skipped") {
  WireWriter inner;
  inner.bytes(1, std::string(100'000, 'x')).integer(2, 7);
  WireWriter out;
  for (int i = 0; i < 3; ++i) out.message(9, inner);
  const auto file = InputFile::from_bytes(out.str(), "f");
  WireWindow window(file);
  WireReader reader(window);
  int found = 0;
  while (reader.next()) {
    WireReader nested(window, reader.bytes());
    while (nested.next())
      if (nested.field() == 2) found += static_cast<int>(nested.integer());
  }
  CHECK(found == 21);
}

TEST_CASE("repeated integers are read packed and one by one") {
  WireWriter out;
  out.integer(1, 5).bytes(1, WireWriter{}.varint(6).varint(1'000'000'007).str());
  std::vector<std::int64_t> numbers;
  CHECK(message(out.str(), [&](WireReader& reader) {
          reader.each_integer([&](std::int64_t number) { numbers.push_back(number); });
        }).empty());
  CHECK(numbers == std::vector<std::int64_t>{5, 6, 1'000'000'007});
}

TEST_CASE("what does not fit is refused with the byte where it starts") {
  const auto nothing = [](WireReader&) {};
  WireWriter longer;
  longer.integer(1, 3).tag(2, 2).varint(10).varint(1);
  CHECK(message(longer.str(), nothing) ==
        "f: byte 2: the file ends early, at byte 5: field 2 has 10 bytes, of which 1 are there");
  WireWriter endless;
  endless.tag(2, 2).varint(std::numeric_limits<std::uint64_t>::max());
  CHECK(message(endless.str(), nothing).find("field 2 has 1844") != std::string::npos);
  CHECK(message(std::string(20, '\xff'), nothing) == "f: byte 0: a number is damaged or cut short");
  CHECK(message(WireWriter{}.tag(1, 5).str() + "abc", nothing) ==
        "f: byte 0: the file ends early, at byte 4: a number is not complete");
  CHECK(message(WireWriter{}.tag(1, 1).str() + "abcdefg", nothing) ==
        "f: byte 0: the file ends early, at byte 8: a number is not complete");
  CHECK(message(WireWriter{}.integer(1, 3).str() + "\x88", nothing) ==
        "f: byte 2: the file ends early, at byte 3: a number is not complete");
  for (const std::uint32_t group : {3u, 4u, 6u, 7u})
    CHECK(message(WireWriter{}.tag(1, group).str(), nothing) ==
          "f: byte 0: no protobuf field starts here");
  CHECK(message(WireWriter{}.tag(0, 0).varint(1).str(), nothing) ==
        "f: byte 0: no protobuf field starts here");
}

TEST_CASE("what does not fit into a message inside the file is damage, not an early end") {
  const auto inside = [](const WireWriter& inner) {
    const auto file = InputFile::from_bytes(WireWriter{}.bytes(9, inner.str()).str(), "f");
    WireWindow window(file);
    WireReader reader(window);
    REQUIRE(reader.next());
    WireReader nested(window, reader.bytes());
    try {
      nested.next();
    } catch (const FormatError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK(inside(WireWriter{}.tag(2, 2).varint(10).varint(1)) ==
        "f: byte 2: field 2 is said to have 10 bytes where 1 are left");
  CHECK(inside(WireWriter{}.tag(1, 5).varint(1)) == "f: byte 2: a number is cut short");
  CHECK(inside(WireWriter{}.tag(1, 0)) == "f: byte 2: a number is damaged or cut short");
}

TEST_CASE("a field of the wrong type, a name that is no name, a list without end are refused") {
  CHECK(message(WireWriter{}.integer(4, 1).str(), [](WireReader& reader) { reader.text(); }) ==
        "f: byte 0: field 4 has the wrong wire type");
  CHECK(message(WireWriter{}.bytes(4, "x").str(), [](WireReader& reader) { reader.float32(); }) ==
        "f: byte 0: field 4 has the wrong wire type");
  CHECK(message(WireWriter{}.bytes(4, std::string(70'000, 'x')).str(), [](WireReader& reader) {
          reader.text();
        }).find("a name of 70000 bytes") != std::string::npos);
  CHECK(message(WireWriter{}.bytes(1, "\x80").str(), [](WireReader& reader) {
          reader.each_integer([](std::int64_t) {});
        }) == "f: byte 2: a number is damaged or cut short");
  std::vector<char> list;
  CHECK(message(WireWriter{}.integer(1, 1).str(), [&](WireReader& reader) {
          while (true) reader.append(list);
        }).find("more things") != std::string::npos);
}

TEST_CASE("a message outside its file is refused") {
  const auto file = InputFile::from_bytes("abc", "f");
  WireWindow window(file);
  CHECK_THROWS_AS(WireReader(window, {2, 2}), FormatError);
  CHECK_THROWS_AS(WireReader(window, {-1, 2}), FormatError);
  CHECK_THROWS_AS(WireReader(window, {0, std::numeric_limits<std::int64_t>::max()}), FormatError);
}
