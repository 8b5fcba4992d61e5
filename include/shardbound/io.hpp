// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Files: networks from ONNX, properties from VNNLIB. Needs the component shardbound::onnx.

#include <shardbound/io/generate.hpp>
#include <shardbound/io/graph_signature.hpp>
#include <shardbound/io/onnx.hpp>
#include <shardbound/io/side_by_side.hpp>
#include <shardbound/io/vnnlib.hpp>
