// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/io/file.hpp>

#include <doctest/doctest.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <tests/support/temporary.hpp>

namespace {

using namespace shardbound;
using shardbound::io::InputFile;
using shardbound_test::Temporary;

std::string gzip(const std::string& text) {
  z_stream stream = {};
  REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 9, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(text.size() + 1024, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string text_of(std::size_t length) {
  std::string text;
  for (std::size_t i = 0; i < length; ++i) text += static_cast<char>('a' + (i * i / 7) % 26);
  return text;
}

std::string message(const auto& action) {
  try {
    action();
  } catch (const FormatError& error) {
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("names of a file stand in messages without control characters") {
  CHECK(shardbound::io::printable("a\x1b[2J\n\x7f\xc3\xa4") == "a?[2J??\xc3\xa4");
  CHECK(std::string(shardbound::io::format_error("f", "node '\t'").what()) == "f: node '?'");
}

TEST_CASE("a file is read at any offset") {
  const std::string text = text_of(100'000);
  const Temporary path("plain", text);
  const InputFile file(path.name());
  CHECK(file.size() == 100'000);
  CHECK(file.name() == path.name());
  CHECK(file.read_all(100'000) == text);
  char some[5] = {};
  file.read(99'995, some, 5);
  CHECK(std::string(some, 5) == text.substr(99'995));
  file.read(100'000, some, 0);
  CHECK(message([&] {
          file.read(99'996, some, 5);
        }).starts_with(path.name() + ": ends early, at byte 100000: "));
  CHECK_THROWS_AS(file.read(-1, some, 1), FormatError);
  CHECK_THROWS_AS(file.read(0, some, -1), FormatError);
  CHECK_THROWS_AS(file.read(std::int64_t{1} << 62, some, 1), FormatError);
  CHECK(message([&] { file.read_all(99'999); }).find("too large") != std::string::npos);
}

TEST_CASE("an offset beyond 4 GB is an offset like any other") {
  const Temporary path("sparse", "");
  const std::int64_t size = (std::int64_t{5} << 30) + 3;
  std::filesystem::resize_file(path.name(), static_cast<std::uintmax_t>(size));
  std::fstream(path.name(), std::ios::in | std::ios::out | std::ios::binary).seekp(size - 3)
      << "end";
  const InputFile file(path.name());
  CHECK(file.size() == size);
  char end[3] = {};
  file.read(size - 3, end, 3);
  CHECK(std::string(end, 3) == "end");
}

TEST_CASE("a gzip file looks like what it holds, several members included") {
  const std::string text = text_of(300'000);
  const Temporary path("packed.gz", gzip(text) + gzip("and more"));
  const InputFile file(path.name());
  CHECK(file.read_all(1 << 20) == text + "and more");
  CHECK(InputFile::from_bytes(gzip(""), "empty").size() == 0);
  CHECK(InputFile::from_bytes("\x1f", "one byte").size() == 1);
}

TEST_CASE("a gzip file that is cut anywhere is an error, never a shorter file") {
  const std::string whole = gzip(text_of(500));
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    const std::string said =
        message([&] { InputFile::from_bytes(whole.substr(0, cut), "cut.gz"); });
    CHECK_MESSAGE(said.starts_with("cut.gz: ends early, at byte " + std::to_string(cut)), said);
  }
}

TEST_CASE("a damaged gzip file is an error that names it") {
  std::string damaged = gzip(text_of(5000));
  damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 0x55);
  CHECK(message([&] { InputFile::from_bytes(damaged, "bad.gz"); }).starts_with("bad.gz: "));
  std::string checksum = gzip("text");
  checksum[checksum.size() - 5] = static_cast<char>(checksum[checksum.size() - 5] ^ 1);
  CHECK(message([&] { InputFile::from_bytes(checksum, "sum.gz"); }).find("damaged") !=
        std::string::npos);
  const std::string garbage = gzip("text") + "garbage";
  CHECK(message([&] { InputFile::from_bytes(garbage, "tail.gz"); }) ==
        "tail.gz: is damaged: what follows its compressed data at byte " +
            std::to_string(garbage.size() - 7) + " is not gzip");
}

TEST_CASE("what a gzip file inflates to is bounded") {
  const std::string bomb = gzip(std::string(std::size_t{10'000'000}, '\0'));
  CHECK(InputFile::from_bytes(bomb, "ok.gz", 10'000'000).size() == 10'000'000);
  CHECK(message([&] { InputFile::from_bytes(bomb, "bomb.gz", 9'999'999); }) ==
        "bomb.gz: is too large: it inflates to more than 9999999 bytes");
  CHECK_THROWS_AS(InputFile::from_bytes(bomb, "bomb.gz", 0), FormatError);
}

TEST_CASE("what is not a file is refused in one sentence") {
  CHECK(message([] { InputFile("/no/such/file"); }) ==
        "/no/such/file: cannot be opened: No such file or directory");
  CHECK(message([] { InputFile("/tmp"); }) == "/tmp: is a directory; a file is wanted");
  CHECK(message([] { InputFile("/dev/null"); }) == "/dev/null: is not a regular file");
  CHECK_FALSE(message([] { InputFile(""); }).empty());
}

TEST_CASE("a checksum tells files apart, and is that of what a gzip file holds") {
  const std::string text = "123456789";
  CHECK(InputFile::from_bytes(text, "a").checksum() == 0xcbf43926u);  // the well-known CRC-32
  CHECK(InputFile::from_bytes("", "b").checksum() == 0);
  std::string large(3'000'001, 'x');
  const auto before = InputFile::from_bytes(large, "c").checksum();
  large[2'999'999] = 'y';
  CHECK(InputFile::from_bytes(large, "d").checksum() != before);
}
