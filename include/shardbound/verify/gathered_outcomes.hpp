// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What ranks found about boxes of their own, on every rank.

#include <shardbound/verify/box_bounder.hpp>
#include <shardbound/verify/of_all_ranks.hpp>

#include <vector>

namespace shardbound::inline v0 {

namespace detail {

/// Calls visit(member) for all that an outcome holds.
template <class Outcome, class Visit>
void for_each_member(Outcome& outcome, Visit& visit) {
  visit(outcome.open);
  visit(outcome.share);
  if (outcome.open.empty()) return;
  visit(outcome.box.lower);
  visit(outcome.box.upper);
  visit(outcome.margin);
  visit(outcome.excess);
  visit(outcome.cuts);
  visit(outcome.point);
  visit(outcome.signs);
}

}  // namespace detail

/// The outcomes that find() gives on each rank, in their order, on all. Throws Cancelled on every rank where `find` does on
/// one. (all_gather)
template <class Find>
std::vector<OpenBox> gathered_outcomes(const Engine& engine, const Find& find) {
  std::vector<OpenBox> all;
  const auto told = of_all_ranks(engine, [&](ByteWriter& writer) {
    for (const OpenBox& one : find()) detail::for_each_member(one, writer);
  });
  for (const auto& bytes : told)
    for (ByteReader reader(bytes); !reader.is_at_end();)
      detail::for_each_member(all.emplace_back(), reader);
  return all;
}

}  // namespace shardbound::inline v0
