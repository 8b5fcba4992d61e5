// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What ranks found about boxes of their own, on every rank: outcomes as bytes, and back.

#include <shardbound/bound/engine.hpp>
#include <shardbound/verify/box_bounder.hpp>

#include <cstddef>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

namespace detail {

class OutcomeWriter {
 public:
  template <class T>
  void operator()(const T& number) {
    const auto* const first = reinterpret_cast<const std::byte*>(&number);
    bytes_.insert(bytes_.end(), first, first + sizeof number);
  }
  template <class T>
  void operator()(const std::vector<T>& numbers) {
    (*this)(numbers.size());
    const auto* const first = reinterpret_cast<const std::byte*>(numbers.data());
    bytes_.insert(bytes_.end(), first, first + numbers.size() * sizeof(T));
  }
  const std::vector<std::byte>& bytes() const { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

class OutcomeReader {
 public:
  explicit OutcomeReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  bool is_at_end() const { return bytes_.empty(); }
  template <class T>
  void operator()(T& number) {
    take(&number, sizeof number);
  }
  template <class T>
  void operator()(std::vector<T>& numbers) {
    std::size_t size = 0;
    (*this)(size);
    numbers.resize(size);
    take(numbers.data(), size * sizeof(T));
  }

 private:
  void take(void* to, std::size_t size) {
    if (size == 0) return;
    std::memcpy(to, bytes_.data(), size);
    bytes_ = bytes_.subspan(size);
  }

  std::span<const std::byte> bytes_;
};

/// Calls visit(member) for all that an outcome holds.
template <class Outcome, class Visit>
void for_each_member(Outcome& outcome, Visit& visit) {
  visit(outcome.open);
  if (outcome.open.empty()) return;
  visit(outcome.box.lower);
  visit(outcome.box.upper);
  visit(outcome.margin);
  visit(outcome.cut);
  visit(outcome.point);
  visit(outcome.signs);
}

}  // namespace detail

/// The outcomes of all ranks, in their order. (all_gather)
inline std::vector<BoxOutcome> gathered_outcomes(const Engine& engine,
                                                 std::span<const BoxOutcome> mine) {
  detail::OutcomeWriter writer;
  for (const BoxOutcome& one : mine) detail::for_each_member(one, writer);
  std::vector<BoxOutcome> all;
  for (const std::vector<std::byte>& bytes : engine.all_gather(writer.bytes()))
    for (detail::OutcomeReader reader(bytes); !reader.is_at_end();)
      detail::for_each_member(all.emplace_back(), reader);
  return all;
}

}  // namespace shardbound::inline v0
