// SPDX-License-Identifier: BSD-3-Clause

// Ranks with a GPU each: collectives on the GPUs' memory against what they must be, words of control, and
// networks whose bits do not depend on the ranks. With one GPU there is one rank; failures and more ranks
// need more.

#include <tests/support/collectives.hpp>
#include <tests/support/gpu.hpp>
#include <tests/support/ranks.hpp>
#include <tests/support/zoo.hpp>

#include <shardbound/cuda.cuh>
#include <shardbound/nccl.hpp>
#include <shardbound/network/row_col.hpp>

#include <chrono>

using namespace shardbound_test;

namespace {

using Bytes = std::vector<unsigned char>;

/// Bytes on the calling thread's GPU.
class DeviceBytes {
 public:
  explicit DeviceBytes(std::size_t size) : size_(size) {
    sb::cuda::check(cudaMalloc(&data_, size + 1), "cudaMalloc");
  }
  explicit DeviceBytes(const Bytes& host) : DeviceBytes(host.size()) {
    sb::cuda::check(cudaMemcpy(data_, host.data(), size_, cudaMemcpyHostToDevice), "cudaMemcpy");
  }
  DeviceBytes(const DeviceBytes&) = delete;
  DeviceBytes& operator=(const DeviceBytes&) = delete;
  ~DeviceBytes() { cudaFree(data_); }
  void* data() const { return data_; }
  Bytes host() const {
    Bytes bytes(size_);
    sb::cuda::check(cudaMemcpy(bytes.data(), data_, size_, cudaMemcpyDeviceToHost), "cudaMemcpy");
    return bytes;
  }

 private:
  void* data_ = nullptr;
  std::size_t size_;
};

/// Every collective on GPU memory, by itself and behind a queue.
void check_on_device(sb::Nccl& comm, std::size_t bytes) {
  const int P = comm.size(), me = comm.rank();
  const auto each = [](int p) { return p; };
  const auto always = [](int rank) { return [rank](int) { return rank; }; };
  const std::size_t size = bytes * static_cast<std::size_t>(P);
  const Bytes gathered = blocks(P, bytes, each, always(0));
  const DeviceBytes mine(blocks(1, bytes, always(me), always(0)));
  cudaStream_t stream = nullptr;
  sb::cuda::check(cudaStreamCreate(&stream), "cudaStreamCreate");
  for (void* queue : {static_cast<void*>(nullptr), static_cast<void*>(stream)}) {
    DeviceBytes all(size), begun(size), exchanged(size);
    comm.all_gather(mine.data(), all.data(), bytes, queue);
    comm.begin_all_gather(mine.data(), begun.data(), bytes, queue);
    comm.end_all_gather();
    const DeviceBytes from(blocks(P, bytes, always(me), each));
    comm.all_to_all(from.data(), exchanged.data(), bytes, queue);
    sb::cuda::check(cudaStreamSynchronize(stream), "cudaStreamSynchronize");
    expect(all.host() == gathered, "all_gather");
    expect(begun.host() == gathered, "begin_all_gather");
    expect(exchanged.host() == blocks(P, bytes, each, always(me)), "all_to_all");
  }
  for (int root = 0; root < P; ++root) {
    const Bytes said = blocks(1, bytes, always(root), always(0));
    DeviceBytes heard(me == root ? said : Bytes(bytes));
    comm.broadcast(heard.data(), bytes, root);
    expect(heard.host() == said, "broadcast");
  }
  cudaStreamDestroy(stream);
}

/// Gathers behind a queue, which is waited for in the end.
void gather_at_both_paces(sb::Nccl& comm) {
  sb::Cuda backend;
  const sb::Exchange<sb::Cuda> exchange(backend, comm);
  using Numbers = sb::Buffer<float, sb::Cuda>;
  const auto mine = Numbers::zeros(backend, 8, sb::Category::workspace),
             all = Numbers::zeros(backend, 8 * comm.size(), sb::Category::workspace);
  for (int i = 0; i < 3; ++i) {
    exchange.begin_all_gather(mine.data(), all.data(), 8);
    exchange.end_all_gather();
    exchange.all_gather(mine.data(), all.data(), 8);
  }
  backend.finish();
}

int gpus() {
  int count = 0;
  return cudaGetDeviceCount(&count) == cudaSuccess ? count : 0;
}
std::vector<int> rank_counts_here() {
  std::vector<int> counts;
  for (int ranks = 1; ranks <= gpus(); ++ranks) counts.push_back(ranks);
  return counts;
}

using Net = zoo::Seq<sb::Input<100>, zoo::Linear<256>, sb::ReLU, zoo::Linear<256>, sb::ReLU,
                     zoo::Linear<50>, sb::ReLU, zoo::Linear<10>>;

}  // namespace

