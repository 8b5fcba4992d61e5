// SPDX-License-Identifier: BSD-3-Clause

// A network of any architecture, opened by the installed library.

#include <shardbound/runtime.hpp>

#include <cstdio>
#include <string>

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const auto property = shardbound::vnnlib::read(argv[2]);
  const auto network = shardbound::runtime::open(argv[1]);
  const auto verdict = shardbound::Verifier(*network, *network, property, {}).run();
  std::printf("%s\n", std::string(shardbound::to_string(verdict.answer)).c_str());
}
