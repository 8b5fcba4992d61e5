// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Conv2d<Out, Kernel<3>, ...> and Conv1d: a product with the same matrix at every position of a map; ConvTranspose2d and
// ConvTranspose1d, their counterparts whose outputs lie between the inputs. Options in any order: Stride, Padding,
// Dilation, Groups, OutputPadding (transposed ones) and a sharding policy. Parameters: weight (out channels x in
// channels of a group x taps of rows x taps of columns) and bias (out channels). A transposed convolution's weight is
// given in the same order, as that of the convolution which it is over a map with zeros between its positions: in and
// out channels exchanged, and taps turned round, against the order in which files have it.

#include <shardbound/layer/layer.hpp>

#include <array>
#include <type_traits>

namespace shardbound::inline v0 {

/// Taps of a window: Kernel<3> (the same on every axis) or Kernel<3, 5> (rows, columns).
template <index_t... Taps>
struct Kernel {};
/// Positions from one window to the next.
template <index_t... Steps>
struct Stride {};
/// Zeros around a map: Padding<1>, Padding<1, 2> (rows, columns) or Padding<top, left, bottom, right>; of one axis
/// Padding<before, after>.
template <index_t... Zeros>
struct Padding {};
/// Positions from one tap to the next.
template <index_t... Steps>
struct Dilation {};
/// Parts of the channels that know nothing of each other.
template <index_t Count>
struct Groups {};
/// Positions that a transposed convolution adds at the ends.
template <index_t... Positions>
struct OutputPadding {};

namespace detail {

/// A list of numbers as one for each of two axes, or for both of their ends.
template <template <index_t...> class Option>
struct Numbers {
  bool given = false;
  int count = 0;
  std::array<index_t, 4> all{};

  template <index_t... N>
  constexpr void take(Option<N...>) {
    given = true, count = sizeof...(N), all = {N...};
  }
  template <class Other>
  constexpr void take(const Other&) {}

  /// Of axis `axis` of so many.
  constexpr index_t at(int axis, index_t otherwise) const {
    if (!given) return otherwise;
    return count == 1 ? all[0] : all[static_cast<std::size_t>(axis)];
  }
  constexpr bool fits(int axes) const { return !given || count == 1 || count == axes; }
  constexpr bool is_least(index_t least) const {
    for (int i = 0; i < count; ++i)
      if (all[static_cast<std::size_t>(i)] < least) return false;
    return true;
  }
};

template <class Option, template <index_t...> class Kind>
inline constexpr bool is_option = false;
template <template <index_t...> class Kind, index_t... N>
inline constexpr bool is_option<Kind<N...>, Kind> = true;
template <class Option>
inline constexpr index_t groups_in = 0;
template <index_t Count>
inline constexpr index_t groups_in<Groups<Count>> = Count;

enum class Convolves { forward, transposed };

/// A convolution of `Axes` axes, with what its options say.
template <int Axes, Convolves Way, index_t Out, class Taps, class... Options>
struct ConvolutionOf {
  static constexpr bool is_reshape = false;
  static constexpr NodeKind kind = NodeKind::product;

  static constexpr bool known =
      ((ShardingPolicy<Options> || is_option<Options, Stride> || is_option<Options, Padding> ||
        is_option<Options, Dilation> || groups_in<Options> != 0 ||
        (Way == Convolves::transposed && is_option<Options, OutputPadding>)) &&
       ...);
  static constexpr WeightCut cut = [] {
    WeightCut chosen = WeightCut::whole;
    [[maybe_unused]] const auto take = [&]<class Option>(const Option*) {
      if constexpr (ShardingPolicy<Option>) chosen = Option::cut;
    };
    (take(static_cast<const Options*>(nullptr)), ...);
    return chosen;
  }();
  static constexpr index_t groups = [] {
    index_t count = 1;
    ((count = groups_in<Options> != 0 ? groups_in<Options> : count), ...);
    return count;
  }();
  template <template <index_t...> class Kind>
  static constexpr Numbers<Kind> numbers() {
    Numbers<Kind> found;
    [[maybe_unused]] const auto take = [&]<class Option>(const Option*) {
      if constexpr (is_option<Option, Kind>) found.take(Option{});
    };
    (take(static_cast<const Options*>(nullptr)), ...);
    return found;
  }
  static constexpr Numbers<Kernel> kernel() {
    Numbers<Kernel> found;
    if constexpr (is_option<Taps, Kernel>) found.take(Taps{});
    return found;
  }
  // Padding of four numbers has both ends of every axis; of two and one axis, too.
  static constexpr std::array<index_t, 2> padding(int axis) {
    const auto given = numbers<Padding>();
    if (given.count == 2 * Axes)
      return {given.all[static_cast<std::size_t>(axis)],
              given.all[static_cast<std::size_t>(axis + Axes)]};
    const index_t both = given.at(axis, 0);
    return {both, both};
  }

