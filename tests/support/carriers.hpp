// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Schedules carried out for all ranks in one thread, on plain arrays, over networks made linear: what a
// row becomes below times the values there is the row times the values above.

#include <shardbound/network/schedule.hpp>
#include <tests/support/random_network.hpp>

#include <doctest/doctest.h>

namespace shardbound_test {

using Rows = std::vector<std::vector<double>>;

inline double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// A network whose activations do nothing and whose biases are zero, and one input's values.
template <class Net>
struct Linearized {
  sb::PlanView plan = sb::PlanOf<Net>::view();
  HostNetwork numbers;
  Rows values;

  explicit Linearized(unsigned seed) : numbers(HostNetwork::random(sb::Network<Net>{}, seed)) {
    std::mt19937 random(seed);
    for (int v = 0; v < plan.size(); ++v) values.push_back(value(v, random));
  }
  const std::vector<double>& at(int node) const { return values[static_cast<std::size_t>(node)]; }
  bool scales(int v) const {
    return plan[v].kind == sb::NodeKind::pointwise && !plan.is_activation(v);
  }

 private:
  std::vector<double> value(int v, std::mt19937& random) const {
    std::vector<double> y(static_cast<std::size_t>(plan[v].features));
    const auto& own = numbers.numbers(v).weight;
    if (v == 0)
      for (double& x : y) x = uniform(random);
    std::size_t column = 0;
    for (int from : plan.inputs_of(v)) {
      const auto& x = at(from);
      for (std::size_t i = 0; i < x.size(); ++i)
        if (plan[v].kind == sb::NodeKind::product)
          for (std::size_t o = 0; o < y.size(); ++o) y[o] += own[o * x.size() + i] * x[i];
        else
          y[plan[v].kind == sb::NodeKind::concat ? column++ : i] +=
              scales(v) ? own[i] * x[i] : x[i];
    }
    return y;
  }
};

/// Ranks that carry rows down together, one dealt to each, all in one thread. Slots and buffers hold
/// garbage until they are written, and are as large as the schedule says.
template <class Net>
class Carriers {
 public:
  Carriers(const Linearized<Net>& net, int ranks, int start, int stop, sb::StartRows begin)
      : net_(net), plan_(net.plan), ranks_(ranks) {
    for (int rank = 0; rank < ranks; ++rank) layouts_.emplace_back(plan_, rank, ranks);
    for (const sb::Layout& layout : layouts_) {
      schedules_.emplace_back(plan_, layout, start, stop, begin);
      auto& slots = slots_.emplace_back();
      for (sb::index_t width : schedules_.back().slots())
        slots.emplace_back(static_cast<std::size_t>(width), NAN);
    }
    const sb::Schedule& first = schedules_.front();
    for (const sb::Schedule& schedule : schedules_) {  // all ranks exchange the same
      CHECK(schedule.slots() == first.slots());
      CHECK(schedule.sent() == first.sent());
      CHECK(schedule.received() == first.received());
      CHECK(schedule.traffic() == first.traffic());
      CHECK(schedule.is_joint() == first.is_joint());
      REQUIRE(schedule.steps().size() == first.steps().size());
    }
  }

  /// Rows, one for each rank, at the start; returns what is concretized.
  Rows carry(const Rows& rows) {
    Rows found;
    for (std::size_t i = 0; i < schedules_.front().steps().size(); ++i) {
      const sb::Step& step = schedules_.front().steps()[i];
      if (step.kind == sb::Step::Kind::concretize)
        for (int rank = 0; rank < ranks_; ++rank)
          found.push_back(part(dealt(rank, step.from, step.width), 0, step.width));
      else
        take(i, rows);
    }
    CHECK(traffic_ == schedules_.front().traffic());
    return found;
  }

 private:
  const sb::Step& step_of(int rank, std::size_t i) const {
    return schedules_[static_cast<std::size_t>(rank)].steps()[i];
  }
  const sb::Layout& layout(int rank) const { return layouts_[static_cast<std::size_t>(rank)]; }
  bool is_cut(int product, sb::WeightCut cut) const {
    return ranks_ > 1 && plan_[product].cut == cut;
  }
  sb::index_t block_leading(int node) const { return sb::padded(layout(0).widest_block(node)); }

