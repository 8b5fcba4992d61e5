// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The splits of a list's rows, and their multipliers: by activation, for each row as many slots as any has neurons there
// that are split, from one side or from both. All of it lies on the rank whose rows they are.

#include <shardbound/bound/frozen_list.hpp>
#include <shardbound/bound/parts.hpp>
#include <shardbound/bound/split_lines.hpp>
#include <shardbound/bound/split_slots.hpp>
#include <shardbound/expr/slope_calls.hpp>
#include <shardbound/expr/split_calls.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <span>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

template <class T, class Backend>
class RowSplits {
 public:
  RowSplits() = default;
  /// What becomes of the parameters that parts begin with; where they stay no room is made for more.
  enum class Parameters { stay, are_optimised };

  /// Row e of `parts` is entry e of the list.
  RowSplits(const Instance<T, Backend>& network, const FrozenList<T, Backend>& list,
            std::span<const PartRow> parts, SplitLines<T, Backend>& lines,
            Parameters parameters = Parameters::are_optimised, WorkerPool* pool = nullptr)
      : network_(&network), rows_(list.own_rows()), slots_(network.plan(), parts, pool) {
    auto& backend = network.backend();
    for (const auto& found : slots_.by_activation()) {
      const int activation = found.first;
      Of own;
      own.count = padded(found.second.most);
      const index_t numbers = rows_ * own.count, height = list.most_height();
      own.neuron = {backend, numbers, Category::alpha};
      own.taken = {backend, height * own.count, Category::coefficients};
      own.optimised = parameters == Parameters::are_optimised;
      own.begin(backend, multiplier, numbers, height);
      // Where every neuron is on one side of 0, and bends there, that is all there is to know.
      const auto sides = found.second.at_zero ? lines.sides(activation) : std::nullopt;
      if (sides) {
        own.sides = *sides;
        own.side = {backend, numbers, Category::alpha};
      } else {
        own.numbers = {backend, expr::split_numbers * numbers, Category::alpha};
        own.above = {backend, numbers, Category::alpha};
        const auto frees = lines.frees(activation);
        for (const std::size_t side : {lower_line, upper_line})
          if (frees[side - lower_line]) own.begin(backend, side, numbers, height);
      }
      OnHost host(own, numbers);
      bool together = true;
      for (std::size_t e = 0; e < parts.size() && !sides; ++e) {
        const std::int32_t domain = list.entries()[e].domain;
        if (e == 0 || domain != list.entries()[e - 1].domain)
          together = lines.prepare(activation, domain);
      }
      over_each(together ? pool : nullptr, parts.size(), [&](std::size_t e) {
        if (!list.is_own(e)) return;
        const auto first = static_cast<std::size_t>(list.home(e) * own.count);
        for_each_of(parts[e], e, activation, [&](std::size_t i, std::size_t k) {
          host.narrow(first + k, parts[e].splits[i],
                      i < parts[e].multipliers.size() ? parts[e].multipliers[i] : 0);
        });
        if (sides) return;
        // Each neuron once: slots are dealt in the order of the splits.
        std::size_t drawn = 0;
        for_each_of(parts[e], e, activation, [&](std::size_t, std::size_t k) {
          if (k < drawn) return;
          ++drawn;
          host.draw(first + k, lines, activation, list.entries()[e].domain, parts[e].slopes.get());
        });
      });
      host.upload(backend, own);
      all_.emplace(activation, std::move(own));
    }
  }

