// SPDX-License-Identifier: BSD-3-Clause

// alpha-CROWN on the GPU: the same bounds as on the CPU, sound and never looser than CROWN's, and the same
// bits however rows go by.

#include <tests/compiled/gpu_engine.cuh>
#include <tests/support/asked_slots.hpp>
#include <tests/support/escape.hpp>
#include <tests/support/gpu.hpp>
#include <tests/support/ranks.hpp>
#include <tests/support/zoo.hpp>

#include <shardbound/backend/cuda/copy_bytes.cuh>
#include <shardbound/bound/alpha_crown.hpp>

using namespace shardbound_test;

namespace {

// Rows longer than a block works on at once, with chains of either kind.
using Wide = zoo::Seq<sb::Input<37>, zoo::Linear<530>, sb::ReLU, zoo::Linear<130>, sb::Sigmoid,
                      zoo::Linear<70>, sb::ReLU, zoo::Linear<5>>;

using Of = sb::Optimisation::Of;

sb::Method method_of(Of of, sb::SlopeStorage storage = sb::SlopeStorage::exact) {
  sb::AlphaCrown method;
  method.optimisation.iterations = 5;
  method.optimisation.of = of;
  method.optimisation.storage = storage;
  return method;
}

/// All that a method which optimises finds, in one run.
template <class T, class Backend>
Answer<T> bounds_of(const sb::Instance<T, Backend>& network, const sb::Method& method,
                    const Question& question, sb::index_t wave = 0) {
  sb::Capacity capacity;
  capacity.domains = static_cast<sb::index_t>(question.sets.size());
  capacity.rows = static_cast<sb::index_t>(question.rows.size());
  capacity.wave = wave;
  sb::Pass<T, Backend> pass(network, method, capacity);
  Answer<T> answer;
  ask(pass, question, in_order(question.sets.size()), in_order(question.rows.size()), answer);
  return answer;
}

template <class Net>
Question question_for(const HostNetwork& numbers, double radius) {
  const auto& plan = numbers.plan();
  return Question::random(plan[0].features, plan[plan.output()].features, 3, 11, radius, 4);
}

template <class T>
bool is_tighter_or_equal(const Answer<T>& found, const Answer<T>& known) {
  for (std::size_t r = 0; r < known.rows.size(); ++r)
    if (found.rows[r][0] - found.row_slacks[r][0] < known.rows[r][0] - known.row_slacks[r][0])
      return false;
  return true;
}

template <class Net, class T>
void as_on_the_cpu(double radius) {
  const HostNetwork numbers = HostNetwork::random(sb::Network<Net, T>{}, 3);
  const auto question = question_for<Net>(numbers, radius);
  sb::Network<Net, T> cpu;
  sb::Network<Net, T, PoisonedCuda> gpu;
  numbers.copy_to(cpu);
  numbers.copy_to(gpu);
  const auto crown = bounds_of(gpu, sb::Crown{}, question);
  std::mt19937 random(6);
  for (const Of of : {Of::all_rows, Of::last_rows})
    for (const auto storage : {sb::SlopeStorage::exact, sb::SlopeStorage::bfloat16}) {
      CAPTURE(static_cast<int>(of));
      CAPTURE(static_cast<int>(storage));
      const auto method = method_of(of, storage);
      const auto found = bounds_of(gpu, method, question);
      CHECK(is_tighter_or_equal(found, crown));
      // Adam makes the same step of a gradient that is rounding as of any other, but in double.
      if (std::is_same_v<T, double> && storage == sb::SlopeStorage::exact) {
        const auto expected = bounds_of(cpu, method, question);
        CHECK(distance(found.domains, expected.domains) <= 1e-7);
        CHECK(distance(found.rows, expected.rows) <= 1e-7);
      }
      long double outside = -1;
      for (std::size_t d = 0; d < question.sets.size(); ++d)
        for (int sample = 0; sample < 10; ++sample)
          outside = std::max(
              outside,
              escape(found, question, d, numbers.values(random_point(random, question.sets[d]))));
      CHECK(outside <= 0);
    }
}

template <class Net, class T>
void same_bits(double radius) {
  const HostNetwork numbers = HostNetwork::random(sb::Network<Net, T>{}, 7);
  const auto question = question_for<Net>(numbers, radius);
  sb::Network<Net, T, PoisonedCuda> network;
  numbers.copy_to(network);
  for (const Of of : {Of::all_rows, Of::last_rows})
    for (const auto storage : {sb::SlopeStorage::exact, sb::SlopeStorage::bfloat16}) {
      CAPTURE(static_cast<int>(of));
      CAPTURE(static_cast<int>(storage));
      const auto method = method_of(of, storage);
      const auto once = bounds_of(network, method, question);
      for (const sb::index_t wave : {0, 16, 40}) {
        CAPTURE(wave);
        CHECK(bounds_of(network, method, question, wave) == once);
      }
      for (const int ranks : {2, 3}) {
        CAPTURE(ranks);
        CHECK(on_ranks(
                  ranks,
                  [&](sb::AnyCommunicator communicator) {
                    take_gpu(communicator.rank());
                    sb::Network<Net, T, PoisonedCuda> shared(communicator, 1,
                                                             sb::Store::fully_sharded);
                    numbers.copy_to(shared);
                    return bounds_of(shared, method, question);
                  },
                  sb::cuda::copy_bytes) == once);
      }
      // By themselves ranks find the same, with the numbers that are there.
      CHECK(on_ranks(
                2,
                [&](sb::AnyCommunicator communicator) {
                  take_gpu(communicator.rank());
                  sb::Network<Net, T, PoisonedCuda> whole(communicator, 1, sb::Store::replicated);
                  numbers.copy_to(whole);
                  const auto alone = whole.alone();
                  return alone ? bounds_of(*alone, method, question) : Answer<T>{};
                },
                sb::cuda::copy_bytes) == once);
    }
}

template <class T, class Backend>
sb::Buffer<T, Backend> on(Backend& backend, const std::vector<T>& numbers) {
  sb::Buffer<T, Backend> buffer(backend, static_cast<sb::index_t>(numbers.size()),
                                sb::Category::workspace);
  backend.upload(buffer.data(), numbers.data(), buffer.size());
  return buffer;
}

/// z W^T into columns [8, 8 + N_out) of rows of sevens.
template <class T, class Backend>
std::vector<T> pushed(Backend& backend, const std::vector<T>& points, const std::vector<T>& weight,
                      sb::index_t height, sb::index_t out, sb::index_t in) {
  const sb::index_t leading = 8 + sb::padded(out) + 8;
  std::vector<T> found(static_cast<std::size_t>(height * leading), T(7));
  const auto z = on(backend, points), w = on(backend, weight), to = on(backend, found);
  const sb::Buffer<T, Backend> workspace(
      backend, backend.template product_workspace<T>(out, sb::padded(in)), sb::Category::workspace);
  const sb::index_t width = sb::padded(in);
  backend.template product_forward<T>(
      {z.data(), height, in, width}, {w.data(), out, in, width},
      sb::MatrixView<T>{to.data(), height, leading, leading}.column_range(8, out),
      workspace.data());
  backend.to_host(found.data(), to.data(), to.size());
  return found;
}

}  // namespace