  double* room(int rank, int slot, sb::index_t numbers) {
    auto& all = slots_[static_cast<std::size_t>(rank)].at(static_cast<std::size_t>(slot));
    REQUIRE(numbers <= static_cast<sb::index_t>(all.size()));
    return all.data();
  }
  // A rank's own row, `width` columns.
  double* dealt(int rank, int slot, sb::index_t width) {
    return room(rank, slot, sb::padded(width));
  }
  // Row `row` of all ranks' in a rank's joint tile on `node`.
  double* joint(int rank, int slot, int node, int row) {
    return room(rank, slot, ranks_ * block_leading(node)) + row * block_leading(node);
  }
  static std::vector<double> part(const double* from, sb::index_t first, sb::index_t count) {
    return {from + first, from + first + count};
  }
  static void put(const std::vector<double>& from, double* to, bool accumulate) {
    for (std::size_t k = 0; k < from.size(); ++k) to[k] = from[k] + (accumulate ? to[k] : 0);
  }
  // A collective that needs this much room, of which `each` goes from one rank to another.
  void exchanges(sb::index_t sent, sb::index_t received, sb::index_t each) {
    CHECK(sent <= schedules_.front().sent());
    CHECK(received <= schedules_.front().received());
    CHECK(schedules_.front().is_joint());
    traffic_ += (ranks_ - 1) * each;
  }

  // sum over some of W's rows o of a[o] W[o], at some of its columns
  std::vector<double> pulled(int product, const std::vector<double>& a, sb::Block rows,
                             std::span<const sb::FeatureRun> columns) const {
    const auto& w = net_.numbers.numbers(product).weight;
    const sb::index_t in = static_cast<sb::index_t>(w.size()) / plan_[product].features;
    std::vector<double> sums;
    for (const sb::FeatureRun& run : columns)
      for (sb::index_t c = run.first; c < run.first + run.count; ++c) {
        sums.push_back(0);
        for (sb::index_t r = 0; r < rows.count; ++r)
          sums.back() += a[static_cast<std::size_t>(r)] *
                         w[static_cast<std::size_t>((rows.first + r) * in + c)];
      }
    return sums;
  }

  // Through a matrix that is not RowSharded, rows[p] being row p of all ranks'.
  void multiply(const sb::Step& step, int product, const Rows& rows) {
    const int below = plan_.input_of(product);
    const sb::FeatureRun all{0, 0, plan_[below].features};
    const sb::Block whole{0, plan_[product].features};
    for (int rank = 0; rank < ranks_; ++rank)
      for (int row = 0; row < ranks_; ++row) {
        const auto& a = rows[static_cast<std::size_t>(row)];
        if (is_cut(product, sb::WeightCut::columns))
          put(pulled(product, a, whole, layout(rank).runs(below)), joint(rank, step.to, below, row),
              step.write == sb::Write::add);
        else if (row == rank)
          put(pulled(product, a, whole, {&all, 1}), dealt(rank, step.to, step.width),
              step.write == sb::Write::add);
      }
  }
  // The same through a RowSharded matrix, rows[q * P + p] being rank q's block of row p.
  void reduce(const sb::Step& step, int product, const Rows& blocks) {
    const sb::index_t width = sb::padded(step.width);
    exchanges(ranks_ * width, ranks_ * width, width);
    const sb::FeatureRun all{0, 0, step.width};
    for (int row = 0; row < ranks_; ++row)
      for (int rank = 0; rank < ranks_; ++rank)
        put(pulled(product, blocks[static_cast<std::size_t>(rank * ranks_ + row)],
                   sb::block_of(plan_[product].features, rank, ranks_), {&all, 1}),
            dealt(row, step.to, step.width), step.write == sb::Write::add || rank > 0);
  }