  bool has(int activation) const { return all_.contains(activation); }
  /// The splits of an activation's neurons, and room for what a wave takes out.
  expr::SplitCall<T> call(int activation, const MatrixView<T>& tile,
                          const RowsView<T>& rows) const {
    const Of& own = all_.at(activation);
    return {tile,
            rows,
            {own.neuron.data(),
             own.side.data(),
             {own.sides[0], own.sides[1]},
             own.numbers.data(),
             own.neuron.size(),
             own.above.data(),
             own.count,
             own.parameters[multiplier].value.data(),
             own.parameters[lower_line].value.data(),
             own.parameters[upper_line].value.data()},
            own.taken.data()};
  }
  /// Says where a wave's gradients go.
  void fill(int activation, expr::SplitChainCall<T>& call) const {
    const Of& own = all_.at(activation);
    call.gradient = own.parameters[multiplier].gradient.data();
    call.lower_gradient = own.parameters[lower_line].gradient.data();
    call.upper_gradient = own.parameters[upper_line].gradient.data();
  }
  /// A step of some rows, for multipliers and for lines.
  void step(int activation, const RowsView<T>& rows, const T* multiplier_size,
            const T* line_size) const {
    const Of& own = all_.at(activation);
    for (std::size_t p = 0; p < own.parameters.size(); ++p) {
      if (!own.has(p)) continue;
      const Parameter& mine = own.parameters[p];
      expr::StepCall<T> call;
      call.rows = rows;
      call.gradient = mine.gradient.data();
      call.slots = own.count;
      call.value = mine.value.data();
      call.first = mine.first.data();
      call.second = mine.second.data();
      call.least = mine.least.data();
      call.most = mine.most.data();
      call.own_limits = true;
      call.size = p == multiplier ? multiplier_size : line_size;
      network_->backend().take_steps(call);
    }
  }
  /// Rows that have improved keep their parameters, unless all stay.
  void keep(const std::uint8_t* improved) const {
    for_each_parameter([&](const Of& own, const Parameter& mine) {
      network_->backend().keep_parameters(expr::KeepCall<T>{
          improved, rows_, own.count, mine.value.data(), mine.best.data(), SlopeStorage::exact});
    });
  }
  /// Every row takes up what it kept.
  void take_up() const {
    for_each_parameter([&](const Of&, const Parameter& mine) {
      const index_t numbers = mine.best.size();
      network_->backend().copy_columns(MatrixView<const T>{mine.best.data(), 1, numbers, numbers},
                                       MatrixView<T>{mine.value.data(), 1, numbers, numbers},
                                       Write::assign);
    });
  }
  /// The multipliers that every row kept, split by split, on every rank; parameters of lines are put where its slopes have
  /// them. (all_gather)
  std::vector<std::vector<float>> best(const FrozenList<T, Backend>& list,
                                       std::span<const PartRow> parts,
                                       const SplitLines<T, Backend>& lines,
                                       std::span<std::vector<float>> slopes) const {
    std::vector<std::vector<float>> found(parts.size());
    for (std::size_t e = 0; e < parts.size(); ++e) found[e].resize(parts[e].splits.size());
    for (const auto& one : all_) {
      const int activation = one.first;
      const Of& own = one.second;
      for (std::size_t p = 0; p < own.parameters.size(); ++p) {
        if (!own.has(p)) continue;
        const std::vector<T> host = everywhere(own.parameters[p].best);
        for (std::size_t e = 0; e < parts.size(); ++e) {
          const index_t first = list.owner(e) * own.neuron.size() + list.home(e) * own.count;
          for_each_of(parts[e], e, activation, [&](std::size_t i, std::size_t k) {
            const NeuronSplit& split = parts[e].splits[i];
            const T value = host[static_cast<std::size_t>(first) + k];
            if (p == multiplier) {
              // A neuron's multiplier is that of one of its splits.
              const T side = own.is_at_zero() ? T(1) : static_cast<T>(split.side);
              found[e][i] = static_cast<float>(std::max(side * value, T(0)));
              return;
            }
            const std::ptrdiff_t place =
                lines.place(activation, list.entries()[e].domain, split.neuron, p - lower_line);
            if (place >= 0 && value == value)
              slopes[e][static_cast<std::size_t>(place)] = static_cast<float>(value);
          });
        }
      }
    }
    return found;
  }

