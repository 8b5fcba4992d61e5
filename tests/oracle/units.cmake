# SPDX-License-Identifier: BSD-3-Clause

# What the tests of this folder open networks with: the units of shardbound::runtime, and where there is CUDA those in
# the module of `shardbound` too.

# shardbound_oracle_library(<target> <file.cpp> [<target to link>])
function(shardbound_oracle_library target file)
  add_library(${target} STATIC ${file})
  target_link_libraries(${target} PUBLIC ${ARGN} shardbound::cli shardbound_test_base)
  shardbound_warnings(${target})
  shardbound_tune(${target})
endfunction()

if(TARGET shardbound_runtime)
  shardbound_oracle_library(shardbound_oracle_units oracle/on_cpu.cpp shardbound_runtime)
endif()
if(TARGET shardbound_runner_cuda)
  shardbound_oracle_library(shardbound_oracle_cuda_units oracle/on_gpu.cpp)
  add_dependencies(shardbound_oracle_cuda_units shardbound_runner_cuda)
  target_compile_definitions(shardbound_oracle_cuda_units PRIVATE
    SHARDBOUND_MODULE="$<TARGET_FILE:shardbound_runner_cuda>")
endif()
