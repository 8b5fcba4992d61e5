// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/io/file_kind.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace shardbound;

TEST_CASE("what is found under a network's name is called what it is") {
  const auto kind = [](const std::string& bytes) {
    return io::file_kind(io::InputFile::from_bytes(bytes, "f"));
  };
  const auto starts = [&](const std::string& bytes, const std::string& said) {
    return kind(bytes).starts_with("is " + said);
  };
  CHECK(starts("version https://git-lfs.github.com/spec/v1\noid", "a Git LFS pointer"));
  CHECK(starts(std::string("PK\x03\x04", 4) + "rest", "a zip archive"));
  CHECK(starts("net.onnx" + std::string(249, '\0') + "ustar", "a tar archive"));
  CHECK(starts("\n  <!DOCTYPE html>\n<html>", "an HTML page"));
  CHECK(starts("<HTML lang", "an HTML page"));
  CHECK(starts("<?xml version", "an XML text"));
  CHECK(starts("{\"message\": \"Not Found\"}", "a JSON text"));
  CHECK(starts("; a property\n(declare-const", "a text, perhaps a property"));
  CHECK(starts("\x89HDF\r\n", "an HDF5 file"));
  for (const char* other : {"", " ", "\x08\x07\x12\x07pytorch", "PK", "hello"})
    CHECK(kind(other).empty());
}
