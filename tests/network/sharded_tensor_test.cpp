// SPDX-License-Identifier: BSD-3-Clause

// A matrix cut in each of the four ways over any number of ranks: together they hold it bit by bit, each
// of them 1/P of it.

#include <doctest/doctest.h>

#include <shardbound/layer/linear.hpp>
#include <shardbound/network/plan_of.hpp>
#include <shardbound/network/sharded_tensor.hpp>
#include <tests/support/checked_backend.hpp>

#include <memory>

using namespace shardbound;
using shardbound_test::CheckedBackend;

namespace {

// A matrix of two panels.
constexpr index_t out = 1200, in = 1001, leading = padded(in);
static_assert(panel_count(out, in) == 2);
template <class P>
using Big = Sequential<Input<in>, Linear<out, P>>;
// A matrix whose columns are dealt out in two runs, and that has fewer groups of rows than 7 ranks.
template <class P>
using Small =
    Sequential<Input<6>,
               Concat<Sequential<Linear<16, RowSharded>>, Sequential<Linear<40, RowSharded>>>,
               Linear<45, P>>;

/// W (r, c), padding zero.
std::vector<float> matrix(index_t rows, index_t columns) {
  std::vector<float> all(static_cast<std::size_t>(rows * padded(columns)));
  for (index_t r = 0; r < rows; ++r)
    for (index_t c = 0; c < columns; ++c)
      all[static_cast<std::size_t>(r * padded(columns) + c)] =
          static_cast<float>(r * columns + c + 1);
  return all;
}

/// The last product of a network, as all ranks keep it.
template <class Net, class B>
struct Kept {
  static constexpr PlanView plan = PlanOf<Net>::view();
  static constexpr int node = plan.output(), input = plan.input_of(node);
  const index_t rows = plan[node].features, columns = plan[input].features;
  const std::vector<float> host = matrix(rows, columns);
  int ranks;
  std::vector<std::unique_ptr<B>> backends;
  std::vector<Layout> layouts;
  std::vector<ShardedTensor<float, B>> tensors;

