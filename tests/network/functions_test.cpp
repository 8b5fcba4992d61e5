// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/layer/linear.hpp>
#include <shardbound/network/functions.hpp>

using namespace shardbound;
using namespace shardbound::detail;

namespace {

// In order of first appearance, each once, wherever it stands.
using Net = Sequential<Input<4>, Linear<4>, Tanh, Residual<Sequential<Linear<4>, ReLU>, Tanh>,
                       Concat<Sequential<LeakyReLU, ReLU>, Sigmoid>, Tanh>;
using List = functions_of<Net>;
static_assert(
    std::is_same_v<List, Functions<relax::Tanh, relax::ReLU, relax::LeakyReLU, relax::Sigmoid>>);
static_assert(number_of<relax::Tanh>(List{}) == 0 && number_of<relax::Sigmoid>(List{}) == 3);
static_assert(
    std::is_same_v<TypeAt<2, relax::Tanh, relax::ReLU, relax::LeakyReLU>::type, relax::LeakyReLU>);
static_assert(functions_of<Sequential<Input<4>, Linear<4>>>::size == 0);

// In chains ReLU and LeakyReLU are one.
static_assert(std::is_same_v<lines_of<List>,
                             DistinctLines<expr::Freed<relax::Tanh>, expr::Freed<relax::FreeSlope>,
                                           expr::Freed<relax::Sigmoid>>>);
static_assert(lines_of<Functions<>>::size == 0);
static_assert(activation_node(List{}, 1).lines == activation_node(List{}, 2).lines);
static_assert(activation_node(List{}, 3).operation == 3 && activation_node(List{}, 3).lines == 2);
static_assert(activation_node(List{}, 3).kind == NodeKind::pointwise);

// A program's own come behind the library's, under names of their own.
struct Own : relax::Tanh {
  static constexpr std::string_view name = "Own";
};
struct Namesake : relax::ReLU {};
static_assert(number_of<Own>(KnownFunctionsAnd<Own>{}) == KnownFunctions::size);
static_assert(are_named_apart(KnownFunctionsAnd<Own>{}));
static_assert(!are_named_apart(Functions<relax::ReLU, Own, Namesake>{}));

struct Aloof : relax::Sigmoid {
  static constexpr bool stands_alone = true;
};
static_assert(activation_node(Functions<relax::ReLU, Aloof>{}, 1).stands_alone &&
              !activation_node(Functions<relax::ReLU, Aloof>{}, 0).stands_alone);

}  // namespace

TEST_CASE("numbers and functions are each other's inverse") {
  const bool inverse = []<class... F>(Functions<F...> list) {
    return (std::is_same_v<typename TypeAt<number_of<F>(list), F...>::type, F> && ...);
  }(List{});
  CHECK(inverse);
}