 private:
  using Numbers = Buffer<T, Backend>;
  enum Which : std::size_t { multiplier, lower_line, upper_line };
  // Of each slot one, (R, K); where its line is not free, no number.
  struct Parameter {
    Numbers value, first, second, best, least, most;
    Numbers gradient;  // of a wave
  };
  struct Of {
    index_t count = 0;
    bool optimised = true;
    Buffer<std::int32_t, Backend> neuron;
    Numbers side;  // where all are split where they bend, at 0; or else there are numbers
    std::array<Line<T>, 2> sides{};
    Numbers numbers, above;
    std::array<Parameter, 3> parameters;
    Numbers taken;  // of a wave

    bool is_at_zero() const { return side.size() > 0; }

    bool has(std::size_t which) const { return parameters[which].value.size() > 0; }
    void begin(Backend& backend, std::size_t which, index_t all, index_t height) {
      Parameter& mine = parameters[which];
      mine.value = {backend, all, Category::alpha};
      if (!optimised) return;
      for (auto* kept : {&mine.least, &mine.most}) *kept = {backend, all, Category::alpha};
      for (auto* kept : {&mine.first, &mine.second, &mine.best})
        *kept = Numbers::zeros(backend, all, Category::alpha);
      mine.gradient = {backend, height * count, Category::coefficients};
    }
  };
  // What is uploaded of an activation.
  struct OnHost {
    struct Parameter {
      std::vector<T> value, least, most;
    };
    static constexpr T infinity = std::numeric_limits<T>::infinity();
    OnHost(const Of& own, index_t count)
        : plane(static_cast<std::size_t>(count)),
          neuron(plane, -1),
          side(own.is_at_zero() ? plane : 0),
          numbers(own.is_at_zero() ? 0 : expr::split_numbers * plane) {
      for (std::size_t p = 0; p < parameters.size(); ++p) {
        if (!own.has(p)) continue;
        parameters[p].value.resize(plane);
        if (own.optimised && !own.is_at_zero())
          parameters[p].least = parameters[p].most = std::vector<T>(plane);
      }
    }
    void upload(Backend& backend, const Of& own) const {
      const auto count = static_cast<index_t>(plane);
      backend.upload(own.neuron.data(), neuron.data(), count);
      if (own.is_at_zero()) {
        const auto& mine = own.parameters[multiplier];
        backend.upload(own.side.data(), side.data(), count);
        backend.upload(mine.value.data(), parameters[multiplier].value.data(), count);
        if (!own.optimised) return;
        backend.fill(mine.least.data(), count, T(0));
        backend.fill(mine.most.data(), count, std::numeric_limits<T>::max());
        return;
      }
      backend.upload(own.numbers.data(), numbers.data(), expr::split_numbers * count);
      for (std::size_t p = 0; p < parameters.size(); ++p) {
        if (!own.has(p)) continue;
        backend.upload(own.parameters[p].value.data(), parameters[p].value.data(), count);
        if (!own.optimised) continue;
        backend.upload(own.parameters[p].least.data(), parameters[p].least.data(), count);
        backend.upload(own.parameters[p].most.data(), parameters[p].most.data(), count);
        // What a row keeps that never has a bound: a multiplier of 0, and where its lines began.
        if (p != multiplier)
          backend.upload(own.parameters[p].best.data(), parameters[p].value.data(), count);
      }
    }

