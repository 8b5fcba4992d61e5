# SPDX-License-Identifier: BSD-3-Clause

# Units (network type x scalar) of every architecture that the oracles and the expected verdicts need,
# each generated from one of its files. `shardbound_oracle_units` links them all; without ../shared there
# is nothing to generate from and the tests that want them say that they are skipped.

option(SHARDBOUND_TEST_ORACLES "Build the networks that are compared with the reference" ON)
set(shardbound_oracle_networks
  acasxu          benchmarks/acasxu/onnx/ACASXU_run2a_1_1_batch_2000.onnx
  mnist_256x2     benchmarks/mnist_fc/onnx/mnist-net_256x2.onnx
  mnist_256x4     benchmarks/mnist_fc/onnx/mnist-net_256x4.onnx
  mnist_256x6     benchmarks/mnist_fc/onnx/mnist-net_256x6.onnx
  cartpole        benchmarks/rl_benchmarks/onnx/cartpole.onnx
  lunarlander     benchmarks/rl_benchmarks/onnx/lunarlander.onnx
  dubinsrejoin    benchmarks/rl_benchmarks/onnx/dubinsrejoin.onnx
  gcas            benchmarks/reach_prob_density/onnx/gcas.onnx
  robot           benchmarks/reach_prob_density/onnx/robot.onnx
  vdp             benchmarks/reach_prob_density/onnx/vdp.onnx
  tll_8           benchmarks/tllverifybench/onnx/tllBench_n=2_N=M=8_m=1_instance_0_0.onnx
  tll_16          benchmarks/tllverifybench/onnx/tllBench_n=2_N=M=16_m=1_instance_1_1.onnx
  safenlp         benchmarks/safenlp/onnx/ruarobot_perturbations_0.onnx
  lindex          benchmarks/nn4sys/onnx/lindex.onnx
  lindex_deep     benchmarks/nn4sys/onnx/lindex_deep.onnx
  sigmoid_6x200   benchmarks/eran/onnx/ffnnSIGMOID__Point_6x200.onnx
  mnist_concat    benchmarks/dist_shift/onnx/mnist_concat.onnx
  mlp221          oracles/onnx/mlp221.onnx
  resmlp          oracles/onnx/resmlp.onnx)

# The same on a GPU, as cuda/oracle_test and so on. nvcc takes half a minute for each of 38 units, so only
# where there is a GPU to run them.
option(SHARDBOUND_TEST_ORACLES_CUDA "Build the networks of the reference for a GPU too" OFF)
mark_as_advanced(SHARDBOUND_TEST_ORACLES_CUDA)

# shardbound_oracle_library(<target> <suffix of units: cpp or cu> <header with the device>)
function(shardbound_oracle_library target suffix device_header)
  set(folder "${CMAKE_CURRENT_BINARY_DIR}/oracle_units")
  set(networks ${shardbound_oracle_networks})
  set(sources)
  set(declarations)
  set(entries)
  set(shared "${PROJECT_SOURCE_DIR}/../shared")
  if(SHARDBOUND_TEST_ORACLES AND EXISTS "${shared}/oracles")
    while(networks)
      list(POP_FRONT networks name onnx)
      set(type "Net_${name}<>")
      set(include_network "\"${folder}/${name}.hpp\"")
      foreach(scalar_and_type IN ITEMS float32:float float64:double)
        string(REGEX REPLACE ":.*" "" scalar_name "${scalar_and_type}")
        string(REGEX REPLACE ".*:" "" scalar "${scalar_and_type}")
        set(unit "${name}_${scalar_name}")
        _shardbound_write_unit("${folder}/${unit}.${suffix}")
        list(APPEND sources "${folder}/${unit}.${suffix}")
        string(APPEND declarations "const shardbound::cli::Unit& ${unit}();\n")
      endforeach()
      string(APPEND entries
        "    {\"${name}\", &shardbound_units::${name}_float32, &shardbound_units::${name}_float64},\n")
    endwhile()
  endif()
  configure_file("${CMAKE_CURRENT_FUNCTION_LIST_DIR}/units.cpp.in" "${folder}/units.${suffix}" @ONLY)
  add_library(${target} STATIC "${folder}/units.${suffix}" ${sources})
  if(TARGET shardbound_oracle_headers)
    add_dependencies(${target} shardbound_oracle_headers)
  endif()
  target_include_directories(${target} PUBLIC "${PROJECT_SOURCE_DIR}")
  target_link_libraries(${target} PUBLIC shardbound::cli)
  shardbound_tune(${target})
  if(suffix STREQUAL "cpp")
    shardbound_use_compiled(${target} shardbound_test_front_end)
  endif()
endfunction()

if(SHARDBOUND_TEST_ORACLES AND EXISTS "${PROJECT_SOURCE_DIR}/../shared/oracles")
  _shardbound_generator()
  set(folder "${CMAKE_CURRENT_BINARY_DIR}/oracle_units")
  file(MAKE_DIRECTORY "${folder}")
  set(networks ${shardbound_oracle_networks})
  set(headers)
  while(networks)
    list(POP_FRONT networks name onnx)
    add_custom_command(
      OUTPUT "${folder}/${name}.hpp"
      COMMAND shardbound_generate "${PROJECT_SOURCE_DIR}/../shared/${onnx}" "Net_${name}"
              "${folder}/${name}.hpp"
      DEPENDS shardbound_generate
      VERBATIM)
    list(APPEND headers "${folder}/${name}.hpp")
  endwhile()
  add_custom_target(shardbound_oracle_headers DEPENDS ${headers})
endif()
shardbound_oracle_library(shardbound_oracle_units cpp on_cpu.hpp)
if(SHARDBOUND_TEST_ORACLES_CUDA)
  if(NOT TARGET shardbound::cuda)
    message(FATAL_ERROR "SHARDBOUND_TEST_ORACLES_CUDA=ON needs shardbound::cuda. "
                        "Fix: SHARDBOUND_CUDA=ON.")
  endif()
  shardbound_oracle_library(shardbound_oracle_cuda_units cu on_gpu.cuh)
  target_link_libraries(shardbound_oracle_cuda_units PUBLIC shardbound::cuda)
endif()
