// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Activation<Function>: an elementwise function of the features, with its relaxation. The library's own
// and a user's are the same thing: a functor that satisfies Relaxation, used unchanged inside sweeps.
// An activation enters the library by a name here and a place in KnownActivations.

#include <shardbound/layer/layer.hpp>
#include <shardbound/relax/abs.hpp>
#include <shardbound/relax/atan.hpp>
#include <shardbound/relax/clip.hpp>
#include <shardbound/relax/cos.hpp>
#include <shardbound/relax/erf.hpp>
#include <shardbound/relax/exp.hpp>
#include <shardbound/relax/floor.hpp>
#include <shardbound/relax/gelu.hpp>
#include <shardbound/relax/hard_sigmoid.hpp>
#include <shardbound/relax/leaky_relu.hpp>
#include <shardbound/relax/log.hpp>
#include <shardbound/relax/power.hpp>
#include <shardbound/relax/reciprocal.hpp>
#include <shardbound/relax/relu.hpp>
#include <shardbound/relax/s_shaped.hpp>
#include <shardbound/relax/sign.hpp>
#include <shardbound/relax/sin.hpp>
#include <shardbound/relax/softplus.hpp>
#include <shardbound/relax/sqrt.hpp>
#include <shardbound/relax/square.hpp>

#include <cstddef>

namespace shardbound::inline v0 {

/// State that an activation's functor may carry (a slope, a threshold), in bytes.
inline constexpr std::size_t activation_state_bytes = 32;

/// Follows features of any shape and keeps it.
template <class F>
struct Activation {
  using Function = F;
  static constexpr bool is_reshape = false;
  static constexpr NodeKind kind = NodeKind::pointwise;
  static constexpr Shape output(Shape in) { return in; }
  template <Shape>
  static constexpr void check() {
    static_assert(
        Relaxation<F>,
        "shardbound::Activation: its functor must have a name, lipschitz() or "
        "lipschitz(l, u), value(x), range(l, u) and line(l, u), templates over the scalar, and be "
        "trivially copyable and default constructible. Fix: see Relaxation in "
        "shardbound/relax/line.hpp.");
    static_assert(!Relaxation<F> || sizeof(F) <= activation_state_bytes,
                  "shardbound::Activation: its functor may hold at most 32 bytes of state. Fix: "
                  "keep only numbers that the function needs.");
    static_assert(
        !Relaxation<F> || sizeof(F) > activation_state_bytes || NamedState<F>,
        "shardbound::Activation: the state of its functor is not made up of named doubles. "
        "Fix: name each of them in a list `coefficients` and hold nothing else; see "
        "NamedCoefficient in shardbound/relax/coefficients.hpp.");
  }
};

// Not defined everywhere: Log, Sqrt, Reciprocal, and Power with an exponent that is not whole. Where their input may be
// elsewhere they bound nothing. Sign and Floor jump.
using ReLU = Activation<relax::ReLU>;
using LeakyReLU = Activation<relax::LeakyReLU>;
using Sigmoid = Activation<relax::Sigmoid>;
using Tanh = Activation<relax::Tanh>;
using HardSigmoid = Activation<relax::HardSigmoid>;
using Exp = Activation<relax::Exp>;
using Log = Activation<relax::Log>;
using Sqrt = Activation<relax::Sqrt>;
using Reciprocal = Activation<relax::Reciprocal>;
using Square = Activation<relax::Square>;
using Power = Activation<relax::Power>;
using Abs = Activation<relax::Abs>;
using Sin = Activation<relax::Sin>;
using Cos = Activation<relax::Cos>;
using Gelu = Activation<relax::Gelu>;
using Erf = Activation<relax::Erf>;
using Atan = Activation<relax::Atan>;
using Softplus = Activation<relax::Softplus>;
using Clip = Activation<relax::Clip>;
using Sign = Activation<relax::Sign>;
using Floor = Activation<relax::Floor>;

template <class... Layers>
struct ActivationList {};

/// All of the above. What reads files, draws networks and tests activations goes by this list.
using KnownActivations =
    ActivationList<ReLU, LeakyReLU, Sigmoid, Tanh, HardSigmoid, Exp, Log, Sqrt, Reciprocal, Square,
                   Power, Abs, Sin, Cos, Gelu, Erf, Atan, Softplus, Clip, Sign, Floor>;

/// Calls use(functor), each with its own numbers, for every activation of the library.
template <class Use>
constexpr void for_each_known_activation(const Use& use) {
  [&]<class... Layers>(ActivationList<Layers...>) {
    (use(typename Layers::Function{}), ...);
  }(KnownActivations{});
}

}  // namespace shardbound::inline v0
