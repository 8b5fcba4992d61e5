// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/network/kernels.hpp>
#include <tests/support/checked_backend.hpp>
#include <tests/support/zoo.hpp>

#include <set>
#include <string_view>

using namespace shardbound_test;
using namespace shardbound;

TEST_CASE_TEMPLATE("one set of calls a distinct chain, one a distinct activation", B, EigenBackend,
                   CheckedBackend) {
  const auto mlp = kernels_of<zoo::Mlp, float, B>();
  CHECK(mlp.functions.size() == 1);
  CHECK(mlp.chains.size() == 2);
  const auto run = kernels_of<zoo::Run, float, B>();
  REQUIRE(run.functions.size() == 4);
  CHECK(run.functions[0].name == "Tanh");
  CHECK(run.functions[2].name == "LeakyReLU");
  CHECK(run.chains.size() == static_cast<std::size_t>(PlanOf<zoo::Run>::plan.chain_count));
  // Tables live as long as the program: asking again gives the same ones.
  CHECK(kernels_of<zoo::Run, float, B>().functions.data() == run.functions.data());
}

TEST_CASE("chains have code for lines of the rows' own where their activation has any to offer") {
  for (const auto& code : kernels_of<zoo::Every, double, EigenBackend>().chains) {
    CHECK((code.sweep != nullptr && code.push != nullptr));
    CHECK((code.gradients != nullptr) == (code.free_sweep != code.sweep));
    CHECK((code.gradients != nullptr) == (code.free_push != code.push));
  }
  using Names = std::set<std::string_view>;
  Names fixed,
      bent;  // those of the library with nothing to offer, and those that are concave somewhere
  const auto every = kernels_of<zoo::Every, double, EigenBackend>();
  CHECK(every.functions.size() == static_cast<std::size_t>(KnownFunctions::size));
  for (const auto& function : every.functions) {
    if (function.free_lines == nullptr) fixed.insert(function.name);
    if (function.frees_upper) bent.insert(function.name);
  }
  CHECK(fixed == Names{"HardSigmoid", "Power", "Sin", "Cos", "Gelu", "Clip", "Sign", "Floor"});
  CHECK(bent == Names{"Sigmoid", "Tanh", "Erf", "Atan", "Log", "Sqrt", "Reciprocal"});
}

TEST_CASE("a set has the code of any plan's chains") {
  using List = Functions<relax::ReLU, relax::Tanh>;
  using Set = KernelSet<List, double, EigenBackend>;
  const ChainCode codes[] = {ChainCode{}.under(operation::biased),
                             ChainCode{}.under(operation::biased).under(1),
                             ChainCode{}.under(0).under(operation::scaled)};
  const auto chains = Set::chains(codes);
  REQUIRE(chains.size() == 3);
  const auto optimises = [&](std::size_t i) { return chains[i].gradients != nullptr; };
  CHECK(!optimises(0));
  CHECK(optimises(1));
  CHECK(optimises(2));
  const bool same_code = chains[1].sweep == chains[2].sweep;
  CHECK(!same_code);
}

namespace {

struct Aloof : relax::Tanh {
  static constexpr std::string_view name = "Aloof";
  static constexpr bool stands_alone = true;
};
struct AloofConstant : relax::HardSigmoid {
  static constexpr std::string_view name = "AloofConstant";
  static constexpr bool stands_alone = true;
};
template <class... F>
constexpr std::size_t chains_of = shardbound::detail::EveryChain<Functions<F...>>::count;

// Chains cost what is distinct about lines: six for lines that are fused, one for lines that stand alone.
static_assert(chains_of<> == 3 && chains_of<relax::ReLU> == 9 && chains_of<Aloof> == 4);
static_assert(chains_of<relax::ReLU, relax::LeakyReLU> == chains_of<relax::ReLU>);
static_assert(chains_of<relax::Sigmoid, relax::Tanh> == 15 &&
              chains_of<relax::Sigmoid, Aloof> == 10);
// Where an activation that is fused has the same lines, one that stands alone costs nothing.
static_assert(chains_of<relax::HardSigmoid, AloofConstant> == chains_of<relax::HardSigmoid> &&
              chains_of<AloofConstant> == 4);

}  // namespace

TEST_CASE(
    "chains of activations that differ in their free lines alone have the same code for fixed "
    "ones") {
  using Set = KernelSet<Functions<relax::Sigmoid, relax::HardSigmoid, Aloof>, double, EigenBackend>;
  const ChainCode codes[] = {ChainCode{}.under(0), ChainCode{}.under(1), ChainCode{}.under(2)};
  const auto chains = Set::chains(codes);
  const auto *const sigmoid = &chains[0], *const hard = &chains[1], *const aloof = &chains[2];
  for (const auto* other : {hard, aloof}) {
    const bool same_sweep = other->sweep == sigmoid->sweep,
               same_push = other->push == sigmoid->push;
    CHECK((same_sweep && same_push));
  }
  const bool own_lines = aloof->free_sweep != sigmoid->free_sweep &&
                         aloof->gradients != sigmoid->gradients && hard->free_sweep == hard->sweep;
  CHECK(own_lines);
}

TEST_CASE("a set has no code of chains that its activations cannot have") {
  using Set = KernelSet<Functions<Aloof>, double, EigenBackend>;
  const ChainCode fused[] = {ChainCode{}.under(operation::biased).under(0)};
  CHECK_THROWS_WITH_AS(Set::chains(fused),
                       doctest::Contains("shardbound::KernelSet: the plan has a chain that its"),
                       ArgumentError);
}

TEST_CASE("an activation's state goes through bytes unharmed") {
  const relax::LeakyReLU f{0.375};
  CHECK(unpack<relax::LeakyReLU>(pack(f)).negative_slope == 0.375);
  const auto kernels = kernels_of<zoo::Lone, double, EigenBackend>();
  CHECK(kernels.functions[0].coefficients == 1);
  CHECK(unpack<relax::LeakyReLU>(kernels.functions[0].initial).negative_slope == 0.01);
  CHECK(kernels_of<zoo::Mlp, double, EigenBackend>().functions[0].coefficients == 0);
  const std::vector<double> slope = {0.75}, steep = {2};
  const auto& leaky = kernels.functions[0];
  CHECK(unpack<relax::LeakyReLU>(leaky.carrying(slope)).negative_slope == 0.75);
  CHECK(leaky.refusal(slope) == "");
  CHECK(leaky.refusal(steep) == "negative_slope = 2; 0 to 1 are supported");
}

TEST_CASE("a call through the table is the activation's own") {
  EigenBackend backend;
  double in[3][8] = {{-2, -1, 1}, {-1, 3, 2}, {}}, out[3][8] = {};
  expr::PointwiseCall<double> call;
  call.in = {in[0], in[1], in[2], 1, 3, 8};
  call.out = {out[0], out[1], out[2], 1, 3, 8};
  const auto kernels = kernels_of<zoo::Lone, double, EigenBackend>();
  kernels.functions[0].interval(backend, pack(relax::LeakyReLU{0.5}), call);
  CHECK(out[0][0] == -1);
  CHECK(out[1][0] == -0.5);
  CHECK(out[0][1] == -0.5);
  CHECK(out[1][1] == 3);
}
