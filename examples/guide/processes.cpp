// SPDX-License-Identifier: BSD-3-Clause

// Ranks as processes: docs/guide/sharding.md. `mpirun -n 3 processes`

#include <guide/expect.hpp>

// [mpi]
#include <shardbound/mpi.hpp>
#include <shardbound/shardbound.hpp>

namespace sb = shardbound;

template <sb::ShardingPolicy P>
using Net = sb::Sequential<sb::Input<2>, sb::Linear<2, P>, sb::ReLU, sb::Linear<1>>;

int main() {
  sb::mpi::run([](auto& comm) {  // one rank a process; initializes MPI unless that is done
    sb::Network<Net<sb::FullySharded>> net{comm};
    net.set_linear(net.linear(0), {1, -1, 2, 1}, {0.5, -1});
    net.set_linear(net.linear(1), {1, -2}, {0.25});
    const auto bounds = sb::crown(net, sb::Box{{-1, -1}, {1, 1}});
    if (comm.rank() == 0) sb::print(bounds);
    // [mpi]
    if (comm.rank() == 0) expect("lower", bounds.lower[0], -3.25);
    // [mpi]
  });
}
// [mpi]
