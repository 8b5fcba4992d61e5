// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/cli/policies.hpp>

using namespace shardbound;
using cli::policies_of;

namespace {

std::string refusal(const std::string& list) {
  try {
    policies_of(list);
  } catch (const ArgumentError& error) {
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("one word for the whole network") {
  CHECK(policies_of("replicated").cut == WeightCut::whole);
  CHECK(policies_of("fully-sharded").cut == WeightCut::panels);
  CHECK(policies_of("row-col").of == Policies::Of::rows_and_columns);
}

TEST_CASE("others for some layers, in any order") {
  const auto policies = policies_of("fully-sharded,fc1=row-sharded,3=col-sharded,a=b=replicated");
  CHECK(policies.cut == WeightCut::panels);
  const std::vector<std::pair<std::string, WeightCut>> layers = {
      {"fc1", WeightCut::rows}, {"3", WeightCut::columns}, {"a=b", WeightCut::whole}};
  CHECK(policies.layers == layers);
  CHECK(policies_of("1=fully-sharded,row-col").of == Policies::Of::rows_and_columns);
}

TEST_CASE("what means nothing is refused, with the nearest word") {
  CHECK(refusal("fully-shard") ==
        "--policy: there is no 'fully-shard', only replicated, fully-sharded and row-col, and "
        "LAYER=POLICY for one layer; did you mean fully-sharded?");
  CHECK(refusal("replicated,fc1=row-col") ==
        "--policy: there is no 'row-col' for a layer, only replicated, fully-sharded, row-sharded "
        "and col-sharded");
  for (const char* list : {"", ",", "replicated,", "fc1=", "=", "Replicated"})
    CHECK_MESSAGE(!refusal(list).empty(), list);
}
