# SPDX-License-Identifier: BSD-3-Clause

# Every test, one line each: include/shardbound/<floor>/<x>.hpp -> <floor>/<x>_test.cpp. Read by
# tests/CMakeLists.txt, which builds them, and by keepers/tests_present.cmake, which looks for gaps.

shardbound_tests(core
)

shardbound_tests(sharding
)

shardbound_tests(relax
)

shardbound_tests(expr
)

shardbound_tests(layer
)

shardbound_tests(backend
)

shardbound_tests(comm
)

shardbound_tests(network
)

shardbound_tests(spec
)

shardbound_tests(bound
)

shardbound_tests(verify
  clause_test.cpp
  attack_test.cpp
  verdict_test.cpp
)

shardbound_tests(io
  file_test.cpp
  wire_test.cpp
  onnx_tensor_test.cpp
  onnx_graph_test.cpp
  onnx_scope_test.cpp
  onnx_operators_test.cpp
  onnx_elementwise_test.cpp
  onnx_lower_test.cpp
  series_parallel_test.cpp
  scale_shift_test.cpp
  parameter_test.cpp
  generate_test.cpp
  vnnlib_text_test.cpp
  vnnlib_test.cpp
  onnx_test.cpp
  load_test.cpp
)

shardbound_tests(cli
  options_test.cpp
  output_file_test.cpp
  results_test.cpp
  json_report_test.cpp
  make_unit_test.cpp
  commands_test.cpp
  front_end_test.cpp
)

# ---- across floors ---------------------------------------------------------------------------
shardbound_tests(soundness
)

shardbound_tests(oracle
  oracle_test.cpp
  expected_test.cpp
)

shardbound_tests(paper
)
