// SPDX-License-Identifier: BSD-3-Clause

// Collectives on memory that only its backend and a communicator may touch, and sums over ranks whose
// bits are those of a loop over the ranks.

#include <doctest/doctest.h>

#include <shardbound/comm/threads.hpp>
#include <shardbound/network/exchange.hpp>
#include <tests/support/checked_backend.hpp>

#include <atomic>

using namespace shardbound;
using shardbound_test::CheckedBackend;

namespace {

constexpr index_t each = 5;

/// A number of rank `from`, for rank `to`. Their sum over `from` depends on its order: 1e16 swallows
/// what is small, unless it has been taken away before.
double number(int from, int to, index_t i) {
  const double small = 1 + from + 3 * to + static_cast<double>(i);
  return from == 0 ? 1e16 : from == 1 ? -1e16 : small;
}

/// One rank: its memory, and body(rank, exchange, backend) on each of P.
template <class B, class Body>
void on_each_of(int ranks, const Body& body) {
  std::atomic<int> ran = 0;
  threads::run(ranks, [&](Threads& communicator) {
    B backend;
    const Exchange<B> exchange(backend, communicator);
    REQUIRE(exchange.size() == ranks);
    REQUIRE(exchange.rank() == communicator.rank());
    body(exchange.rank(), exchange, backend);
    ++ran;
  });
  CHECK(ran == ranks);
}

template <class B>
Buffer<double, B> uploaded(B& backend, const std::vector<double>& numbers) {
  Buffer<double, B> buffer(backend, static_cast<index_t>(numbers.size()), Category::workspace);
  backend.upload(buffer.data(), numbers.data(), buffer.size());
  return buffer;
}
template <class B>
std::vector<double> read(B& backend, const Buffer<double, B>& buffer) {
  std::vector<double> numbers(static_cast<std::size_t>(buffer.size()));
  backend.to_host(numbers.data(), buffer.data(), buffer.size());
  return numbers;
}

/// What `from` sends, to rank 0, 1, ...
std::vector<double> sent_by(int from, int ranks) {
  std::vector<double> all;
  for (int to = 0; to < ranks; ++to)
    for (index_t i = 0; i < each; ++i) all.push_back(number(from, to, i));
  return all;
}

}  // namespace

TEST_CASE_TEMPLATE("everyone's numbers, in rank order", B, EigenBackend, CheckedBackend) {
  for (int ranks : {1, 2, 3, 8})
    on_each_of<B>(ranks, [&](int rank, const auto& exchange, B& backend) {
      std::vector<double> mine, all;
      for (index_t i = 0; i < each; ++i) mine.push_back(number(rank, 0, i));
      for (int from = 0; from < ranks; ++from)
        for (index_t i = 0; i < each; ++i) all.push_back(number(from, 0, i));
      const auto in = uploaded(backend, mine);
      const Buffer<double, B> out(backend, ranks * each, Category::communication);
      const Buffer<double, B> place(backend, ranks * each, Category::communication);

      exchange.all_gather(in.data(), out.data(), each);
      CHECK(read(backend, out) == all);
      backend.upload(place.data() + rank * each, mine.data(), each);  // where it will stand anyway
      exchange.all_gather(place.data() + rank * each, place.data(), each);
      CHECK(read(backend, place) == all);

      // In two parts, with work and a look at other memory in between.
      backend.fill(out.data(), ranks * each, 0.0);
      exchange.begin_all_gather(in.data(), out.data(), each);
      backend.fill(place.data(), ranks * each, 7.0);
      CHECK(read(backend, place) == std::vector<double>(all.size(), 7.0));
      exchange.end_all_gather();
      CHECK(read(backend, out) == all);
      CHECK(exchange.communicator().received() ==
            3 * static_cast<std::uint64_t>((ranks - 1) * each) * sizeof(double));
    });
}

TEST_CASE_TEMPLATE("blocks go where they are meant for", B, EigenBackend, CheckedBackend) {
  for (int ranks : {1, 2, 3, 8})
    on_each_of<B>(ranks, [&](int rank, const auto& exchange, B& backend) {
      const auto in = uploaded(backend, sent_by(rank, ranks));
      const Buffer<double, B> out(backend, ranks * each, Category::communication);
      exchange.all_to_all(in.data(), out.data(), each);
      std::vector<double> wanted;
      for (int from = 0; from < ranks; ++from)
        for (index_t i = 0; i < each; ++i) wanted.push_back(number(from, rank, i));
      CHECK(read(backend, out) == wanted);
    });
}