namespace {

/// A pass over a question's boxes, and parts of these at neurons that are surely unstable.
template <class Net, class T, class Backend>
struct Parted {
  sb::Network<Net, T, Backend> network;
  std::unique_ptr<sb::Pass<T, Backend>> pass;
  std::vector<sb::PartRow> parts;

  Parted(const HostNetwork& numbers, const Question& question, sb::index_t wave = 0) {
    numbers.copy_to(network);
    sb::Capacity capacity;
    capacity.domains = static_cast<sb::index_t>(question.sets.size());
    capacity.rows = 90;
    capacity.wave = wave;
    capacity.linear_bounds = true;
    pass = std::make_unique<sb::Pass<T, Backend>>(network, sb::Crown{}, capacity);
    sb::RowQuery query;
    for (std::size_t r = 0; r < question.rows.size(); ++r) {
      query.matrix.insert(query.matrix.end(), question.rows[r].begin(), question.rows[r].end());
      query.domain.push_back(question.domain[r]);
    }
    pass->run(question.sets, query, {.outputs = false});
    std::mt19937 random(5);
    for (std::int32_t k = 0; k < 90; ++k) {
      sb::PartRow part;
      part.row = k % static_cast<std::int32_t>(question.rows.size());
      part.target = k % 3 == 0 ? -0.5 : 1e9;
      part.group = k;
      for (int v = 1; v < network.plan().size(); ++v) {
        if (!network.plan().is_activation(v) || network.kind_name(v) != "ReLU") continue;
        const auto bounds =
            pass->node_bounds(network.plan().input_of(v))
                .at(static_cast<std::size_t>(question.domain[static_cast<std::size_t>(part.row)]));
        for (std::size_t i = 0; i < bounds.lower.size(); ++i)
          if (bounds.lower[i] < T(-0.01) && bounds.upper[i] > T(0.01) && random() % 4 == 0)
            part.splits.push_back({v, static_cast<std::int32_t>(i), random() % 2 ? 1 : -1});
      }
      parts.push_back(std::move(part));
    }
  }
  sb::PartBounds bounds(std::size_t first, std::size_t count) const {
    return pass->bound_parts(std::span(parts).subspan(first, count),
                             {.iterations = 5, .coefficients = true});
  }
};

template <class Net, class T>
void parts_as_on_the_cpu(double radius) {
  const HostNetwork numbers = HostNetwork::random(sb::Network<Net, T>{}, 3);
  const auto question = question_for<Net>(numbers, radius);
  const Parted<Net, T, sb::EigenBackend> cpu(numbers, question);
  const Parted<Net, T, PoisonedCuda> gpu(numbers, question), narrow(numbers, question, 16);
  const auto expected = cpu.bounds(0, 90), found = gpu.bounds(0, 90), again = narrow.bounds(0, 90);
  std::size_t splits = 0;
  for (const auto& part : gpu.parts) splits += part.splits.size();
  CHECK(splits > 90);
  CHECK(found.lower == again.lower);
  CHECK(found.slack == again.slack);
  CHECK(found.multipliers == again.multipliers);
  CHECK(found.linear.coefficients == again.linear.coefficients);
  REQUIRE(found.coefficients.size() == expected.coefficients.size());
  REQUIRE(!found.coefficients.empty());
  for (std::size_t a = 0; a < found.coefficients.size(); ++a) {
    const sb::PartCoefficients &own = found.coefficients[a], &cpus = expected.coefficients[a];
    CHECK(own.activation == cpus.activation);
    CHECK(own.neurons == again.coefficients[a].neurons);
    CHECK(own.numbers == again.coefficients[a].numbers);
    CHECK(own.numbers.size() == found.kept.size() * own.slots);
    CHECK(std::any_of(own.numbers.begin(), own.numbers.end(), [](double c) { return c != 0; }));
  }
  const auto some = gpu.bounds(7, 20);
  for (std::size_t k = 0; k < 20; ++k) CHECK(some.lower[k] == found.lower[k + 7]);
  // In float a step may go another way where a gradient is rounding.
  const double near = std::is_same_v<T, double> ? 1e-7 : 1e-2;
  REQUIRE(expected.lower.size() == found.lower.size());
  for (std::size_t k = 0; k < found.lower.size(); ++k)
    CHECK(std::abs(found.lower[k] - expected.lower[k]) <= near * (1 + std::abs(expected.lower[k])));
}

}  // namespace

