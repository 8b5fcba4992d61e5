# SPDX-License-Identifier: BSD-3-Clause

# CUDA as a language, only where it is asked for: in this tree by SHARDBOUND_CUDA, in a consumer's by the
# component cuda. Macros, because a language must be enabled at the level of a file.

include(CheckLanguage)

# shardbound_look_for_nvcc(): sets CMAKE_CUDA_COMPILER, as check_language does; also finds an nvcc that is in
# its usual place but not on the PATH.
macro(shardbound_look_for_nvcc)
  if(NOT CMAKE_CUDA_COMPILER AND NOT DEFINED ENV{CUDACXX})
    find_program(shardbound_nvcc nvcc
      HINTS ENV CUDA_PATH ENV CUDA_HOME PATHS /usr/local/cuda PATH_SUFFIXES bin)
    mark_as_advanced(shardbound_nvcc)
    if(shardbound_nvcc)
      set(CMAKE_CUDA_COMPILER "${shardbound_nvcc}" CACHE FILEPATH "CUDA compiler")
    endif()
  endif()
  # One program, one compiler for the host's side of it.
  if(NOT CMAKE_CUDA_HOST_COMPILER AND NOT DEFINED ENV{CUDAHOSTCXX})
    set(CMAKE_CUDA_HOST_COMPILER "${CMAKE_CXX_COMPILER}" CACHE FILEPATH "Host compiler of nvcc")
  endif()
  if(NOT CMAKE_CUDA_COMPILER)
    check_language(CUDA)
  endif()
endmacro()

# shardbound_enable_cuda(<out>): enables the language, for GPUs of compute capability 9.0 unless
# CMAKE_CUDA_ARCHITECTURES or CUDAARCHS says otherwise. <out> is empty, or one sentence.
macro(shardbound_enable_cuda out)
  set(${out})
  if(NOT CMAKE_CUDA_COMPILER_LOADED)
    shardbound_look_for_nvcc()
    if(NOT CMAKE_CUDA_COMPILER)
      set(${out} "shardbound: component cuda needs a CUDA compiler, which CMake did not find. \
Fix: install the CUDA toolkit or name its nvcc in CMAKE_CUDA_COMPILER.")
    else()
      if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES AND NOT DEFINED ENV{CUDAARCHS})
        set(CMAKE_CUDA_ARCHITECTURES 90 CACHE STRING "Compute capabilities of the GPUs to build for")
      endif()
      enable_language(CUDA)
    endif()
  endif()
endmacro()
