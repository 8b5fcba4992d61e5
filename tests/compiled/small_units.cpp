// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/cli/make_unit.hpp>
#include <tests/support/run_cli.hpp>

template <class T>
const shardbound::cli::Unit& shardbound_test::small_unit() {
  static const auto unit = shardbound::cli::make_unit<SmallNetwork, T>();
  return unit;
}

template const shardbound::cli::Unit& shardbound_test::small_unit<float>();
template const shardbound::cli::Unit& shardbound_test::small_unit<double>();