TEST_CASE_TEMPLATE("rows over parts of domains", T, double, float) {
  if (no_gpu()) return;
  SUBCASE("mlp") { parts_as_on_the_cpu<zoo::Mlp, T>(0.3); }
  SUBCASE("residual") { parts_as_on_the_cpu<zoo::ResNet, T>(0.5); }
  SUBCASE("wide") { parts_as_on_the_cpu<Wide, T>(0.02); }
}

// Scales below and above an activation; the first layer has more slots than a block works on at once.
using Scaled = zoo::Seq<sb::Input<7>, zoo::Linear<530>, sb::ScaleShift, sb::ReLU, zoo::Linear<41>,
                        sb::LeakyReLU, sb::ScaleShift, zoo::Linear<9>, sb::Abs, zoo::Linear<2>>;

TEST_CASE_TEMPLATE("coefficients on unstable neurons, by their bits", T, double, float) {
  if (no_gpu()) return;
  for (const sb::index_t wave : {0, 16}) {
    AskedSlots<Scaled, T, PoisonedCuda> asked({}, sb::Store::replicated, wave);
    const auto found = asked.found();
    CHECK(found.kept.size() == 18);
    CHECK(asked.check(found) > 150);
    CHECK(found.coefficients[0].slots > 128);
  }
}

