// SPDX-License-Identifier: BSD-3-Clause

// The backend's dealings with memory, and the checked backend's promise to be no easier.

#include <doctest/doctest.h>

#include <tests/support/checked_backend.hpp>

#include <unistd.h>

using namespace shardbound;
using shardbound_test::CheckedBackend;

namespace {

/// Whether this process may read the byte: the kernel is asked, so that a no is no crash.
bool readable(const void* memory) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const bool yes = ::write(ends[1], memory, 1) == 1;
  ::close(ends[0]), ::close(ends[1]);
  return yes;
}

}  // namespace

TEST_CASE_TEMPLATE("numbers go in, are filled and come back", B, EigenBackend, CheckedBackend) {
  B backend;
  const Buffer<float, B> buffer(backend, 10, Category::weights);
  std::vector<float> host(10, 2.0f), back(10);
  backend.upload(buffer.data(), host.data(), 10);
  host.assign(10, 3.0f);  // too late to matter
  backend.fill(buffer.data() + 4, 2, 7.0f);
  backend.to_host(back.data(), buffer.data(), 10);
  for (std::size_t i = 0; i < 10; ++i) CHECK(back[i] == (i == 4 || i == 5 ? 7 : 2));
}

TEST_CASE_TEMPLATE("memory is booked, aligned, and refused in one sentence", B, EigenBackend,
                   CheckedBackend) {
  B backend;
  {
    const Buffer<double, B> a(backend, 3, Category::alpha), b(backend, 5, Category::alpha);
    CHECK(backend.memory().current(Category::alpha) == 64);
    CHECK(reinterpret_cast<std::uintptr_t>(b.data()) % 64 == 0);
  }
  CHECK(backend.memory().total() == 0);
  CHECK_THROWS_AS(backend.allocate(std::size_t{1} << 60, Category::weights), OutOfMemory);
  CHECK(backend.memory().total() == 0);
}

TEST_CASE("EigenBackend says what the memory was for") {
  CHECK_THROWS_WITH_AS(EigenBackend{}.allocate(std::size_t{1} << 60, Category::coefficients),
                       "no memory for 1152921504606846976 bytes of coefficients", OutOfMemory);
  CHECK(EigenBackend(0).threads() == 1);
}

TEST_CASE("the checked backend's memory is closed, late and full of NaN") {
  CheckedBackend backend;
  const Buffer<double, CheckedBackend> buffer(backend, 4, Category::weights);
  CHECK_FALSE(readable(buffer.data()));
  double host[4] = {};
  backend.to_host(host, buffer.data(), 4);
  for (double x : host) CHECK(std::isnan(x));
  backend.fill(buffer.data(), 4, 1.0);
  CHECK(backend.queued() == 1);
  backend.finish();
  CHECK(backend.queued() == 0);
  CHECK_FALSE(readable(buffer.data()));
  CHECK(readable(host));
}

TEST_CASE("the checked backend's memory is open while it is lent, with all work done") {
  CheckedBackend backend;
  const Buffer<double, CheckedBackend> buffer(backend, 4, Category::weights);
  backend.fill(buffer.data(), 4, 1.0);
  backend.lend();
  CHECK(backend.queued() == 0);
  CHECK(buffer.data()[3] == 1);
  backend.lend();
  backend.take_back();
  CHECK(readable(buffer.data()));  // the first loan goes on,
  backend.fill(buffer.data(), 4, 2.0);
  CHECK(buffer.data()[3] == 1);
  backend.finish();  // work in between
  CHECK(buffer.data()[3] == 2);
  const Buffer<double, CheckedBackend> more(backend, 4000, Category::weights);
  CHECK(readable(more.data()));  // and fresh memory
  CHECK(readable(more.data() + 3999));
  backend.take_back();
  CHECK_FALSE(readable(buffer.data()));
  CHECK_FALSE(readable(more.data()));
  CHECK_THROWS(backend.take_back());
}

TEST_CASE("freed blocks of the checked backend are joined and used again") {
  CheckedBackend backend;
  using Block = Buffer<std::byte, CheckedBackend>;
  Block a(backend, 1000, Category::workspace), b(backend, 1000, Category::workspace);
  Block c(backend, 1000, Category::workspace);
  const auto* first = a.data();
  b = {}, a = {}, c = {};
  CHECK(Block(backend, 3000, Category::workspace).data() == first);
}
