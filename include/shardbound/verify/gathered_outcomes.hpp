// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What ranks found about boxes of their own, on every rank: outcomes as bytes, and back.

#include <shardbound/bound/engine.hpp>
#include <shardbound/verify/box_bounder.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
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

/// The outcomes of all ranks, in their order; nothing if a rank, by null, says that it was stopped. (all_gather)
inline std::optional<std::vector<OpenBox>> gathered_outcomes(const Engine& engine,
                                                             const std::vector<OpenBox>* mine) {
  detail::OutcomeWriter writer;
  writer(std::uint8_t{mine != nullptr});
  if (mine)
    for (const OpenBox& one : *mine) detail::for_each_member(one, writer);
  std::vector<OpenBox> all;
  for (const std::vector<std::byte>& bytes : engine.all_gather(writer.bytes())) {
    detail::OutcomeReader reader(bytes);
    std::uint8_t whole = 0;
    reader(whole);
    if (whole == 0) return {};
    while (!reader.is_at_end()) detail::for_each_member(all.emplace_back(), reader);
  }
  return all;
}

}  // namespace shardbound::inline v0