TEST_CASE_TEMPLATE("sums have the bits of a loop over the ranks", B, EigenBackend, CheckedBackend) {
  for (int ranks : {1, 2, 3, 8})
    on_each_of<B>(ranks, [&](int rank, const auto& exchange, B& backend) {
      const auto partial = uploaded(backend, sent_by(rank, ranks));
      const Buffer<double, B> received(backend, ranks * each, Category::communication);
      const auto out = uploaded(backend, std::vector<double>(each, 0.5));
      std::vector<double> sum, backwards, more;
      for (index_t i = 0; i < each; ++i) {
        sum.push_back(number(0, rank, i));
        for (int from = 1; from < ranks; ++from) sum.back() += number(from, rank, i);
        backwards.push_back(number(ranks - 1, rank, i));
        for (int from = ranks - 2; from >= 0; --from) backwards.back() += number(from, rank, i);
        more.push_back(0.5 + sum.back());
      }
      REQUIRE((ranks < 3 || sum != backwards));  // or the order would not show

      exchange.reduce_scatter(partial.data(), received.data(), out.data(), each, Write::assign);
      CHECK(read(backend, out) == sum);
      backend.fill(out.data(), each, 0.5);
      exchange.reduce_scatter(partial.data(), received.data(), out.data(), each, Write::add);
      CHECK(read(backend, out) == more);
    });
}

TEST_CASE("rank 0 has the say") {
  for (int ranks : {1, 2, 3, 8})
    on_each_of<EigenBackend>(ranks, [](int rank, const auto& exchange, auto&) {
      CHECK(exchange.agree(true));
      CHECK_FALSE(exchange.agree(false));
      CHECK(exchange.agree(rank == 0));
      CHECK_FALSE(exchange.agree(rank != 0));
    });
}

namespace {

/// Threads whose collectives stand in the checked backend's queue.
class Queued : public Threads {
 public:
  explicit Queued(Threads inner, std::atomic<int>* looks = nullptr)
      : Threads(std::move(inner)), looks_(looks) {}

  bool follows(void* queue) const { return queue != nullptr; }
  void all_gather(const void* in, void* out, std::size_t bytes, void* queue = nullptr) {
    later(queue, [this, in, out, bytes] { Threads::all_gather(in, out, bytes); });
  }
  void begin_all_gather(const void* in, void* out, std::size_t bytes, void* queue = nullptr) {
    all_gather(in, out, bytes, queue);
  }
  void end_all_gather() {}
  void all_to_all(const void* in, void* out, std::size_t bytes, void* queue = nullptr) {
    later(queue, [this, in, out, bytes] { Threads::all_to_all(in, out, bytes); });
  }
  Queued subgroup(int colour) { return Queued(Threads::subgroup(colour), looks_); }
  void look() {
    if (looks_) ++*looks_;
    Threads::look();
  }

 private:
  template <class Work>
  void later(void* queue, const Work& work) {
    if (!queue) return work();
    static_cast<CheckedBackend*>(queue)->later(work);
  }

  std::atomic<int>* looks_;
};

}  // namespace

TEST_CASE(
    "collectives of those who follow a queue stand in it, and waiting for it looks after them") {
  std::atomic<int> looks = 0;
  threads::run(3, [&](Threads& communicator) {
    CheckedBackend backend;
    const Exchange<CheckedBackend> exchange(backend, Queued(communicator, &looks));
    const int rank = exchange.rank();
    std::vector<double> numbers(3 * each);
    for (int to = 0; to < 3; ++to)
      for (index_t i = 0; i < each; ++i)
        numbers[static_cast<std::size_t>(to * each + i)] = number(rank, to, i);
    const auto partial = uploaded(backend, numbers);
    Buffer<double, CheckedBackend> received(backend, 3 * each, Category::communication),
        sum(backend, each, Category::workspace), all(backend, 3 * each, Category::workspace);
    backend.finish();
    exchange.reduce_scatter(partial.data(), received.data(), sum.data(), each, Write::assign);
    exchange.begin_all_gather(sum.data(), all.data(), each);
    exchange.end_all_gather();
    REQUIRE(backend.queued() == 3);  // all_to_all, sum, all_gather: nobody has waited
    const auto found = read(backend, all);
    for (int to = 0; to < 3; ++to)
      for (index_t i = 0; i < each; ++i)
        CHECK(found[static_cast<std::size_t>(to * each + i)] ==
              (number(0, to, i) + number(1, to, i)) + number(2, to, i));
  });
  CHECK(looks > 0);
}