TEST_CASE_TEMPLATE("slopes get as good on the GPU as on the CPU", T, double, float) {
  if (no_gpu()) return;
  SUBCASE("mlp") { as_on_the_cpu<zoo::Mlp, T>(0.3); }
  SUBCASE("curves") { as_on_the_cpu<zoo::Curves, T>(0.3); }
  SUBCASE("residual") { as_on_the_cpu<zoo::ResNet, T>(0.5); }
  SUBCASE("nest") { as_on_the_cpu<zoo::Nest, T>(0.5); }
  SUBCASE("run") { as_on_the_cpu<zoo::Run, T>(0.5); }
  SUBCASE("wide") { as_on_the_cpu<Wide, T>(0.02); }
}

TEST_CASE_TEMPLATE("slopes do not depend on waves, ranks or the run", T, double, float) {
  if (no_gpu()) return;
  SUBCASE("residual") { same_bits<zoo::ResNet, T>(0.5); }
  SUBCASE("curves") { same_bits<zoo::Curves, T>(0.3); }
  SUBCASE("wide") { same_bits<Wide, T>(0.02); }
}

TEST_CASE_TEMPLATE("points go up through a matrix, a row's bits whatever the height", T, double,
                   float) {
  if (no_gpu()) return;
  constexpr double rounding = std::is_same_v<T, float> ? 2e-5 : 1e-12;
  std::mt19937 random(12);
  for (const auto& [out, in] :
       {std::pair<sb::index_t, sb::index_t>{3, 5}, {131, 530}, {1100, 37}}) {
    CAPTURE(out);
    CAPTURE(in);
    constexpr sb::index_t most = 520;
    const auto matrix = [&, columns = in](sb::index_t rows) {
      std::vector<T> numbers(static_cast<std::size_t>(rows * sb::padded(columns)));
      for (sb::index_t r = 0; r < rows; ++r)
        for (sb::index_t c = 0; c < columns; ++c)
          numbers[static_cast<std::size_t>(r * sb::padded(columns) + c)] =
              static_cast<T>(uniform(random));
      return numbers;
    };
    const auto points = matrix(most), weight = matrix(out);
    sb::EigenBackend cpu;
    PoisonedCuda gpu;
    const auto all = pushed(gpu, points, weight, most, out, in);
    CHECK(distance<T>({all}, {pushed(cpu, points, weight, most, out, in)}) <= rounding);
    for (const sb::index_t height : {16, 40}) {
      const auto few = pushed(gpu, points, weight, height, out, in);
      CHECK(std::equal(few.begin(), few.end(), all.begin()));
    }
  }
}

TEST_CASE("panels on a GPU are no lower than 1024 rows") {
  for (const auto precision : {sb::Precision::native, sb::Precision::tf32x3}) {
    const sb::Cuda counts(precision, sb::Allocation::counted);
    for (const sb::index_t in : {1000, 8192, 16384, 65536})
      CHECK(sb::panel_height(65536, in, counts.panel_elements(in)) >= 1024);
  }
}
