# SPDX-License-Identifier: BSD-3-Clause

# Installs, builds and runs the consumer; the variables are those that CMakeLists.txt passes.

cmake_policy(VERSION 3.25)
foreach(file IN ITEMS "${NETWORK}" "${PROPERTY}")
  if(NOT EXISTS "${file}")
    message(FATAL_ERROR "package: there is no ${file}")
  endif()
endforeach()

# step(<what for> <command>...): runs it and stops with its output if it fails.
function(step what)
  message(STATUS "${what}")
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "package: could not ${what}:\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

# Nothing of the repository but the installed files: the consumer and its data are copied away.
file(REMOVE_RECURSE "${WORK}")
file(MAKE_DIRECTORY "${WORK}")
file(COPY "${CONSUMER}" "${GPU_CONSUMER}" DESTINATION "${WORK}")
file(COPY_FILE "${NETWORK}" "${WORK}/consumer/network.onnx")
file(COPY_FILE "${PROPERTY}" "${WORK}/consumer/property.vnnlib")

step("install" ${CMAKE_COMMAND} --install ${BUILD} --config ${CONFIG} --prefix ${WORK}/prefix)
step("configure" ${CMAKE_COMMAND} -S ${WORK}/consumer -B ${WORK}/build -G ${GENERATOR}
  -DCMAKE_PREFIX_PATH=${WORK}/prefix
  -DCMAKE_CXX_COMPILER=${COMPILER}
  "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Wpedantic -Werror")
step("build" ${CMAKE_COMMAND} --build ${WORK}/build --parallel 2)
step("run the program" ${WORK}/build/custom_layer)
message(STATUS "${output}")
step("run the verifier" ${WORK}/build/verifier verify
  --onnx ${WORK}/consumer/network.onnx --vnnlib ${WORK}/consumer/property.vnnlib)
message(STATUS "${output}")
if(NOT output STREQUAL "unsat\n")
  message(FATAL_ERROR "package: the verifier did not prove the property:\n${output}")
endif()

# Two programs that open any file: one of the consumer's own, and the one that is installed.
step("open a file" ${WORK}/build/any_file ${WORK}/consumer/network.onnx ${WORK}/consumer/property.vnnlib)
set(opened "${output}")
step("run shardbound" ${WORK}/prefix/bin/shardbound verify
  --onnx ${WORK}/consumer/network.onnx --vnnlib ${WORK}/consumer/property.vnnlib)
if(NOT opened STREQUAL "unsat\n" OR NOT output STREQUAL "unsat\n")
  message(FATAL_ERROR "package: the property was not proved:\n${opened}${output}")
endif()
step("run a runner" ${WORK}/build/runner verify
  --onnx ${WORK}/consumer/network.onnx --vnnlib ${WORK}/consumer/property.vnnlib)

if(MPI)
  step("run one rank without mpirun" ${WORK}/build/ranks)
endif()

if(CLP)
  step("solve a linear program" ${WORK}/build/linear_program)
endif()

if(CUDA)
  step("configure for a GPU" ${CMAKE_COMMAND} -S ${WORK}/gpu_consumer -B ${WORK}/gpu_build
    -G ${GENERATOR} -DCMAKE_PREFIX_PATH=${WORK}/prefix -DCMAKE_CXX_COMPILER=${COMPILER}
    -DCMAKE_CUDA_COMPILER=${NVCC} "-DCMAKE_CUDA_FLAGS=-Werror all-warnings")
  step("build for a GPU" ${CMAKE_COMMAND} --build ${WORK}/gpu_build)
endif()

# What is not there is one sentence.
set(absent nonsense)
if(NOT CUDA)
  list(APPEND absent cuda)
endif()
if(NOT MPI)
  list(APPEND absent mpi)
endif()
if(NOT CLP)
  list(APPEND absent clp)
endif()
foreach(component IN LISTS absent)
  file(WRITE "${WORK}/${component}/CMakeLists.txt"
    "cmake_minimum_required(VERSION 3.25)\nproject(x CXX)\n"
    "find_package(shardbound REQUIRED COMPONENTS ${component})\n")
  execute_process(
    COMMAND ${CMAKE_COMMAND} -S ${WORK}/${component} -B ${WORK}/${component}/build
            -DCMAKE_PREFIX_PATH=${WORK}/prefix -DCMAKE_CXX_COMPILER=${COMPILER}
    RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(result EQUAL 0 OR NOT output MATCHES "component[ \n]+${component}")
    message(FATAL_ERROR "package: component ${component} was not refused in words:\n${output}")
  endif()
endforeach()
file(REMOVE_RECURSE "${WORK}")
