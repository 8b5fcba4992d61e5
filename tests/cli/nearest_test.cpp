// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/cli/nearest.hpp>

using namespace shardbound::cli;

TEST_CASE("a letter that is wrong, missing, too many or swapped counts once") {
  CHECK(misspellings("verify", "verify") == 0);
  CHECK(misspellings("verifi", "verify") == 1);
  CHECK(misspellings("verfy", "verify") == 1);
  CHECK(misspellings("verrify", "verify") == 1);
  CHECK(misspellings("evrify", "verify") == 1);
  CHECK(misspellings("", "abc") == 3);
  CHECK(misspellings("abc", "") == 3);
  CHECK(misspellings("bca", "abc") == 2);
}

TEST_CASE("the nearest word, unless it is another word altogether") {
  const std::vector<std::string> commands = {"info", "bounds", "verify"};
  CHECK(nearest("bound", commands) == "bounds");
  CHECK(nearest("ifno", commands) == "info");
  CHECK(nearest("verfiy", commands) == "verify");
  CHECK(nearest("prove", commands).empty());
  CHECK(nearest("", commands).empty());
  CHECK(nearest("x", {"y", "z"}).empty());
  CHECK(did_you_mean("verfy", commands) == "; did you mean verify?");
  CHECK(did_you_mean("prove", commands).empty());
}

TEST_CASE("lists read as in a sentence") {
  CHECK(listed({"a"}) == "a");
  CHECK(listed({"a", "b"}) == "a and b");
  CHECK(listed({"a", "b", "c"}, "or") == "a, b or c");
  CHECK(listed({}).empty());
}