  void take(std::size_t i, const Rows& rows) {
    const sb::Step& step = step_of(0, i);
    switch (step.kind) {
      case sb::Step::Kind::select:
        if (step.node < 0) {
          for (int rank = 0; rank < ranks_; ++rank)
            put(rows[static_cast<std::size_t>(rank)], dealt(rank, step.to, step.width), false);
        } else if (is_cut(step.node, sb::WeightCut::rows)) {
          Rows blocks;
          for (int rank = 0; rank < ranks_; ++rank)
            for (const auto& row : rows) {
              const sb::Block own = sb::block_of(plan_[step.node].features, rank, ranks_);
              blocks.push_back(part(row.data(), own.first, own.count));
            }
          reduce(step, step.node, blocks);
        } else {
          multiply(step, step.node, rows);
        }
        return;
      case sb::Step::Kind::sweep:
        for (int rank = 0; rank < ranks_; ++rank) {
          if (!step.joint) sweep(step, 0, dealt(rank, step.from, step.width), step.width);
          for (int row = 0; step.joint && row < ranks_; ++row)
            for (const sb::FeatureRun& run : layout(rank).runs(step.node))
              sweep(step, run.first, joint(rank, step.from, step.node, row) + run.at, run.count);
        }
        return;
      case sb::Step::Kind::product: {
        REQUIRE(step.from != step.to);
        const sb::index_t width = plan_[step.node].features;
        Rows tiles;
        if (is_cut(step.node, sb::WeightCut::rows)) {
          for (int rank = 0; rank < ranks_; ++rank)
            for (int row = 0; row < ranks_; ++row)
              tiles.push_back(part(joint(rank, step.from, step.node, row), 0,
                                   sb::block_of(width, rank, ranks_).count));
          return reduce(step, step.node, tiles);
        }
        for (int rank = 0; rank < ranks_; ++rank)
          tiles.push_back(part(dealt(rank, step.from, width), 0, width));
        if (is_cut(step.node, sb::WeightCut::columns))
          exchanges(0, ranks_ * sb::padded(width), sb::padded(width));
        return multiply(step, step.node, tiles);
      }
      case sb::Step::Kind::copy:
        REQUIRE(step.from != step.to);
        for (int rank = 0; rank < ranks_; ++rank) {
          const sb::Step& own = step_of(rank, i);
          CHECK((own.joint || (own.column == step.column && own.width == step.width)));
          for (int row = 0; row < (own.joint ? ranks_ : 1); ++row) {
            const double* from = own.joint ? joint(rank, own.from, own.above, row)
                                           : dealt(rank, own.from, own.from_width);
            double* to =
                own.joint ? joint(rank, own.to, own.node, row) : dealt(rank, own.to, own.width);
            put(part(from, own.column, own.width), to, own.write == sb::Write::add);
          }
        }
        return;
      case sb::Step::Kind::to_split:
      case sb::Step::Kind::to_full: {
        REQUIRE(step.from != step.to);
        const bool splits = step.kind == sb::Step::Kind::to_split;
        const sb::index_t leading = block_leading(step.node);
        exchanges(splits ? ranks_ * leading : 0, ranks_ * leading, leading);
        for (int row = 0; row < ranks_; ++row)
          for (int rank = 0; rank < ranks_; ++rank)
            for (const sb::FeatureRun& run : layout(rank).runs(step.node)) {
              if (splits)
                put(part(dealt(row, step.from, step.from_width), step.column + run.first,
                         run.count),
                    joint(rank, step.to, step.node, row) + run.at, step.write == sb::Write::add);
              else
                put(part(joint(rank, step.from, step.node, row), run.at, run.count),
                    dealt(row, step.to, step.width) + run.first, step.write == sb::Write::add);
            }
        return;
      }
      case sb::Step::Kind::pull: return;  // of kinds that these networks do not have
      case sb::Step::Kind::charge:        // these leave numbers as they are
      case sb::Step::Kind::keep:
      case sb::Step::Kind::concretize: return;
    }
  }
  // `count` columns from feature `first` on
  void sweep(const sb::Step& step, sb::index_t first, double* row, sb::index_t count) const {
    int v = step.node;
    for (int i = 0; i < plan_.length_of_chain(step.node); ++i, v = plan_.input_of(v))
      for (sb::index_t k = 0; net_.scales(v) && k < count; ++k)
        row[k] *= net_.numbers.numbers(v).weight[static_cast<std::size_t>(first + k)];
  }

  const Linearized<Net>& net_;
  sb::PlanView plan_;
  int ranks_;
  std::vector<sb::Layout> layouts_;
  std::vector<sb::Schedule> schedules_;
  std::vector<Rows> slots_;  // per rank
  sb::index_t traffic_ = 0;
};

}  // namespace shardbound_test
