// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/cli/progress.hpp>
#include <shardbound/verify/search_progress.hpp>

using namespace shardbound;

TEST_CASE("a search in words") {
  SearchProgress search;
  search.domains = 1234;
  search.open = 56;
  search.share = 0.125;
  search.worst = -0.03125;
  CHECK(cli::progress_text(search, 2) ==
        "1234 domains (617 a second), 56 open, 12.5 % refuted, worst bound -0.031");
  search.worst = 0;
  CHECK(cli::progress_text(search, 0) == "1234 domains, 56 open, 12.5 % refuted");
}

TEST_CASE("what several searches have done") {
  SearchProgress all{.domains = 3, .refuted = 1};
  all.add({.domains = 4, .refuted = 2, .open = 9, .undecided = 1});
  CHECK(all.domains == 7);
  CHECK(all.refuted == 3);
  CHECK(all.undecided == 1);
  CHECK(all.open == 0);
}
