// SPDX-License-Identifier: BSD-3-Clause

// What the GPU can do, and how near our kernels come: a copy's bandwidth, and fused sweeps in units of it;
// products of the shapes that passes ask for, in floating-point operations a second, and what they round.
// `shardbound_device_kernels`

#include <shardbound/cuda.cuh>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <iostream>
#include <random>
#include <vector>

namespace {

namespace sb = shardbound;

/// Numbers on the GPU: random, since zeros run faster.
template <class T>
class Numbers {
 public:
  Numbers(sb::Cuda& cuda, sb::index_t count) : buffer_(cuda, count, sb::Category::workspace) {
    static const std::vector<T> some = [] {
      std::vector<T> host(std::size_t{1} << 22);
      std::mt19937 random(1);
      for (T& x : host) x = static_cast<T>(static_cast<double>(random()) / 2147483648.0 - 1);
      return host;
    }();
    const auto most = static_cast<sb::index_t>(some.size());
    for (sb::index_t first = 0; first < count; first += most)
      cuda.upload(buffer_.data() + first, some.data(), std::min(most, count - first));
  }
  T* data() const { return buffer_.data(); }

 private:
  sb::Buffer<T, sb::Cuda> buffer_;
};

/// Seconds of one call among several, the median of many such runs.
double seconds(sb::Cuda& cuda, const std::function<void()>& work, int calls = 4, int runs = 11) {
  const auto stream = static_cast<cudaStream_t>(cuda.queue());
  cudaEvent_t start, end;
  cudaEventCreate(&start);
  cudaEventCreate(&end);
  std::vector<float> found;
  for (int run = -2; run < runs; ++run) {
    cudaEventRecord(start, stream);
    for (int call = 0; call < calls; ++call) work();
    cudaEventRecord(end, stream);
    cudaEventSynchronize(end);
    float ms = 0;
    cudaEventElapsedTime(&ms, start, end);
    if (run >= 0) found.push_back(ms / static_cast<float>(calls));
  }
  cudaEventDestroy(start);
  cudaEventDestroy(end);
  std::sort(found.begin(), found.end());
  return 1e-3 * found[found.size() / 2];
}

double copy_bandwidth(sb::Cuda& cuda) {
  const sb::index_t count = sb::index_t{1} << 28;
  const Numbers<float> numbers(cuda, 2 * count);
  const auto stream = static_cast<cudaStream_t>(cuda.queue());
  const double took = seconds(cuda, [&] {
    cudaMemcpyAsync(numbers.data(), numbers.data() + count, 4 * static_cast<std::size_t>(count),
                    cudaMemcpyDeviceToDevice, stream);
  });
  return 8.0 * static_cast<double>(count) / took;
}

/// A sweep through ReLU and bias over a tile that no cache holds, coefficients read and written once.
template <class T>
void sweeps(sb::Cuda& cuda, const char* scalar, double copy) {
  using Chain = sb::expr::Chain<sb::expr::Relaxed<sb::expr::LineKind::lower_through_origin>,
                                sb::expr::Biased>;
  for (const sb::index_t columns : {2048, 4096, 8192, 16384}) {
    const sb::index_t rows = (sb::index_t{1} << 27) / columns;
    const Numbers<T> tile(cuda, rows * columns), lines(cuda, 8 * columns), sums(cuda, 2 * rows);
    auto domain = sb::Buffer<std::int32_t, sb::Cuda>::zeros(cuda, rows, sb::Category::workspace);
    sb::expr::SweepCall<T> call;
    call.tile = {tile.data(), rows, columns, columns};
    call.rows = {domain.data(), domain.data(), tile.data(), rows};
    call.sums = {sums.data(), sums.data() + rows};
    const T* const l = lines.data();
    const auto plane = [&](sb::index_t i) {
      return sb::expr::Strided<T>{l + i * columns, columns, 0};
    };
    call.data[0].lines = {plane(0), plane(1), plane(2), plane(3), plane(4), plane(5), {}, {}};
    call.data[1].shift = l + 6 * columns;
    call.data[1].slack = l + 7 * columns;
    call.data[1].slack_leading = columns;
    const double took = seconds(cuda, [&] { cuda.sweep<Chain>(call); });
    const double rate = 2.0 * sizeof(T) * static_cast<double>(rows * columns) / took;
    std::printf("sweep %s %6ld x %6ld  %8.3f ms  %7.0f GB/s  %5.1f %% of a copy\n", scalar,
                static_cast<long>(rows), static_cast<long>(columns), 1e3 * took, 1e-9 * rate,
                100 * rate / copy);
  }
}

template <class T>
void products(sb::Precision precision, const char* arithmetic) {
  sb::Cuda cuda(precision);
  for (const auto& [out, in] : {std::pair<sb::index_t, sb::index_t>{256, 256},
                                {256, 784},
                                {4096, 784},
                                {1024, 4096},
                                {2048, 4096},
                                {512, 8192},
                                {1024, 8192},
                                {2048, 8192},
                                {512, 16384},
                                {1024, 16384}}) {
    const Numbers<T> space(cuda, cuda.product_workspace<T>(out, in));
    const Numbers<T> weight(cuda, out * in);
    std::printf("product %-8s %5ld x %5ld:", arithmetic, static_cast<long>(out),
                static_cast<long>(in));
    for (const sb::index_t rows : {16, 512, 1024, 2048}) {
      const Numbers<T> a(cuda, rows * out), c(cuda, rows * in);
      const sb::MatrixView<const T> left{a.data(), rows, out, out},
          right{weight.data(), out, in, in};
      const double took = seconds(
          cuda,
          [&] {
            cuda.product<T>(left, right, {c.data(), rows, in, in}, sb::Write::add, space.data());
          },
          8);
      std::printf("  %4ld rows %8.1f us %6.1f TFLOP/s", static_cast<long>(rows), 1e6 * took,
                  2e-12 * static_cast<double>(rows * out * in) / took);
    }
    std::printf("\n");
  }
}

/// a (rows, depth) times w (depth, columns) in one arithmetic, on the host.
template <class T>
std::vector<double> product_of(sb::Precision precision, const std::vector<double>& a,
                               const std::vector<double>& w, sb::index_t depth) {
  sb::Cuda cuda(precision);
  const auto on_gpu = [&](const std::vector<double>& numbers) {
    const std::vector<T> host(numbers.begin(), numbers.end());
    sb::Buffer<T, sb::Cuda> buffer(cuda, static_cast<sb::index_t>(host.size()),
                                   sb::Category::workspace);
    cuda.upload(buffer.data(), host.data(), buffer.size());
    cuda.finish();
    return buffer;
  };
  const auto left = on_gpu(a), right = on_gpu(w);
  const sb::index_t rows = left.size() / depth, columns = right.size() / depth;
  sb::Buffer<T, sb::Cuda> out(cuda, rows * columns, sb::Category::workspace);
  const Numbers<T> space(cuda, cuda.product_workspace<T>(depth, columns));
  cuda.product<T>({left.data(), rows, depth, depth}, {right.data(), depth, columns, columns},
                  {out.data(), rows, columns, columns}, sb::Write::assign, space.data());
  std::vector<T> host(static_cast<std::size_t>(out.size()));
  cuda.to_host(host.data(), out.data(), out.size());
  return {host.begin(), host.end()};
}

/// How far sums of products are off, in units of the sum of their absolute terms.
void accuracy() {
  std::mt19937 random(2);
  for (const sb::index_t depth : {256, 2048, 8192}) {
    const auto numbers = [&](sb::index_t count) {
      std::vector<double> made(static_cast<std::size_t>(count));
      for (double& x : made)  // numbers of float32
        x = static_cast<float>(static_cast<double>(random()) / 2147483648.0 - 1);
      return made;
    };
    const auto sizes = [](std::vector<double> of) {
      for (double& x : of) x = std::abs(x);
      return of;
    };
    const auto a = numbers(64 * depth), w = numbers(512 * depth);
    const auto exact = product_of<double>(sb::Precision::native, a, w, depth);
    const auto terms = product_of<double>(sb::Precision::native, sizes(a), sizes(w), depth);
    std::printf("sums of %ld products, off by", static_cast<long>(depth));
    for (const auto precision : {sb::Precision::native, sb::Precision::tf32x3}) {
      const auto found = product_of<float>(precision, a, w, depth);
      double most = 0, squares = 0;
      for (std::size_t i = 0; i < found.size(); ++i) {
        const double off = std::abs(found[i] - exact[i]) / terms[i];
        most = std::max(most, off);
        squares += off * off;
      }
      std::printf("  %s %.1e (most %.1e)",
                  precision == sb::Precision::native ? "float32" : "tf32x3",
                  std::sqrt(squares / static_cast<double>(found.size())), most);
    }
    std::printf(" of their absolute terms\n");
  }
}

}  // namespace

int main() try {
  sb::Cuda cuda;
  std::printf("%s\n", cuda.device_name().c_str());
  const double copy = copy_bandwidth(cuda);
  std::printf("copy %.0f GB/s (bytes read and written)\n", 1e-9 * copy);
  sweeps<float>(cuda, "float32", copy);
  sweeps<double>(cuda, "float64", copy);
  products<float>(sb::Precision::native, "float32");
  products<float>(sb::Precision::tf32x3, "tf32x3");
  products<double>(sb::Precision::native, "float64");
  accuracy();
} catch (const std::exception& error) {
  std::cerr << "error: " << error.what() << '\n';
  return 2;
}