TEST_CASE("collectives on GPUs, and words of control on the host") {
  if (no_gpu()) return;
  for (const int ranks : rank_counts_here()) {
    CAPTURE(ranks);
    std::atomic<int> ran = 0;
    sb::nccl::run(ranks, [&](sb::Nccl& comm) {
      expect(comm.size() == ranks, "as many ranks as were asked for");
      for (const std::size_t bytes : {std::size_t{0}, std::size_t{1}, std::size_t{1} << 20}) {
        check_on_device(comm, bytes);
        check_collectives(comm, bytes);
      }
      sb::Nccl part = comm.subgroup(comm.rank() % 2);
      check_on_device(part, 1000);
      ++ran;
    });
    CHECK(ran == ranks);
  }
}

TEST_CASE_TEMPLATE("bits do not depend on the ranks", T, float, double) {
  if (no_gpu()) return;
  const HostNetwork numbers = HostNetwork::random(sb::Network<Net, T>{}, 7);
  const auto question = Question::random(100, 10, 3, 9, 0.05, 11);
  const auto ask = [&]<class N>(std::type_identity<N>, sb::AnyCommunicator comm, sb::Store store) {
    return answer_of<N, T, sb::Cuda>(comm, numbers, sb::Crown{}, question, store);
  };
  const auto alone = ask(std::type_identity<Net>{}, sb::Self{}, sb::Store::replicated);
  for (const int ranks : rank_counts_here())
    sb::nccl::run(ranks, [&](sb::Nccl& comm) {
      for (sb::Store store : {sb::Store::replicated, sb::Store::fully_sharded})
        expect(ask(std::type_identity<Net>{}, comm, store) == alone, "the same bits");
      const auto split = ask(std::type_identity<sb::RowCol<Net>>{}, comm, sb::Store::as_declared);
      expect(distance(split.domains, alone.domains) <= (sizeof(T) == 4 ? 2e-5 : 1e-12),
             "the same bounds");
    });
}

TEST_CASE("more ranks than GPUs are refused") {
  const int ranks = gpus() + 1;
  CHECK_THROWS_WITH_AS(sb::nccl::run(ranks, [](sb::Nccl&) {}),
                       doctest::Contains("and each rank needs one to itself"), sb::Error);
}

TEST_CASE("a rank that fails ends all others, by its name and within seconds") {
  if (no_gpu()) return;
  if (gpus() < 2) return skip("one GPU: there is nobody to wait for");
  const auto fails_while = [](const auto& others_work) {
    const auto start = std::chrono::steady_clock::now();
    CHECK_THROWS_WITH_AS(sb::nccl::run(gpus(),
                                       [&](sb::Nccl& comm) {
                                         gather_at_both_paces(comm);  // connects peers
                                         if (comm.rank() == 1) throw sb::ShapeError("3 is not 4");
                                         others_work(comm);
                                       }),
                         "rank 1 stopped: 3 is not 4", sb::CommError);
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(10));
  };
  SUBCASE("others wait for a collective") {
    fails_while([](sb::Nccl& comm) {
      const DeviceBytes mine(8), all(8 * 16);
      comm.all_gather(mine.data(), all.data(), 8);
    });
  }
  SUBCASE("collectives of both paces stand in a queue") { fails_while(gather_at_both_paces); }
}
