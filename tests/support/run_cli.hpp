// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The command lines of a verifier of the small network and of the program that opens any file, in this process. The
// front end and the units are compiled once for all tests (tests/compiled.cmake).

#include <shardbound/cli/unit.hpp>
#include <shardbound_front_end.hpp>
#include <tests/support/small_network.hpp>

#include <iostream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace shardbound_units {  // of shardbound::runtime
const shardbound::cli::Unit& float32();
const shardbound::cli::Unit& float64();
}  // namespace shardbound_units

namespace shardbound_test {

struct CliResult {
  int status;
  std::string out, err;
};

/// For float and double: tests/compiled/small_units.cpp.
template <class T>
const shardbound::cli::Unit& small_unit();

namespace detail {

inline CliResult run(std::vector<std::string> words,
                     const std::vector<const shardbound::cli::Unit& (*)()>& units,
                     shardbound::cli::Offer::Networks networks) {
  words.insert(words.begin(), "verifier");
  std::vector<const char*> argv;
  for (const auto& word : words) argv.push_back(word.c_str());
  std::ostringstream out, err;
  auto* const old_out = std::cout.rdbuf(out.rdbuf());
  auto* const old_err = std::cerr.rdbuf(err.rdbuf());
  const int status =
      shardbound_units::run(static_cast<int>(argv.size()), argv.data(), units,
                            {"replicated", "fully-sharded", "row-col"}, {}, "", networks);
  std::cout.rdbuf(old_out);
  std::cerr.rdbuf(old_err);
  return {status, out.str(), err.str()};
}

}  // namespace detail

inline CliResult run_cli(std::vector<std::string> words) {
  return detail::run(std::move(words), {&small_unit<float>, &small_unit<double>},
                     shardbound::cli::Offer::Networks::one_type);
}
inline CliResult run_any(std::vector<std::string> words) {
  return detail::run(std::move(words), {&shardbound_units::float32, &shardbound_units::float64},
                     shardbound::cli::Offer::Networks::any_file);
}

/// A property of the small network: over [-1, 2] x [-1, 1], y_0 >= threshold.
inline std::string small_vnnlib(const std::string& threshold) {
  return "(declare-const X_0 Real)\n(declare-const X_1 Real)\n(declare-const Y_0 Real)\n"
         "(declare-const Y_1 Real)\n(assert (>= X_0 -1))\n(assert (<= X_0 2))\n"
         "(assert (>= X_1 -1))\n(assert (<= X_1 1))\n(assert (>= Y_0 " +
         threshold + "))\n";
}

}  // namespace shardbound_test