    T& number(expr::SplitNumber which, std::size_t at) {
      return numbers[static_cast<std::size_t>(which) * plane + at];
    }
    // Slot `at` is that of the split's neuron, on one side of which the row is.
    void narrow(std::size_t at, const NeuronSplit& split, float from) {
      if (!side.empty()) {
        neuron[at] = split.neuron;
        side[at] = static_cast<T>(split.side);
        parameters[multiplier].value[at] = static_cast<T>(from);
        return;
      }
      T& low = number(expr::SplitNumber::low, at);
      T& high = number(expr::SplitNumber::high, at);
      if (neuron[at] < 0) low = -infinity, high = infinity;
      neuron[at] = split.neuron;
      Parameter& own = parameters[multiplier];
      const auto point = static_cast<T>(split.point);
      if (split.side > 0) {
        low = point;
        if (!own.most.empty()) own.most[at] = std::numeric_limits<T>::max();
      } else {
        high = point;
        if (!own.least.empty()) own.least[at] = std::numeric_limits<T>::lowest();
      }
      own.value[at] += static_cast<T>(split.side) * static_cast<T>(from);
    }
    // Free lines begin where `slopes` has them.
    void draw(std::size_t at, SplitLines<T, Backend>& lines, int activation, std::int32_t domain,
              const std::vector<float>* slopes) {
      using enum expr::SplitNumber;
      const auto own =
          lines.lines(activation, domain, neuron[at], number(low, at), number(high, at));
      const auto& [pair, below, above] = own.fixed;
      number(lower_slope, at) = pair.lower.slope;
      number(lower_intercept, at) = pair.lower.intercept;
      number(lower_slack, at) = below;
      number(upper_slope, at) = pair.upper.slope;
      number(upper_intercept, at) = pair.upper.intercept;
      number(upper_slack, at) = above;
      const auto frees = lines.frees(activation);
      for (const std::size_t line : {lower_line, upper_line}) {
        if (!frees[line - lower_line]) continue;
        const Freedom<T>& free = line == lower_line ? own.free.lower : own.free.upper;
        Parameter& mine = parameters[line];
        T& value = mine.value[at];
        const auto limit = [&](T least, T most) {
          if (!mine.least.empty()) mine.least[at] = least, mine.most[at] = most;
        };
        value = std::numeric_limits<T>::quiet_NaN();
        limit(value, value);
        if (!free.is_free()) continue;
        limit(free.least, free.most);
        value = free.start;
        const auto place = lines.place(activation, domain, neuron[at], line - lower_line);
        if (slopes && place >= 0)
          value = expr::confined(static_cast<T>((*slopes)[static_cast<std::size_t>(place)]),
                                 free.least, free.most);
      }
    }

    std::size_t plane;
    std::vector<std::int32_t> neuron;
    std::vector<T> side, numbers;
    std::array<Parameter, 3> parameters;
  };

  // Of what is optimised.
  template <class Body>
  void for_each_parameter(const Body& body) const {
    for (const auto& [activation, own] : all_)
      for (std::size_t p = 0; p < own.parameters.size(); ++p)
        if (own.optimised && own.has(p)) body(own, own.parameters[p]);
  }
  // Of all ranks' rows, (P, R, K).
  std::vector<T> everywhere(const Numbers& mine) const {
    const index_t ranks = network_->layout().ranks(), numbers = mine.size();
    std::vector<T> host(static_cast<std::size_t>(ranks * numbers));
    if (ranks == 1) {
      network_->backend().to_host(host.data(), mine.data(), numbers);
    } else {
      Numbers all(network_->backend(), ranks * numbers, Category::communication);
      network_->exchange().all_gather(mine.data(), all.data(), numbers);
      network_->backend().to_host(host.data(), all.data(), ranks * numbers);
    }
    return host;
  }
  // Calls body(split, its slot) for those of an activation; `e` is the part's number.
  template <class Body>
  void for_each_of(const PartRow& part, std::size_t e, int activation, const Body& body) const {
    for (std::size_t i = 0; i < part.splits.size(); ++i)
      if (part.splits[i].activation == activation)
        body(i, static_cast<std::size_t>(slots_.of(e)[i]));
  }

  const Instance<T, Backend>* network_ = nullptr;
  index_t rows_ = 0;
  SplitSlots slots_;
  std::map<int, Of> all_;
};

}  // namespace shardbound::inline v0
