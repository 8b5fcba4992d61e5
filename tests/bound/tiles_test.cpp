// SPDX-License-Identifier: BSD-3-Clause

// Tiles brought from one placement to another, beside plain loops over the matrix of everybody's rows.

#include <doctest/doctest.h>

#include <shardbound/bound/tiles.hpp>
#include <shardbound/comm/threads.hpp>
#include <shardbound/layer/activation.hpp>
#include <shardbound/layer/linear.hpp>
#include <tests/support/checked_backend.hpp>

#include <atomic>

using namespace shardbound;
using shardbound_test::CheckedBackend;

namespace {

// x - L45/r(1) - relu(2) - [L16/r(3) | L40/r(4)] - concat(5) - relu(6): one run of features, and two
using Net =
    Sequential<Input<6>, Linear<45, RowSharded>, ReLU,
               Concat<Sequential<Linear<16, RowSharded>>, Sequential<Linear<40, RowSharded>>>,
               ReLU>;
constexpr int split_nodes[] = {2, 5};
static_assert(PlanOf<Net>::view().run_count(5) == 2);
constexpr index_t height = 16;

/// Everybody's rows: number (r, c) of matrix `which`. Sums of three of them round.
double number(int which, index_t r, index_t c) {
  return (which % 3 - 1) * 1e16 + static_cast<double>(1 + which + 7 * r + c);
}

/// Tiles of one rank over a node of N features: two of each kind, and ways to fill and read them.
template <class B>
struct Bench {
  Network<Net, double, B> network;
  int node;
  index_t features = network.plan()[node].features, leading = padded(features),
          block_leading = padded(network.layout().widest_block(node));
  int rank = network.layout().rank(), ranks = network.layout().ranks();
  std::array<index_t, 2> widths = {leading, ranks* block_leading};
  std::array<index_t, 2> sizes = {height * widths[0], height* widths[1]};
  index_t room = ranks * std::max(leading, block_leading);
  Tiles<double, B> tiles{network, sizes, height* room, height* room};

  Bench(AnyCommunicator communicator, int split_node)
      : network(std::move(communicator)), node(split_node) {}

  Tile<double, Full> full() { return tiles.full_tile(0, height, features); }
  Tile<double, Split> split() { return tiles.split_tile(1, height, node); }

  /// Number `which` of this rank's rows, or of its columns of everybody's, with a clean padding.
  std::vector<double> dealt(int which) const {
    std::vector<double> all(static_cast<std::size_t>(height * leading));
    for (index_t r = 0; r < height; ++r)
      for (index_t c = 0; c < features; ++c)
        all[static_cast<std::size_t>(r * leading + c)] = number(which, rank * height + r, c);
    return all;
  }
  std::vector<double> joint(int which) const {
    std::vector<double> all(static_cast<std::size_t>(ranks * height * block_leading));
    for (index_t r = 0; r < ranks * height; ++r)
      for (const FeatureRun& run : network.layout().runs(node))
        for (index_t c = 0; c < run.count; ++c)
          all[static_cast<std::size_t>(r * block_leading + run.at + c)] =
              number(which, r, run.first + c);
    return all;
  }
  void write(double* to, const std::vector<double>& numbers) {
    network.backend().upload(to, numbers.data(), static_cast<index_t>(numbers.size()));
  }
  /// The columns of a tile, without what pads them.
  std::vector<double> read(const MatrixView<const double>& from) {
    std::vector<double> all(static_cast<std::size_t>(from.rows * from.columns));
    for (index_t r = 0; r < from.rows; ++r)
      network.backend().to_host(all.data() + r * from.columns, from.data + r * from.leading,
                                from.columns);
    return all;
  }
  static std::vector<double> columns(const std::vector<double>& padded_rows, index_t wide,
                                     index_t count) {
    std::vector<double> all;
    for (std::size_t at = 0; at < padded_rows.size(); at += static_cast<std::size_t>(wide))
      all.insert(all.end(), padded_rows.begin() + static_cast<std::ptrdiff_t>(at),
                 padded_rows.begin() + static_cast<std::ptrdiff_t>(at) + count);
    return all;
  }
  std::vector<double> dealt_columns(int which) const {
    return columns(dealt(which), leading, features);
  }
  std::vector<double> joint_columns(int which) const {
    if (network.layout().block(node) == 0) return {};
    return columns(joint(which), block_leading, network.layout().block(node));
  }
};

std::vector<double> sum(std::vector<double> a, const std::vector<double>& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] += b[i];
  return a;
}

/// body(bench) on every rank, for both kinds of cut and several numbers of ranks.
template <class B, class Body>
void everywhere(const Body& body) {
  for (int node : split_nodes)
    for (int ranks : {1, 2, 3, 4, 8}) {
      std::atomic<int> ran = 0;
      threads::run(ranks, [&](Threads& communicator) {
        Bench<B> bench(communicator, node);
        REQUIRE(bench.ranks == ranks);
        body(bench);
        ++ran;
      });
      CHECK(ran == ranks);
    }
}

}  // namespace

TEST_CASE_TEMPLATE("a Full tile is cut and joined again", B, EigenBackend, CheckedBackend) {
  everywhere<B>([](auto& bench) {
    const auto full = bench.full();
    const auto split = bench.split();
    bench.write(full.numbers.data, bench.dealt(0));
    bench.tiles.to_split(bench.node, full, split, Write::assign);
    CHECK(bench.read(split.numbers) == bench.joint_columns(0));
    bench.network.backend().fill(full.numbers.data, height * bench.leading, 99.0);
    bench.tiles.to_full(bench.node, split, full, Write::assign);
    CHECK(bench.read(full.numbers) == bench.dealt_columns(0));
  });
}

