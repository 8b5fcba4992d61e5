// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Commands of a program that opens any file: the type of a network, and whole lists of instances.

#include <shardbound/cli/commands.hpp>
#include <shardbound/cli/instances.hpp>
#include <shardbound/io/generate.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <iomanip>
#include <iostream>
#include <string>
#include <vector>

namespace shardbound::inline v0::cli {

/// The type that a person would write for the file.
inline void run_generate(const Options& o) {
  const std::string text = io::network_header(io::read_onnx(o.onnx), o.type, "shardbound generate");
  if (o.output.empty())
    std::cout << text;
  else
    write_file(o.output, text);
}

inline void print_summary(const InstanceTable& table, std::ostream& out = std::cout) {
  InstanceTable::Sums all;
  const auto line = [&](const std::string& name, const InstanceTable::Sums& sums) {
    out << std::left << std::setw(28) << name << std::right;
    for (std::size_t count : sums.counts) out << std::setw(9) << count;
    out << std::setw(12) << std::fixed << std::setprecision(3) << sums.seconds << '\n';
  };
  out << '\n' << std::left << std::setw(28) << "benchmark" << std::right;
  for (const char* answer : InstanceTable::answers) out << std::setw(9) << answer;
  out << std::setw(12) << "seconds" << '\n';
  for (const auto& [name, sums] : table.by_benchmark()) {
    line(name, sums);
    for (std::size_t i = 0; i < sums.counts.size(); ++i) all.counts[i] += sums.counts[i];
    all.seconds += sums.seconds;
  }
  if (table.by_benchmark().size() > 1) line("all", all);
}

/// One line an instance as it is answered. What cannot be read or is not supported is a line as well, with its
/// sentence on standard error; a table that was begun is gone on with.
inline void run_instances(const Means& means, const Options& o) {
  std::vector<InstanceLine> instances;
  for (const std::string& list : o.instances)
    for (InstanceLine& one : read_instances(list)) instances.push_back(std::move(one));
  InstanceTable table = o.output.empty() ? InstanceTable() : InstanceTable(o.output);
  for (std::size_t i = 0; i < instances.size(); ++i) {
    const InstanceLine& one = instances[i];
    if (table.has(one)) continue;
    Options own = o;
    own.onnx = one.network;
    own.vnnlib = one.property;
    if (o.timeout == 0) own.timeout = one.limit;
    std::string answer = "error";
    std::uint64_t domains = 0;
    Stopwatch watch;
    try {
      const Verdict verdict =
          verify_property(means, own, question_of(own, operators_of(means))).verdict;
      answer = to_string(verdict.answer);
      domains = verdict.search.domains;
    } catch (...) {  // lack of memory as well
      std::cerr << "error: " << what_of(std::current_exception()) << '\n';
    }
    const double seconds = watch.seconds();
    table.add(one, answer, seconds);
    std::cout << std::right << std::setw(5) << i + 1 << " of " << instances.size() << "  "
              << std::left << std::setw(8) << answer << std::right << std::setw(10) << std::fixed
              << std::setprecision(3) << seconds << " s" << std::setw(9) << domains << " domains  "
              << one.network << "  " << one.property << std::endl;
  }
  print_summary(table);
}

}  // namespace shardbound::inline v0::cli
