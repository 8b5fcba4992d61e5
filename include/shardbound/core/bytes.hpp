// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Plain data as bytes and back, for ranks that tell each other what they found. Reader and writer are called in the same
// way, so that one function that visits the members of something serves both.

#include <shardbound/core/errors.hpp>

#include <cstddef>
#include <cstring>
#include <span>
#include <type_traits>
#include <vector>

namespace shardbound::inline v0 {

class ByteWriter {
 public:
  template <class T>
  void operator()(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    append(&value, sizeof value);
  }
  template <class T>
  void operator()(const std::vector<T>& values) {
    static_assert(std::is_trivially_copyable_v<T>);
    (*this)(values.size());
    append(values.data(), values.size() * sizeof(T));
  }
  const std::vector<std::byte>& bytes() const { return bytes_; }

 private:
  void append(const void* from, std::size_t size) {
    const auto* const first = static_cast<const std::byte*>(from);
    if (size > 0) bytes_.insert(bytes_.end(), first, first + size);
  }

  std::vector<std::byte> bytes_;
};

/// Throws CommError where there are fewer bytes than are asked for.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  bool is_at_end() const { return bytes_.empty(); }
  template <class T>
  void operator()(T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    take(&value, sizeof value);
  }
  template <class T>
  void operator()(std::vector<T>& values) {
    static_assert(std::is_trivially_copyable_v<T>);
    const auto size = next<std::size_t>();
    if (size > bytes_.size() / sizeof(T)) refuse();
    values.resize(size);
    take(values.data(), size * sizeof(T));
  }
  template <class T>
  T next() {
    T value{};
    (*this)(value);
    return value;
  }

 private:
  [[noreturn]] static void refuse() {
    throw CommError("a rank sent fewer bytes than what they are about takes");
  }
  void take(void* to, std::size_t size) {
    if (size > bytes_.size()) refuse();
    if (size > 0) std::memcpy(to, bytes_.data(), size);
    bytes_ = bytes_.subspan(size);
  }

  std::span<const std::byte> bytes_;
};

}  // namespace shardbound::inline v0
