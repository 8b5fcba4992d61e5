// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/core/context.hpp>

using namespace shardbound;

namespace {

/// A rank that hears what rank 0 said, whatever it says itself.
struct Told {
  bool rank_0_says;
  bool agree(bool) const { return rank_0_says; }
  int rank() const { return 1; }
};
struct Alone {
  bool agree(bool yes) const { return yes; }
  int rank() const { return 0; }
};
struct Counting : Observer {
  void see(const Progress& progress) override { nodes += progress.node; }
  int nodes = 0;
};

}  // namespace

TEST_CASE("work goes on until somebody says stop, or the deadline passes") {
  CancelToken token;
  Alone alone;
  const Context<int, Alone> context{nullptr, &alone, &token};
  CHECK_NOTHROW(context.check());
  token.expire_at(CancelToken::Clock::now() + std::chrono::hours(1));
  CHECK_NOTHROW(context.check());

  SUBCASE("on request") { token.cancel(); }
  SUBCASE("at the deadline") { token.expire_at(CancelToken::Clock::now()); }
  CHECK(token.cancelled());
  CHECK_THROWS_AS(context.check(), Cancelled);
  CHECK_THROWS_AS(context.check(), Error);  // one type catches all of the library's
}

TEST_CASE("without a token nothing stops, and nobody is asked") {
  CHECK_NOTHROW(Context<int, Told>{}.check());
}

TEST_CASE("rank 0 decides for all") {
  CancelToken token;
  Told stop{true}, go_on{false};
  CHECK_THROWS_AS((Context<int, Told>{nullptr, &stop, &token}.check()), Cancelled);
  token.cancel();
  CHECK_NOTHROW(Context<int, Told>{nullptr, &go_on, &token}.check());
}

TEST_CASE("an observer hears of the work from rank 0 alone") {
  Counting observer;
  Alone first;
  Told other{false};
  Context<int, Alone>{nullptr, &first, nullptr, &observer}.report({.node = 7});
  CHECK(observer.nodes == 7);
  Context<int, Told>{nullptr, &other, nullptr, &observer}.report({.node = 7});
  Context<int, Alone>{}.report({.node = 7});  // nobody listens
  CHECK(observer.nodes == 7);
}
