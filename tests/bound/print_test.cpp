// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/bound/print.hpp>

#include <sstream>

TEST_CASE("bounds are one line an output, and the stream is left as it was") {
  std::ostringstream out;
  shardbound::print(shardbound::OutputBounds<double>{{-0.25, 1.0 / 3}, {3, 2.0 / 3}, {0, 1.21e-15}},
                    out);
  CHECK(out.str() ==
        "Y_0   [-0.25, 3] +- 0\n"
        "Y_1   [0.333333333, 0.666666667] +- 1.3e-15\n");
  CHECK(out.precision() == 6);
}
