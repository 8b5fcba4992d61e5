// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Everything that needs no more than Eigen and threads: networks as types, bounds on their outputs.
// ONNX and VNNLIB files: shardbound/io.hpp. Ranks as processes: shardbound/mpi.hpp.

#include <shardbound/backend/eigen/backend.hpp>
#include <shardbound/bound/alpha_crown.hpp>
#include <shardbound/bound/crown.hpp>
#include <shardbound/bound/crown_ibp.hpp>
#include <shardbound/bound/engine_of.hpp>
#include <shardbound/bound/ibp.hpp>
#include <shardbound/bound/linear_bounds.hpp>
#include <shardbound/bound/linearization.hpp>
#include <shardbound/bound/print.hpp>
#include <shardbound/comm/any.hpp>
#include <shardbound/comm/imagined.hpp>
#include <shardbound/comm/threads.hpp>
#include <shardbound/layer/activation.hpp>
#include <shardbound/layer/convolution.hpp>
#include <shardbound/layer/flatten.hpp>
#include <shardbound/layer/input.hpp>
#include <shardbound/layer/linear.hpp>
#include <shardbound/layer/scale_shift.hpp>
#include <shardbound/network/instance.hpp>
#include <shardbound/network/row_col.hpp>
#include <shardbound/network/sequential.hpp>
#include <shardbound/sharding/policy.hpp>
#include <shardbound/spec/input_set.hpp>
#include <shardbound/spec/property.hpp>
#include <shardbound/verify/verify_network.hpp>
