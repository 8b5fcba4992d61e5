// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/io/equal_networks.hpp>
#include <shardbound/io/vnnlib.hpp>

#include <string>

using namespace shardbound;
using namespace shardbound::vnnlib;

namespace {

Property joined(const std::string& relation, const std::string& assertions) {
  Query query = read_query_text(
      "(vnnlib-version <2.0>)(declare-network N (declare-input A real [2]) (declare-hidden G real "
      "[1] \"g\")"
      "(declare-output Y real [1]))(declare-network M (" +
          relation +
          " N) (declare-input B real [2])"
          "(declare-hidden H real [1] \"g\") (declare-output Z real [1]))"
          "(assert (and (>= A[0] 0) (<= A[0] 1) (>= A[1] 0) (<= A[1] 1)))" +
          assertions,
      "q");
  join_equal_networks(query);
  return query.property;
}
const std::string same = "(assert (== A[0] B[0]))(assert (== B[1] A[1]))";

}  // namespace

TEST_CASE("equal networks with equal inputs have equal outputs") {
  CHECK(joined("equal-to", same + "(assert (!= Y[0] Z[0]))").regions.empty());
  CHECK(joined("equal-to", same + "(assert (< H[0] G[0]))").regions.empty());
  CHECK(joined("equal-to", same + "(assert (>= (- Y[0] Z[0]) 0.5))").regions.empty());
  const Property left =
      joined("equal-to", same + "(assert (or (!= Y[0] Z[0]) (<= (+ Y[0] Z[0]) 1)))");
  REQUIRE(left.regions.size() == 1);
  REQUIRE(left.regions[0].unsafe.size() == 1);
  const Conjunction& set = left.regions[0].unsafe[0];
  CHECK(set.rows[4 * 8 + 1] == 2);  // the fifth row: 2 Y <= 1
  CHECK(set.rows[4 * 8 + 3] == 0);
  CHECK(joined("equal-to", same + "(assert (<= (- Y[0] Z[0]) 0))").regions.size() == 1);
}

TEST_CASE("nothing is known of networks that are only isomorphic, or of inputs that may differ") {
  CHECK(joined("isomorphic-to", same + "(assert (!= Y[0] Z[0]))").regions.size() == 1);
  CHECK(joined("equal-to", "(assert (== A[0] B[0]))(assert (!= Y[0] Z[0]))").regions.size() == 1);
  CHECK(joined("equal-to", "(assert (== A[0] B[1]))(assert (== A[1] B[0]))(assert (!= Y[0] Z[0]))")
            .regions.size() == 1);
  CHECK(joined("equal-to", "(assert (<= A[0] B[0]))(assert (== A[1] B[1]))(assert (!= Y[0] Z[0]))")
            .regions.size() == 1);
  CHECK(joined("equal-to",
               "(assert (== A[0] (+ B[0] 0.5)))(assert (== A[1] B[1]))(assert (!= Y[0] Z[0]))")
            .regions.size() == 1);
  CHECK(joined("equal-to",
               "(assert (== A[0] (* 2 B[0])))(assert (== A[1] B[1]))(assert (!= Y[0] Z[0]))")
            .regions.size() == 1);
  CHECK(joined("equal-to", same + "(assert (!= Y[0] G[0]))").regions.size() == 1);
}
