// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A handful of threads that share the rows of a tile. Which thread takes which rows never shows in a
// result: rows are independent, and no sum is split over threads. Several callers may share a pool: one of them has
// its threads for the length of a call, the others work alone meanwhile. Calls come close upon each other, so that
// whoever waits looks around for a while before it goes to sleep.

#include <shardbound/core/errors.hpp>
#include <shardbound/core/shape.hpp>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace shardbound::inline v0 {

class WorkerPool {
 public:
  /// Throws OutOfMemory if the system gives no more threads.
  explicit WorkerPool(int threads) {
    try {
      for (int worker = 1; worker < threads; ++worker)
        workers_.emplace_back([this, worker] { serve(worker); });
    } catch (const std::exception&) {
      const int started = size();
      close();
      throw OutOfMemory("the system gave " + std::to_string(started) + " threads where " +
                        std::to_string(threads) + " were wanted");
    }
  }
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;
  ~WorkerPool() { close(); }

  int size() const { return static_cast<int>(workers_.size()) + 1; }

  /// Calls work(thread, first, count) for blocks that cover [0, rows); blocks are multiples of
  /// row_group and at least least_rows where there are that many. Rethrows the first exception.
  template <class Work>
  void over_rows(index_t rows, const Work& work) {
    const index_t share = padded_rows((rows + size() - 1) / size());
    std::unique_lock mine(lent_, std::defer_lock);
    if (share >= rows || !mine.try_lock()) {
      if (rows > 0) work(0, index_t{0}, rows);
      return;
    }
    run([&](int thread) {
      const index_t first = thread * share;
      if (first >= rows) return;
      // A rest too small for a block of its own goes to the thread before it.
      const bool last = rows - first - share < least_rows;
      const index_t count = last ? rows - first : share;
      if (thread == 0 || rows - first >= least_rows) work(thread, first, count);
    });
  }

 private:
  void close() {
    {
      std::lock_guard lock(mutex_);
      closing_ = true;
    }
    wake_.notify_all();
    for (auto& worker : workers_) worker.join();
    workers_.clear();
  }

  void run(const std::function<void(int)>& job) {
    {
      std::lock_guard lock(mutex_);
      job_ = &job;
      pending_ = static_cast<int>(workers_.size());
      failure_ = nullptr;
      ++round_;
    }
    wake_.notify_all();
    attempt(job, 0);
    look_around([this] { return pending_ == 0; });
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return pending_ == 0; });
    job_ = nullptr;
    if (failure_) std::rethrow_exception(failure_);
  }

  // About as long as it takes to wake a thread.
  template <class Seen>
  static void look_around(const Seen& seen) {
    constexpr int glances = 100;
    for (int glance = 0; glance < glances && !seen(); ++glance) std::this_thread::yield();
  }

  void attempt(const std::function<void(int)>& job, int thread) {
    try {
      job(thread);
    } catch (...) {
      std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
    }
  }

  void serve(int thread) {
    std::uint64_t seen = 0;
    for (;;) {
      const std::function<void(int)>* job = nullptr;
      look_around([&] { return round_ != seen; });
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [&] { return closing_ || round_ != seen; });
        if (closing_) return;
        seen = round_;
        job = job_;
      }
      attempt(*job, thread);
      std::lock_guard lock(mutex_);
      if (--pending_ == 0) done_.notify_one();
    }
  }

  std::vector<std::thread> workers_;
  std::mutex lent_;  // to one caller
  std::mutex mutex_;
  std::condition_variable wake_, done_;
  const std::function<void(int)>* job_ = nullptr;
  std::exception_ptr failure_;
  std::atomic<std::uint64_t> round_ = 0;
  std::atomic<int> pending_ = 0;
  bool closing_ = false;
};

/// Calls body(begin, end) for blocks of [0, count), side by side where there is a pool.
template <class Body>
void over_blocks(WorkerPool* pool, std::size_t count, const Body& body) {
  if (!pool) return body(std::size_t{0}, count);
  pool->over_rows(static_cast<index_t>(count), [&](int, index_t first, index_t rows) {
    body(static_cast<std::size_t>(first), static_cast<std::size_t>(first + rows));
  });
}
/// Calls body(i) for each i of [0, count).
template <class Body>
void over_each(WorkerPool* pool, std::size_t count, const Body& body) {
  over_blocks(pool, count, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) body(i);
  });
}

}  // namespace shardbound::inline v0
