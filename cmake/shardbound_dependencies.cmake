# SPDX-License-Identifier: BSD-3-Clause

# What each component needs, once, for the build tree and for the installed package.

# shardbound_find_dependencies(<component> <out>)
# Looks for what `core`, `onnx`, `cli`, `runtime`, `mpi`, `clp`, `cuda` or `nccl` links. <out> is empty, or one sentence that
# names what is missing and the system package that has it.
function(shardbound_find_dependencies component out)
  list(PREPEND CMAKE_MODULE_PATH "${CMAKE_CURRENT_FUNCTION_LIST_DIR}")  # FindClp.cmake, FindNCCL.cmake
  set(core_needs "Eigen3|Eigen3::Eigen|libeigen3-dev" "Threads|Threads::Threads|libc6-dev")
  set(onnx_needs "Protobuf|protobuf::libprotobuf|libprotobuf-dev" "ZLIB|ZLIB::ZLIB|zlib1g-dev")
  set(cli_needs "CLI11|CLI11::CLI11|libcli11-dev"
      "nlohmann_json|nlohmann_json::nlohmann_json|nlohmann-json3-dev")
  set(mpi_needs "MPI|MPI::MPI_CXX|libopenmpi-dev")
  set(clp_needs "Clp|Clp::Clp|coinor-libclp-dev")
  set(cuda_needs "CUDAToolkit|CUDA::cublasLt|nvidia-cuda-toolkit")
  set(nccl_needs "NCCL|NCCL::NCCL|libnccl-dev")

  set(missing)
  set(system_packages)
  foreach(need IN LISTS ${component}_needs)
    string(REPLACE "|" ";" need "${need}")
    list(GET need 0 package)
    list(GET need 1 target)
    list(GET need 2 system_package)
    if(NOT TARGET ${target})
      find_package(${package} QUIET)
    endif()
    if(NOT TARGET ${target})
      list(APPEND missing ${package})
      list(APPEND system_packages ${system_package})
    endif()
  endforeach()

  if(missing)
    list(JOIN missing " and " missing)
    list(JOIN system_packages " " system_packages)
    set(${out} "shardbound: component ${component} needs ${missing}, which CMake did not find. \
Fix: install it (Debian: ${system_packages}) or name its prefix in CMAKE_PREFIX_PATH." PARENT_SCOPE)
  else()
    set(${out} "" PARENT_SCOPE)
  endif()
endfunction()
