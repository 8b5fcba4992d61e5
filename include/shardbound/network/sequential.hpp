// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// How layers are put together: one after the other (Sequential), two branches summed (Residual), or
// several side by side (Concat). The types hold nothing; network/plan_of.hpp flattens them.

#include <shardbound/layer/input.hpp>

#include <cstddef>
#include <utility>

namespace shardbound::inline v0 {

/// Layers in the order of evaluation. A network is a Sequential that begins with Input.
template <class... Layers>
struct Sequential {};

/// A branch that does nothing.
using Identity = Sequential<>;

/// main(x) + shortcut(x); both branches end in the same shape.
template <class Main, class Shortcut = Identity>
struct Residual {};

/// The branches' flat outputs side by side, in order.
template <class... Branches>
struct Concat {};

template <Shape A, Shape B>
concept SameShape = A == B;

namespace detail {

/// Shape inference and checks, layer by layer: `output` never fails, `check` states the sentence. What is
/// no layer does nothing.
template <class L>
struct Structure {
  static constexpr Shape output(Shape in) {
    if constexpr (BoundableLayer<L>)
      return L::output(in);
    else
      return in;
  }
  template <Shape In>
  static constexpr bool check() {
    static_assert(
        BoundableLayer<L>,
        "shardbound::Network: a part of it is not a layer. Fix: put a layer there, or a "
        "functor inside Activation<...>; see BoundableLayer in shardbound/layer/layer.hpp.");
    if constexpr (BoundableLayer<L>) L::template check<In>();
    return true;
  }
};

template <class... Layers>
struct Structure<Sequential<Layers...>> {
  static constexpr std::size_t size = sizeof...(Layers);
  struct Shapes {
    Shape at[size + 1];
  };
  // The shape in front of every layer, and the last one's output.
  static constexpr Shapes shapes(Shape in) {
    Shapes all{};
    all.at[0] = in;
    std::size_t next = 0;
    [[maybe_unused]] const Shape each[] = {
        in, (all.at[next + 1] = Structure<Layers>::output(all.at[next]), all.at[++next])...};
    return all;
  }
  static constexpr Shape output(Shape in) { return shapes(in).at[size]; }

  template <Shape In>
  static constexpr Shapes all = shapes(In);
  template <Shape In, std::size_t... I>
  static constexpr bool check_each(std::index_sequence<I...>) {
    return (Structure<Layers>::template check<all<In>.at[I]>() && ... && true);
  }
  template <Shape In>
  static constexpr bool check() {
    return check_each<In>(std::make_index_sequence<size>{});
  }
};

template <class Main, class Shortcut>
struct Structure<Residual<Main, Shortcut>> {
  static constexpr Shape output(Shape in) { return Structure<Main>::output(in); }
  template <Shape In>
  static constexpr bool check() {
    static_assert(SameShape<Structure<Main>::output(In), Structure<Shortcut>::output(In)>,
                  "shardbound::Residual: its branches end in different shapes. Fix: give both "
                  "branches the same number of features.");
    return Structure<Main>::template check<In>() && Structure<Shortcut>::template check<In>();
  }
};

template <class... Branches>
struct Structure<Concat<Branches...>> {
  static constexpr Shape output(Shape in) {
    const index_t sizes[] = {0, Structure<Branches>::output(in).elements()...};
    index_t sum = 0;
    for (index_t size : sizes) sum += size;
    return Shape{sum};
  }
  template <Shape In, class Branch>
  static constexpr bool check_branch() {
    static_assert(FlatFeatures<Structure<Branch>::output(In)>,
                  "shardbound::Concat: a branch ends in a feature map, not flat features. Fix: end "
                  "the branch with Flatten.");
    return Structure<Branch>::template check<In>();
  }
  template <Shape In>
  static constexpr bool check() {
    static_assert(sizeof...(Branches) >= 2,
                  "shardbound::Concat: it joins at least two branches. Fix: list them, as in "
                  "Concat<Sequential<...>, Identity>.");
    return (check_branch<In, Branches>() && ... && true);
  }
};

}  // namespace detail
}  // namespace shardbound::inline v0
