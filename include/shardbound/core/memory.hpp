// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Memory that is measured, not guessed: every allocation of a backend is booked under a category, whichever
// of its rank's threads makes it.

#include <shardbound/core/views.hpp>

#include <unistd.h>

#include <array>
#include <cstddef>
#include <mutex>
#include <string_view>
#include <utility>

namespace shardbound::inline v0 {

enum class Category { weights, gathered, coefficients, alpha, communication, workspace };

inline constexpr std::size_t category_count = 6;
inline constexpr std::array<std::string_view, category_count> category_names = {
    "weights", "gathered", "coefficients", "alpha", "communication", "workspace"};

/// Whether memory is made, or only booked: what is set up on a backend that counts says how much it would
/// take, and can compute nothing.
enum class Allocation { real, counted };

/// Bytes in use by category, and the most there ever were.
class MemoryLedger {
 public:
  void book(Category category, std::size_t bytes) {
    auto& entry = current_[static_cast<std::size_t>(category)];
    entry += bytes;
    total_ += bytes;
    auto& peak = peak_[static_cast<std::size_t>(category)];
    peak = entry > peak ? entry : peak;
    total_peak_ = total_ > total_peak_ ? total_ : total_peak_;
  }
  void release(Category category, std::size_t bytes) {
    current_[static_cast<std::size_t>(category)] -= bytes;
    total_ -= bytes;
  }

  std::size_t current(Category category) const {
    return current_[static_cast<std::size_t>(category)];
  }
  std::size_t peak(Category category) const { return peak_[static_cast<std::size_t>(category)]; }
  std::size_t total() const { return total_; }
  std::size_t total_peak() const { return total_peak_; }

 private:
  std::array<std::size_t, category_count> current_{}, peak_{};
  std::size_t total_ = 0, total_peak_ = 0;
};

/// Bytes of memory that this machine has.
inline std::size_t host_memory() {
  const long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGE_SIZE);
  return pages > 0 && size > 0 ? static_cast<std::size_t>(pages) * static_cast<std::size_t>(size)
                               : 0;
}

/// A ledger that several threads book in; what is read is a copy.
class SharedLedger {
 public:
  void book(Category category, std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    ledger_.book(category, bytes);
  }
  void release(Category category, std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    ledger_.release(category, bytes);
  }
  MemoryLedger read() const {
    const std::lock_guard lock(mutex_);
    return ledger_;
  }

 private:
  mutable std::mutex mutex_;
  MemoryLedger ledger_;
};

/// An array that a backend allocated, freed with it. The memory may be a device's: see to_host. It
/// holds nothing in particular until it is written: whoever relies on zeros - in the padding of
/// features above all - takes `zeros`.
template <class T, class Backend>
class Buffer {
 public:
  Buffer() = default;
  Buffer(Backend& backend, index_t size, Category category)
      : backend_(&backend),
        data_(static_cast<T*>(
            backend.allocate(static_cast<std::size_t>(size) * sizeof(T), category))),
        size_(size),
        category_(category) {}
  static Buffer zeros(Backend& backend, index_t size, Category category) {
    Buffer buffer(backend, size, category);
    backend.fill(buffer.data_, size, T(0));
    return buffer;
  }
  Buffer(Buffer&& other) noexcept { swap(other); }
  Buffer& operator=(Buffer&& other) noexcept {
    Buffer(static_cast<Buffer&&>(other)).swap(*this);
    return *this;
  }
  ~Buffer() {
    if (data_) backend_->deallocate(data_, static_cast<std::size_t>(size_) * sizeof(T), category_);
  }

  T* data() const { return data_; }
  index_t size() const { return size_; }
  MatrixView<T> matrix(index_t rows, index_t columns) const {
    return {data_, rows, columns, padded(columns)};
  }

 private:
  void swap(Buffer& other) noexcept {
    std::swap(backend_, other.backend_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(category_, other.category_);
  }

  Backend* backend_ = nullptr;
  T* data_ = nullptr;
  index_t size_ = 0;
  Category category_ = Category::workspace;
};

}  // namespace shardbound::inline v0
