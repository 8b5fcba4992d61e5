// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/core/context.hpp>

using namespace shardbound;

TEST_CASE("work goes on until somebody says stop, or the deadline passes") {
  CancelToken token;
  const Context<int, int> context{nullptr, nullptr, &token};
  CHECK_NOTHROW(context.check());
  token.expire_at(CancelToken::Clock::now() + std::chrono::hours(1));
  CHECK_NOTHROW(context.check());

  SUBCASE("on request") { token.cancel(); }
  SUBCASE("at the deadline") { token.expire_at(CancelToken::Clock::now()); }
  CHECK(token.cancelled());
  CHECK_THROWS_AS(context.check(), Cancelled);
  CHECK_THROWS_AS(context.check(), Error);  // one type catches all of the library's
}

TEST_CASE("without a token nothing stops") { CHECK_NOTHROW(Context<int, int>{}.check()); }
