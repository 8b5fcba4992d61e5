// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/cli/output_file.hpp>
#include <tests/support/temporary.hpp>

#include <sstream>

using namespace shardbound;

TEST_CASE("a file is replaced whole, and nothing is left where it cannot be written") {
  const shardbound_test::Temporary file("out", "old");
  cli::write_file(file.name(), "new");
  std::ostringstream text;
  text << std::ifstream(file.name()).rdbuf();
  CHECK(text.str() == "new");
  CHECK_THROWS_WITH_AS(cli::write_file("/no/such/folder/x", "text"),
                       doctest::Contains("/no/such/folder/x"), ArgumentError);
  CHECK_FALSE(std::filesystem::exists(file.name() + ".unfinished"));
}
