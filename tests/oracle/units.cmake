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

set(folder "${CMAKE_CURRENT_BINARY_DIR}/oracle_units")
set(sources)
set(declarations)
set(entries)
set(shared "${PROJECT_SOURCE_DIR}/../shared")
if(SHARDBOUND_TEST_ORACLES AND EXISTS "${shared}/oracles")
  _shardbound_generator()
  file(MAKE_DIRECTORY "${folder}")
  while(shardbound_oracle_networks)
    list(POP_FRONT shardbound_oracle_networks name onnx)
    set(type "Net_${name}<>")
    set(header "${folder}/${name}.hpp")
    add_custom_command(
      OUTPUT "${header}"
      COMMAND shardbound_generate "${shared}/${onnx}" "Net_${name}" "${header}"
      DEPENDS shardbound_generate
      VERBATIM)
    set(include_network "\"${header}\"")
    list(APPEND sources "${header}")
    foreach(scalar_and_type IN ITEMS float32:float float64:double)
      string(REGEX REPLACE ":.*" "" scalar_name "${scalar_and_type}")
      string(REGEX REPLACE ".*:" "" scalar "${scalar_and_type}")
      set(unit "${name}_${scalar_name}")
      configure_file("${PROJECT_SOURCE_DIR}/cmake/verifier/unit.cpp.in" "${folder}/${unit}.cpp" @ONLY)
      list(APPEND sources "${folder}/${unit}.cpp")
      string(APPEND declarations "const shardbound::cli::Unit& ${unit}();\n")
    endforeach()
    string(APPEND entries "    {\"${name}\", &shardbound_units::${name}_float32, &shardbound_units::${name}_float64},\n")
  endwhile()
endif()
configure_file("${CMAKE_CURRENT_LIST_DIR}/units.cpp.in" "${folder}/units.cpp" @ONLY)
add_library(shardbound_oracle_units STATIC "${folder}/units.cpp" ${sources})
target_include_directories(shardbound_oracle_units PUBLIC "${PROJECT_SOURCE_DIR}")
target_link_libraries(shardbound_oracle_units PUBLIC shardbound::cli)
shardbound_tune(shardbound_oracle_units)
