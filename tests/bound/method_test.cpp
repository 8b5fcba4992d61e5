// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/bound/crown.hpp>
#include <shardbound/bound/crown_ibp.hpp>
#include <shardbound/bound/ibp.hpp>

using namespace shardbound;

namespace {

constexpr bool is(Method method, Intermediates intermediates, Descent descent) {
  return method.intermediates == intermediates && method.descent == descent;
}

}  // namespace

TEST_CASE("names stand for the useful pairs of choices") {
  CHECK(is(Ibp{}, Intermediates::interval, Descent::one_product));
  CHECK(is(CrownIbp{}, Intermediates::interval, Descent::input));
  CHECK(is(Crown{}, Intermediates::tightened, Descent::input));
  CHECK(is(Crown{Intermediates::textbook}, Intermediates::textbook, Descent::input));
  CHECK(is(Method{}, Intermediates::tightened, Descent::input));  // what users get
}

TEST_CASE("by default there is room for one domain and no rows") {
  const Capacity capacity;
  CHECK(capacity.domains == 1);
  CHECK(capacity.rows == 0);
  CHECK(capacity.wave == 0);
  CHECK(capacity.coefficient_bytes == 0);
}
