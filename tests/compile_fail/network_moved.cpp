// expect: (use of deleted function|call to deleted constructor of).*Network
// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/shardbound.hpp>

using namespace shardbound;

using Net = Network<Sequential<Input<4>, Linear<8>>>;
void keep(Net& here) { Net elsewhere(std::move(here)); }
