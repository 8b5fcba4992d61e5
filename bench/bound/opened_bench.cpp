// SPDX-License-Identifier: BSD-3-Clause

// What a network costs that was opened at run time, beside the same network as a type: CROWN on ACAS Xu, MNIST-FC and
// a wide network, in turn, so that both see the same machine. A row is the median time of either, the median of the
// ratios, and whether the bits are the same.
//
//   shardbound_opened_bench [<rounds, 31 unless given>]

#include <bench/support/generated.hpp>
#include <networks/acasxu.hpp>
#include <networks/mnist_fc.hpp>
#include <shardbound/io.hpp>
#include <shardbound/io/open.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>

namespace {

using namespace shardbound_bench;

double median(std::vector<double> numbers) {
  std::nth_element(numbers.begin(), numbers.begin() + static_cast<long>(numbers.size() / 2),
                   numbers.end());
  return numbers[numbers.size() / 2];
}

double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Both networks over a box, one after the other, `rounds` times; false if their bounds differ.
template <class T>
bool compare(const char* name, const sb::Instance<T, sb::EigenBackend>& typed,
             const sb::Instance<T, sb::EigenBackend>& opened, const sb::Box& box, int rounds) {
  auto of_type = sb::prepare(typed, sb::Crown{}), of_file = sb::prepare(opened, sb::Crown{});
  const sb::InputSet set(box);
  sb::OutputBounds<T> a, b;
  std::vector<double> typed_times, opened_times, ratios;
  for (int round = -2; round < rounds; ++round) {  // two to warm up
    const auto run_typed = [&] { a = of_type.run({&set, 1}).outputs.front(); };
    const auto run_opened = [&] { b = of_file.run({&set, 1}).outputs.front(); };
    double first = 0, second = 0;
    if (round % 2 == 0) {
      first = seconds_of(run_typed);
      second = seconds_of(run_opened);
    } else {
      second = seconds_of(run_opened);
      first = seconds_of(run_typed);
    }
    if (round < 0) continue;
    typed_times.push_back(first);
    opened_times.push_back(second);
    ratios.push_back(second / first);
  }
  const bool same = a.lower == b.lower && a.upper == b.upper && a.slack == b.slack;
  std::printf("%-14s %-8s %10.3f ms %10.3f ms  %6.3f  %s\n", name,
              sizeof(T) == 4 ? "float32" : "float64", 1e3 * median(typed_times),
              1e3 * median(opened_times), median(ratios), same ? "same bits" : "BITS DIFFER");
  return same;
}

template <class Net, class T>
bool compare_file(const char* name, const std::string& onnx, const std::string& vnnlib,
                  int rounds) {
  const std::string data = SHARDBOUND_SOURCE_DIR "/examples/data/";
  sb::Network<Net, T> typed;
  sb::onnx::load(typed, data + onnx);
  const auto opened = sb::onnx::open<T>(data + onnx);
  return compare<T>(name, typed, opened, sb::vnnlib::read(data + vnnlib).input_box(0), rounds);
}

template <class T>
bool compare_wide(int rounds) {
  constexpr int width = 2048, depth = 4;
  sb::Network<typename WideMlp<width, depth>::type, T> typed;
  sb::RuntimePlan plan(2 * depth + 2, 2 * depth + 1);
  plan.begin(sb::Shape{784});
  auto push = [&, below = 0](sb::NodeKind kind, sb::index_t features) mutable {
    sb::Node node;
    if (kind == sb::NodeKind::pointwise)
      node = sb::activation_node(sb::KnownFunctions{}, 0);  // ReLU, the first of the library
    node.kind = kind;
    node.shape = sb::Shape{features};
    plan.push(node, std::vector<int>{below++});
  };
  for (int layer = 0; layer < depth; ++layer) {
    push(sb::NodeKind::product, width);
    push(sb::NodeKind::pointwise, width);
  }
  push(sb::NodeKind::product, 10);
  plan.fold();
  sb::PlannedNetwork<T> opened(plan, {}, std::make_unique<sb::EigenBackend>(1));
  generate_weights<T, sb::EigenBackend>(typed);
  generate_weights<T, sb::EigenBackend>(opened);
  return compare<T>("2048x4", typed, opened, generated_box(784), std::max(3, rounds / 6));
}

template <class T>
bool compare_all(int rounds) {
  const bool acasxu = compare_file<AcasXu<>, T>("ACAS Xu", "ACASXU_run2a_2_7_batch_2000.onnx",
                                                "acasxu_prop_3.vnnlib", 20 * rounds);
  const bool mnist = compare_file<MnistFc256x2<>, T>("MNIST-FC 256x2", "mnist-net_256x2.onnx",
                                                     "mnist_prop_7_0.03.vnnlib.gz", 5 * rounds);
  const bool wide = compare_wide<T>(rounds);
  return acasxu && mnist && wide;
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::max(1, std::atoi(argv[1])) : 31;
  try {
    std::printf("%-14s %-8s %13s %13s  %6s\n", "CROWN", "scalar", "typed", "opened", "ratio");
    const bool wide = compare_all<double>(rounds), narrow = compare_all<float>(rounds);
    return wide && narrow ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 2;
  }
}