  static constexpr WindowAxis axis(int number, index_t in) {
    WindowAxis made;
    const index_t stride = numbers<Stride>().at(number, 1);
    const auto [before, after] = padding(number);
    made.in = in;
    made.taps = kernel().at(number, 1);
    made.dilation = numbers<Dilation>().at(number, 1);
    const index_t reach = made.dilation * (made.taps - 1);
    if (Way == Convolves::forward) {
      made.stride = stride;
      made.before = before;
      const index_t room = in + before + after - reach - 1;
      made.out = room < 0 || stride < 1 ? 0 : room / stride + 1;
    } else {
      made.spread = stride;
      made.before = reach - before;
      made.out =
          (in - 1) * stride + reach + 1 - before - after + numbers<OutputPadding>().at(number, 0);
    }
    return made;
  }
  static constexpr Geometry geometry(Shape in) {
    Geometry made;
    made.in_channels = in.extents[0];
    made.out_channels = Out;
    made.groups = groups;
    made.columns = axis(Axes - 1, in.extents[Axes]);
    if (Axes == 2) made.rows = axis(0, in.extents[1]);
    return made;
  }
  static constexpr Shape output(Shape in) {
    const Geometry made = geometry(in);
    return Axes == 2 ? Shape{Out, made.rows.out, made.columns.out} : Shape{Out, made.columns.out};
  }

  template <Shape In>
  static constexpr void check() {
    static_assert(
        known,
        "shardbound::Conv: one of its options is none. Fix: after the kernel name Stride, "
        "Padding, Dilation, Groups or a sharding policy; OutputPadding too where it is "
        "transposed.");
    static_assert(
        is_option<Taps, Kernel> && kernel().fits(Axes) && kernel().is_least(1),
        "shardbound::Conv: its second argument is not its kernel. Fix: write Kernel<3>, or "
        "one positive number for each axis.");
    static_assert(
        Out > 0 && groups > 0 && Out % groups == 0,
        "shardbound::Conv: it has no output channels, or not a whole number in each group. "
        "Fix: choose a positive multiple of the groups.");
    static_assert(
        numbers<Stride>().fits(Axes) && numbers<Stride>().is_least(1) &&
            numbers<Dilation>().fits(Axes) && numbers<Dilation>().is_least(1) &&
            (numbers<Padding>().fits(Axes) || numbers<Padding>().count == 2 * Axes) &&
            numbers<Padding>().is_least(0) && numbers<OutputPadding>().fits(Axes),
        "shardbound::Conv: its stride, padding or dilation makes no sense. Fix: write one "
        "number, or one for each axis; strides and dilations are positive.");
    static_assert(MapOf<In, Axes + 1>,
                  "shardbound::Conv: it does not follow a feature map of its axes. Fix: begin with "
                  "Input<channels, rows, columns>, of Conv1d Input<channels, length>, and keep "
                  "Flatten for after the convolutions.");
    static_assert(
        !MapOf<In, Axes + 1> || groups < 1 || In.extents[0] % groups == 0,
        "shardbound::Conv: its groups do not divide the channels that come in. Fix: choose "
        "a divisor.");
    static_assert(!MapOf<In, Axes + 1> || output(In).elements() > 0,
                  "shardbound::Conv: its window is larger than the map with its padding. Fix: a "
                  "smaller kernel, or more padding.");
  }
};

}  // namespace detail

/// Follows a map of (channels, rows, columns).
template <index_t Out, class Taps, class... Options>
struct Conv2d : detail::ConvolutionOf<2, detail::Convolves::forward, Out, Taps, Options...> {};
/// Follows a map of (channels, length).
template <index_t Out, class Taps, class... Options>
struct Conv1d : detail::ConvolutionOf<1, detail::Convolves::forward, Out, Taps, Options...> {};
template <index_t Out, class Taps, class... Options>
struct ConvTranspose2d
    : detail::ConvolutionOf<2, detail::Convolves::transposed, Out, Taps, Options...> {};
template <index_t Out, class Taps, class... Options>
struct ConvTranspose1d
    : detail::ConvolutionOf<1, detail::Convolves::transposed, Out, Taps, Options...> {};

}  // namespace shardbound::inline v0
