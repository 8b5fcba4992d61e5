// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The field numbers of ONNX's protobuf messages (onnx.proto3 of IR version 3 and later), as far as
// they are read or written here.

#include <cstdint>

namespace shardbound::inline v0::io::detail {

namespace model_field {
inline constexpr std::uint32_t graph = 7;
inline constexpr std::uint32_t opset_import = 8;
}

namespace opset_field {
inline constexpr std::uint32_t domain = 1;
inline constexpr std::uint32_t version = 2;
}

namespace graph_field {
inline constexpr std::uint32_t node = 1;
inline constexpr std::uint32_t initializer = 5;
inline constexpr std::uint32_t input = 11;
inline constexpr std::uint32_t output = 12;
inline constexpr std::uint32_t sparse_initializer = 15;
}

namespace node_field {
inline constexpr std::uint32_t input = 1;
inline constexpr std::uint32_t output = 2;
inline constexpr std::uint32_t name = 3;
inline constexpr std::uint32_t op_type = 4;
inline constexpr std::uint32_t attribute = 5;
inline constexpr std::uint32_t domain = 7;
}

namespace attribute_field {
inline constexpr std::uint32_t name = 1;
inline constexpr std::uint32_t f = 2;
inline constexpr std::uint32_t i = 3;
inline constexpr std::uint32_t s = 4;
inline constexpr std::uint32_t t = 5;
inline constexpr std::uint32_t floats = 7;
inline constexpr std::uint32_t ints = 8;
inline constexpr std::uint32_t type = 20;
}

namespace tensor_field {
inline constexpr std::uint32_t dims = 1;
inline constexpr std::uint32_t data_type = 2;
inline constexpr std::uint32_t segment = 3;
inline constexpr std::uint32_t float_data = 4;
inline constexpr std::uint32_t int32_data = 5;
inline constexpr std::uint32_t int64_data = 7;
inline constexpr std::uint32_t name = 8;
inline constexpr std::uint32_t raw_data = 9;
inline constexpr std::uint32_t double_data = 10;
inline constexpr std::uint32_t uint64_data = 11;
inline constexpr std::uint32_t external_data = 13;
inline constexpr std::uint32_t data_location = 14;
}

namespace entry_field {
inline constexpr std::uint32_t key = 1;
inline constexpr std::uint32_t value = 2;
}

namespace value_info_field {
inline constexpr std::uint32_t name = 1;
inline constexpr std::uint32_t type = 2;
}

namespace type_field {
inline constexpr std::uint32_t tensor_type = 1;
}

namespace tensor_type_field {
inline constexpr std::uint32_t element_type = 1;
inline constexpr std::uint32_t shape = 2;
}

namespace shape_field {
inline constexpr std::uint32_t dim = 1;
}

namespace dim_field {
inline constexpr std::uint32_t value = 1;
inline constexpr std::uint32_t parameter = 2;
}

}  // namespace shardbound::inline v0::io::detail