TEST_CASE_TEMPLATE("what is there is added to", B, EigenBackend, CheckedBackend) {
  everywhere<B>([](auto& bench) {
    const auto full = bench.full();
    const auto split = bench.split();
    bench.write(full.numbers.data, bench.dealt(0));
    bench.write(split.numbers.data, bench.joint(1));
    bench.tiles.to_split(bench.node, full, split, Write::add);
    CHECK(bench.read(split.numbers) == sum(bench.joint_columns(1), bench.joint_columns(0)));
    bench.write(split.numbers.data, bench.joint(2));
    bench.tiles.to_full(bench.node, split, full, Write::add);
    CHECK(bench.read(full.numbers) == sum(bench.dealt_columns(0), bench.dealt_columns(2)));
  });
}

TEST_CASE_TEMPLATE("some columns of a wider tile are cut", B, EigenBackend, CheckedBackend) {
  everywhere<B>([](auto& bench) {
    const index_t shift = 3, wide = bench.features + shift;
    std::array<index_t, 2> sizes = {height * padded(wide), height * bench.widths[1]};
    bench.tiles = {bench.network, sizes, height * bench.room, height * bench.room};
    std::vector<double> numbers(static_cast<std::size_t>(height * padded(wide)), 99);
    for (index_t r = 0; r < height; ++r)
      for (index_t c = 0; c < bench.features; ++c)
        numbers[static_cast<std::size_t>(r * padded(wide) + shift + c)] =
            number(0, bench.rank * height + r, c);
    const auto full = bench.tiles.full_tile(0, height, wide);
    const auto split = bench.split();
    bench.write(full.numbers.data, numbers);
    bench.tiles.to_split(bench.node, {full.numbers.column_range(shift, bench.features)}, split,
                         Write::assign);
    CHECK(bench.read(split.numbers) == bench.joint_columns(0));
  });
}

TEST_CASE_TEMPLATE("everybody's rows, in rank order", B, EigenBackend, CheckedBackend) {
  everywhere<B>([](auto& bench) {
    const auto full = bench.full();
    bench.write(full.numbers.data, bench.dealt(1));
    const auto all = bench.tiles.gather_rows(full);
    REQUIRE(all.rows == bench.ranks * height);
    REQUIRE(all.columns == bench.features);
    std::vector<double> wanted;
    for (index_t r = 0; r < all.rows; ++r)
      for (index_t c = 0; c < all.columns; ++c) wanted.push_back(number(1, r, c));
    CHECK(bench.read(all) == wanted);
  });
}

TEST_CASE_TEMPLATE("partial sums are added in rank order", B, EigenBackend, CheckedBackend) {
  everywhere<B>([](auto& bench) {
    const auto full = bench.full();
    const auto partial = bench.tiles.partial_tile(height, bench.features);
    REQUIRE(partial.numbers.rows == bench.ranks * height);
    std::vector<double> mine(static_cast<std::size_t>(partial.numbers.rows * bench.leading));
    for (index_t r = 0; r < partial.numbers.rows; ++r)
      for (index_t c = 0; c < bench.features; ++c)
        mine[static_cast<std::size_t>(r * bench.leading + c)] = number(bench.rank, r, c);
    auto wanted = bench.dealt_columns(0);
    for (int rank = 1; rank < bench.ranks; ++rank)
      wanted = sum(std::move(wanted), bench.dealt_columns(rank));

    bench.write(partial.numbers.data, mine);
    bench.tiles.reduce(partial, full, Write::assign);
    CHECK(bench.read(full.numbers) == wanted);
    bench.write(full.numbers.data, bench.dealt(5));
    bench.write(partial.numbers.data, mine);
    bench.tiles.reduce(partial, full, Write::add);
    CHECK(bench.read(full.numbers) == sum(bench.dealt_columns(5), wanted));
  });
}

TEST_CASE_TEMPLATE("two numbers a row are added and gathered together", B, EigenBackend,
                   CheckedBackend) {
  everywhere<B>([](auto& bench) {
    const index_t rows = bench.ranks * height;
    auto& backend = bench.network.backend();
    Buffer<double, B> partial(backend, 2 * rows, Category::workspace),
        full(backend, 2 * height, Category::workspace), all(backend, 2 * rows, Category::workspace);
    std::vector<double> terms, sums, everybodys;
    for (int plane = 0; plane < 2; ++plane) {
      for (index_t r = 0; r < rows; ++r) terms.push_back(number(bench.rank, r, plane));
      for (index_t r = 0; r < height; ++r) {
        double total = number(0, bench.rank * height + r, plane);
        for (int rank = 1; rank < bench.ranks; ++rank)
          total += number(rank, bench.rank * height + r, plane);
        sums.push_back(0.5 + total);
      }
    }
    bench.write(partial.data(), terms);
    backend.fill(full.data(), 2 * height, 0.5);
    bench.tiles.reduce_sums(partial.data(), full.data(), height);
    CHECK(bench.read({full.data(), 2, height, height}) == sums);

    std::vector<double> own;
    for (int plane = 0; plane < 2; ++plane) {
      for (index_t r = 0; r < height; ++r) own.push_back(number(plane, bench.rank * height + r, 0));
      for (index_t r = 0; r < rows; ++r) everybodys.push_back(number(plane, r, 0));
    }
    bench.write(full.data(), own);
    bench.tiles.gather_sums(full.data(), all.data(), height);
    CHECK(bench.read({all.data(), 2, rows, rows}) == everybodys);
  });
}
