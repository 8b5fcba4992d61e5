// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Everything that a pass finds - outputs, rows, slacks, worst points, every node's bounds - sorted by
// domain and by row, so that runs in another order, batch or wave can be compared bit by bit.

#include <tests/support/random_network.hpp>

#include <shardbound/bound/pass.hpp>

#include <algorithm>
#include <cstring>
#include <vector>

namespace shardbound_test {

/// A question: sets, and rows over them.
struct Question {
  std::vector<sb::InputSet> sets;
  std::vector<std::vector<double>> rows;
  std::vector<std::int32_t> domain;  // of each row

  static Question random(sb::index_t inputs, sb::index_t outputs, int sets, int rows, double radius,
                         unsigned seed) {
    std::mt19937 random(seed);
    Question question;
    for (int d = 0; d < sets; ++d) question.sets.push_back(random_box(random, inputs, radius));
    for (int r = 0; r < rows; ++r) {
      auto& row = question.rows.emplace_back();
      for (sb::index_t i = 0; i < outputs; ++i) row.push_back(uniform(random));
      question.domain.push_back(static_cast<std::int32_t>(random() % static_cast<unsigned>(sets)));
    }
    return question;
  }
};

template <class T>
struct Answer {
  std::vector<std::vector<T>> domains, rows;  // bounds of every domain's neurons, and of every row
  std::vector<std::vector<T>> domain_slacks, row_slacks, points;
  std::vector<std::vector<T>> linear, coefficients;  // of every row: its linear bound; those inside

  bool operator==(const Answer& other) const {
    return same(domains, other.domains) && same(rows, other.rows) &&
           same(domain_slacks, other.domain_slacks) && same(row_slacks, other.row_slacks) &&
           same(points, other.points) && same(linear, other.linear) &&
           same(coefficients, other.coefficients);
  }

 private:
  static bool same(const std::vector<std::vector<T>>& a, const std::vector<std::vector<T>>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
      return x.size() == y.size() &&
             (x.empty() || std::memcmp(x.data(), y.data(), x.size() * sizeof(T)) == 0);
    });
  }
};

template <class T>
void append(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

/// Asks a pass for some of the sets and all rows over these, in the orders given; `answer` receives
/// them where they belong.
template <class T, class Backend>
void ask(sb::Pass<T, Backend>& pass, const Question& question, const std::vector<int>& set_order,
         const std::vector<int>& row_order, Answer<T>& answer) {
  std::vector<sb::InputSet> sets;
  sb::RowQuery query;
  std::vector<std::size_t> asked;
  for (int d : set_order) sets.push_back(question.sets[static_cast<std::size_t>(d)]);
  for (int r : row_order) {
    const auto row = static_cast<std::size_t>(r);
    const auto at = std::find(set_order.begin(), set_order.end(), question.domain[row]);
    if (at == set_order.end()) continue;
    append(query.matrix, question.rows[row]);
    query.domain.push_back(static_cast<std::int32_t>(at - set_order.begin()));
    asked.push_back(row);
  }
  const sb::Capacity& room = pass.capacity();
  const auto found = pass.run(sets, query,
                              {.worst_points = room.worst_points,
                               .linear_bounds = room.linear_bounds,
                               .coefficients = !room.coefficients_at.empty()});
  for (auto* vectors : {&answer.domains, &answer.domain_slacks})
    vectors->resize(question.sets.size());
  for (auto* vectors :
       {&answer.rows, &answer.row_slacks, &answer.points, &answer.linear, &answer.coefficients})
    vectors->resize(question.rows.size());
  for (std::size_t d = 0; d < sets.size(); ++d) {
    const auto place = static_cast<std::size_t>(set_order[d]);
    auto &domain = answer.domains[place], &slacks = answer.domain_slacks[place];
    domain.clear();
    slacks.clear();
    const auto take = [&](const sb::OutputBounds<T>& bounds) {
      append(domain, bounds.lower), append(domain, bounds.upper), append(slacks, bounds.slack);
    };
    take(found.outputs[d]);
    for (int v = 0; v < pass.network().plan().size(); ++v) take(pass.node_bounds(v)[d]);
  }
  const auto inputs = static_cast<std::ptrdiff_t>(pass.network().inputs());
  for (std::size_t r = 0; r < asked.size(); ++r) {
    answer.rows[asked[r]] = {found.rows.lower[r]};
    answer.row_slacks[asked[r]] = {found.rows.slack[r]};
    if (!found.worst_points.empty()) {
      const auto point = found.worst_points.begin() + static_cast<std::ptrdiff_t>(r) * inputs;
      answer.points[asked[r]].assign(point, point + inputs);
    }
    if (!room.linear_bounds) continue;
    const auto part = [r](const std::vector<T>& all, std::size_t width) {
      const auto at = all.begin() + static_cast<std::ptrdiff_t>(r * width);
      return std::vector<T>(at, at + static_cast<std::ptrdiff_t>(width));
    };
    auto& linear = answer.linear[asked[r]];
    linear = part(found.lower_linear.coefficients, static_cast<std::size_t>(inputs));
    linear.push_back(found.lower_linear.constant[r]);
    linear.push_back(found.lower_linear.slack[r]);
    answer.coefficients[asked[r]].clear();
    for (const auto& one : found.coefficients) {
      const auto& plan = pass.network().plan();
      append(answer.coefficients[asked[r]],
             part(one.lower, static_cast<std::size_t>(plan[one.node].features)));
    }
  }
}

inline std::vector<int> in_order(std::size_t count) {
  std::vector<int> order(count);
  for (std::size_t i = 0; i < count; ++i) order[i] = static_cast<int>(i);
  return order;
}

/// Room for all that a method finds.
template <class T, class Backend>
sb::Capacity capacity_of(const sb::Instance<T, Backend>& network, sb::Method method, int sets,
                         int rows, sb::index_t wave = 0) {
  sb::Capacity capacity{.domains = sets, .rows = rows, .wave = wave};
  if (method.descent != sb::Descent::input) return capacity;
  capacity.worst_points = capacity.linear_bounds = true;
  for (int v = 1; v < network.plan().size(); v += 2) capacity.coefficients_at.push_back(v);
  return capacity;
}

/// Everything in one run.
template <class T, class Backend>
Answer<T> ask_all(const sb::Instance<T, Backend>& network, sb::Method method,
                  const Question& question, sb::index_t wave = 0) {
  sb::Pass<T, Backend> pass(network, method,
                            capacity_of(network, method, static_cast<int>(question.sets.size()),
                                        static_cast<int>(question.rows.size()), wave));
  Answer<T> answer;
  ask(pass, question, in_order(question.sets.size()), in_order(question.rows.size()), answer);
  return answer;
}

}  // namespace shardbound_test
