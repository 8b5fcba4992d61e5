// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/core/memory.hpp>

#include <algorithm>
#include <new>

using namespace shardbound;

namespace {

/// The least that a Buffer asks of a backend; fresh memory is full of ones.
struct Heap {
  MemoryLedger ledger;
  void* allocate(std::size_t bytes, Category category) {
    ledger.book(category, bytes);
    void* memory = ::operator new(bytes);
    std::fill_n(static_cast<unsigned char*>(memory), bytes, static_cast<unsigned char>(0xff));
    return memory;
  }
  void deallocate(void* memory, std::size_t bytes, Category category) {
    ledger.release(category, bytes);
    ::operator delete(memory);
  }
  template <class T>
  void fill(T* to, index_t count, T value) {
    std::fill_n(to, count, value);
  }
};

}  // namespace

TEST_CASE("the ledger knows what is in use and the most there ever was") {
  MemoryLedger ledger;
  ledger.book(Category::weights, 100);
  ledger.book(Category::workspace, 50);
  ledger.release(Category::weights, 60);
  ledger.book(Category::workspace, 20);
  CHECK(ledger.current(Category::weights) == 40);
  CHECK(ledger.peak(Category::weights) == 100);
  CHECK(ledger.current(Category::workspace) == 70);
  CHECK(ledger.current(Category::alpha) == 0);
  CHECK(ledger.total() == 110);
  CHECK(ledger.total_peak() == 150);  // not the sum of the peaks, 170
  static_assert(category_names[static_cast<std::size_t>(Category::workspace)] == "workspace");
}

TEST_CASE("a buffer books what it holds and gives it back, once") {
  Heap heap;
  {
    Buffer<double, Heap> buffer(heap, 10, Category::coefficients);
    CHECK(heap.ledger.current(Category::coefficients) == 80);
    Buffer<double, Heap> other = std::move(buffer);
    CHECK(buffer.data() == nullptr);
    CHECK(other.size() == 10);
    other = Buffer<double, Heap>(heap, 3, Category::alpha);  // frees the ten
    CHECK(heap.ledger.current(Category::coefficients) == 0);
    CHECK(heap.ledger.current(Category::alpha) == 24);
    other = {};
    CHECK(heap.ledger.total() == 0);
  }
  CHECK(heap.ledger.total() == 0);
  CHECK(heap.ledger.total_peak() == 104);
}

TEST_CASE("zeros are asked for") {
  Heap heap;
  const auto zeros = Buffer<float, Heap>::zeros(heap, 9, Category::weights);
  CHECK(std::count(zeros.data(), zeros.data() + 9, 0.0f) == 9);
  const Buffer<float, Heap> anything(heap, 9, Category::weights);
  CHECK(anything.data()[0] != anything.data()[0]);
}

TEST_CASE("a buffer is seen as a matrix with padded rows") {
  Heap heap;
  const Buffer<float, Heap> buffer(heap, 3 * 16, Category::weights);
  const auto matrix = buffer.matrix(3, 10);
  CHECK(matrix.leading == 16);
  CHECK(matrix.data == buffer.data());
}
