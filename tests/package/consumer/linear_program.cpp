// SPDX-License-Identifier: BSD-3-Clause

// The greater of x and -x is least at 0.

#include <shardbound/clp.hpp>

#include <cmath>

int main() {
  const shardbound::Plane planes[] = {{{1}, 0}, {{-1}, 0}};
  const auto found = shardbound::clp::minimax({{-1}, {2}}, planes, nullptr);
  return found && std::abs(found->point[0]) < 1e-9 ? 0 : 1;
}
