// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/io/element_type.hpp>

using namespace shardbound::vnnlib;

TEST_CASE("types go by the standard's names") {
  CHECK(element_type("float32")->kind == ElementType::Kind::floating);
  CHECK(element_type("real")->kind == ElementType::Kind::real);
  CHECK(element_type("uint8")->bits == 8);
  CHECK_FALSE(element_type("uint8")->has_sign);
  CHECK_FALSE(element_type("foo"));
  CHECK_FALSE(element_type(""));
}

TEST_CASE("constants of integer types are whole and in range, those of others any number") {
  const auto is = [](const char* type, const char* written) {
    return is_constant_of(*element_type(type), written);
  };
  CHECK(is("float32", "1"));
  CHECK(is("real", "0.1"));
  CHECK(is("int8", "-128"));
  CHECK(is("int8", "127"));
  CHECK_FALSE(is("int8", "128"));
  CHECK_FALSE(is("int8", "-129"));
  CHECK(is("uint8", "255"));
  CHECK_FALSE(is("uint8", "-1"));
  CHECK_FALSE(is("uint8", "256"));
  CHECK(is("uint64", "18446744073709551615"));
  CHECK_FALSE(is("uint64", "18446744073709551616"));
  CHECK_FALSE(is("int64", "1.0"));
  CHECK_FALSE(is("bool", "1"));
}