  explicit Kept(int count) : ranks(count) {
    for (int rank = 0; rank < ranks; ++rank) {
      backends.push_back(std::make_unique<B>());
      layouts.emplace_back(plan, rank, ranks);
      tensors.emplace_back(*backends.back(), plan, layouts.back(), node, plan[node].cut);
    }
  }
  /// Gives every rank all rows, in strips.
  void upload(index_t strip) {
    for (index_t p = 0; p < panel_count(rows, columns); ++p) {
      const Block own = panel(rows, columns, p);
      for (index_t first = own.first; first < own.end(); first += strip) {
        const Block given{first, std::min(strip, own.end() - first)};
        for (auto& tensor : tensors)
          tensor.upload_rows(given, host.data() + first * padded(columns));
      }
    }
  }
  std::vector<float> read(int rank, const float* from, index_t count) const {
    std::vector<float> numbers(static_cast<std::size_t>(count));
    backends[static_cast<std::size_t>(rank)]->to_host(numbers.data(), from, count);
    return numbers;
  }
  const ShardedTensor<float, B>& of(int rank) const {
    return tensors[static_cast<std::size_t>(rank)];
  }
  /// Numbers that a rank keeps.
  index_t at_rest(int rank) const {
    const auto bytes =
        backends[static_cast<std::size_t>(rank)]->memory().current(Category::weights);
    return static_cast<index_t>(bytes / sizeof(float));
  }
  /// W's rows [first, first + count), and of their columns the runs, with zeros behind.
  std::vector<float> wanted(Block block, std::span<const FeatureRun> runs, index_t width) const {
    std::vector<float> numbers(static_cast<std::size_t>(block.count * padded(width)));
    for (index_t r = 0; r < block.count; ++r)
      for (const FeatureRun& run : runs)
        std::copy_n(host.data() + (block.first + r) * padded(columns) + run.first, run.count,
                    numbers.data() + r * padded(width) + run.at);
    return numbers;
  }
};

/// Whether a rank's panels, which need no gathering, are this block of W.
template <class Net, class B>
void check_block(const Kept<Net, B>& kept, int rank, Block rows,
                 std::span<const FeatureRun> columns, index_t width) {
  const auto& tensor = kept.of(rank);
  CHECK_FALSE(tensor.is_gathered());
  CHECK(tensor.rows() == rows);
  CHECK(tensor.width() == width);
  index_t next = rows.first;
  for (index_t p = 0; p < tensor.panels(); ++p) {
    const auto panel = tensor.panel(p);
    CHECK(panel.first == next);
    CHECK(panel.rows.columns == width);
    REQUIRE(panel.rows.leading == padded(width));
    CHECK(kept.read(rank, panel.rows.data, panel.rows.rows * padded(width)) ==
          kept.wanted({panel.first, panel.rows.rows}, columns, width));
    next += panel.rows.rows;
  }
  CHECK(next == rows.end());
  CHECK(tensor.keeps({0, kept.rows}) == (rows.count > 0));
  CHECK_FALSE(tensor.keeps({rows.end(), 0}));
  if (rows.first > 0) CHECK_FALSE(tensor.keeps({0, rows.first}));
}

template <class Net, class B>
void keeps_all(int ranks, index_t strip) {
  Kept<Net, B> kept(ranks);
  kept.upload(strip);
  const FeatureRun all{0, 0, kept.columns};
  for (int rank = 0; rank < ranks; ++rank) {
    check_block(kept, rank, {0, kept.rows}, {&all, 1}, kept.columns);
    CHECK(kept.at_rest(rank) == kept.rows * padded(kept.columns));
  }
}

template <class Net, class B>
void keeps_shares(int ranks, index_t strip) {
  if (ranks == 1) return keeps_all<Net, B>(ranks, strip);
  Kept<Net, B> kept(ranks);
  kept.upload(strip);
  const auto& first = kept.of(0);
  CHECK(first.is_gathered());
  CHECK(first.panels() == panel_count(kept.rows, kept.columns));
  index_t shares = 0;
  for (index_t p = 0; p < first.panels(); ++p) {
    std::vector<float> gathered;
    for (int rank = 0; rank < ranks; ++rank) {
      const auto share = kept.read(rank, kept.of(rank).share_of(p), first.share(p));
      gathered.insert(gathered.end(), share.begin(), share.end());
    }
    const auto panel = first.panel(p, gathered.data());
    const index_t numbers = panel.rows.rows * panel.rows.leading;
    CHECK(panel.first == shardbound::panel(kept.rows, kept.columns, p).first);
    CHECK(std::equal(gathered.begin(), gathered.begin() + numbers,
                     kept.host.begin() + panel.first * panel.rows.leading));
    CHECK(std::count(gathered.begin() + numbers, gathered.end(), 0.0f) ==
          static_cast<index_t>(gathered.size()) - numbers);
    const Block rows{panel.first, panel.rows.rows};
    for (int rank = 0; rank < ranks; ++rank) {  // rows are kept where a number of theirs is
      const Block share{rank * first.share(p), first.share(p)};
      for (index_t r = 0; r < rows.count; ++r) {
        const Block row{r * panel.rows.leading, panel.rows.leading};
        if (kept.of(rank).keeps({rows.first + r, 1}) != (intersection(row, share).count > 0))
          FAIL_CHECK("rank ", rank, ", row ", rows.first + r);
      }
    }
    CHECK(first.share(p) <= numbers / ranks + 2 * lanes);  // rounded up to a cache line
    shares += first.share(p);
  }
  for (int rank = 0; rank < ranks; ++rank) CHECK(kept.at_rest(rank) == shares);
}

template <class Net, class B>
void keeps_rows(int ranks, index_t strip) {
  Kept<Net, B> kept(ranks);
  kept.upload(strip);
  const FeatureRun all{0, 0, kept.columns};
  const index_t most = (padded(kept.rows) / lanes + ranks - 1) / ranks * lanes;
  for (int rank = 0; rank < ranks; ++rank) {
    check_block(kept, rank, block_of(kept.rows, rank, ranks), {&all, 1}, kept.columns);
    CHECK(kept.at_rest(rank) <= most * padded(kept.columns));  // rounded up to a group of rows
  }
}

template <class Net, class B>
void keeps_columns(int ranks, index_t strip) {
  if (ranks == 1) return keeps_all<Net, B>(ranks, strip);
  Kept<Net, B> kept(ranks);
  kept.upload(strip);
  const index_t runs = kept.plan.run_count(kept.input);
  const index_t most = padded(kept.columns) / ranks + runs * lanes;
  for (int rank = 0; rank < ranks; ++rank) {
    const auto& layout = kept.layouts[static_cast<std::size_t>(rank)];
    check_block(kept, rank, {0, kept.rows}, layout.runs(kept.input), layout.block(kept.input));
    CHECK(kept.at_rest(rank) <= kept.rows * most);  // rounded up to a group of every run's columns
  }
}

template <template <class> class Net, class B>
void holds_the_matrix(index_t strip) {
  for (int ranks : {1, 2, 3, 7, 16}) {
    CAPTURE(ranks);
    keeps_all<Net<Replicated>, B>(ranks, strip);
    keeps_shares<Net<FullySharded>, B>(ranks, strip);
    keeps_rows<Net<RowSharded>, B>(ranks, strip);
    keeps_columns<Net<ColSharded>, B>(ranks, strip);
  }
}

}  // namespace

TEST_CASE("ranks hold a matrix of two panels") { holds_the_matrix<Big, EigenBackend>(64); }
TEST_CASE_TEMPLATE("ranks hold a matrix with columns in two runs", B, EigenBackend,
                   CheckedBackend) {
  holds_the_matrix<Small, B>(45);
  holds_the_matrix<Small, B>(7);
}

TEST_CASE("rows to upload at once end where W's panel ends, however it is cut") {
  const index_t height = panel_height(out, in);
  for (int ranks : {1, 3}) {
    const Kept<Big<RowSharded>, EigenBackend> kept(ranks);
    CHECK(kept.of(ranks - 1).rows_to_panel_end(0) == height);
    CHECK(kept.of(ranks - 1).rows_to_panel_end(height - 1) == 1);
    CHECK(kept.of(ranks - 1).rows_to_panel_end(height) >= out - height);
  }
}

TEST_CASE_TEMPLATE("a tensor is zero until its panels are filled", B, EigenBackend,
                   CheckedBackend) {
  Kept<Big<Replicated>, B> kept(1);
  const auto first = kept.of(0).panel(0).rows, second = kept.of(0).panel(1).rows;
  kept.tensors[0].upload_rows({out - 1, 1}, kept.host.data() + (out - 1) * leading);
  const auto zeros = kept.read(0, first.data, first.rows * leading);
  CHECK(std::count(zeros.begin(), zeros.end(), 0.0f) == first.rows * leading);
  const auto last = kept.read(0, second.data + (second.rows - 1) * leading, leading);
  CHECK(std::equal(last.begin(), last.end(), kept.host.end() - leading));
}
