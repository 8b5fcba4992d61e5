# SPDX-License-Identifier: BSD-3-Clause

# cmake -DROOT=<repository> -DNVCC=<compiler or nothing> -DWORK=<scratch folder> -DEIGEN=<folder> -P check.cmake

cmake_policy(VERSION 3.25)
include("${ROOT}/bench/compile/mlp.cmake")

if(NOT NVCC)
  message(STATUS "SKIPPED: this build has no CUDA. Fix: SHARDBOUND_CUDA=ON.")
  return()
endif()

# Activations are constexpr and used on both sides. Warning 20012 is about Eigen's own annotations,
# which nvcc reports although Eigen is a system header.
set(switches --expt-relaxed-constexpr -diag-suppress 20012)

set(source "${WORK}/mlp_64.cu")
write_mlp(64 double "${source}")
list(TRANSFORM EIGEN PREPEND "-isystem=" OUTPUT_VARIABLE eigen)
execute_process(
  COMMAND ${NVCC} -std=c++20 ${switches} -I${ROOT}/include ${eigen} -c ${source}
          -o ${WORK}/mlp_64.o
  RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "${NVCC} does not compile ${source} (${result}):\n${output}")
endif()
if(output MATCHES "[Ww]arning")
  message(FATAL_ERROR "${NVCC} warns of ${source}:\n${output}")
endif()
message(STATUS "${NVCC} compiled ${source}")
