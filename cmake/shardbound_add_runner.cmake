# SPDX-License-Identifier: BSD-3-Clause

# A program that opens any network file, without a type: `shardbound` itself, and runners of those who have
# activations of their own. Works in this tree and from the installed package.

# shardbound_add_runner(<target>
#   [ACTIVATIONS <header>:<type> ...]                # functors that files may name, besides those of the library
#   [POLICY replicated|fully-sharded|row-col ...]    # the first is --policy's default
#   [CUDA])                                          # --device cuda too; needs shardbound::cuda
#
# Adds the executable <target> with the commands of `shardbound`. A relative header is relative to the caller's
# CMakeLists.txt; one that is not found there is included as <header>. An operator of a file is an activation's if
# the functor's member `onnx` says its name. With CUDA also adds <target>_cuda, as shardbound_add_verifier does.
function(shardbound_add_runner target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "CUDA" "" "ACTIVATIONS;POLICY")
  set(who "shardbound_add_runner(${target})")
  _shardbound_check_program("${who}" ACTIVATIONS POLICY CUDA)

  set(unit_template runner_unit.cpp.in)
  set(include_activations)
  set(activations)
  foreach(activation IN LISTS arg_ACTIVATIONS)
    if(NOT activation MATCHES "^([^:]+):([^:].*)$")
      message(FATAL_ERROR "${who}: '${activation}' names no activation. "
                          "Fix: write <header>:<type>, say sharp_softplus.hpp:SharpSoftplus.")
    endif()
    set(type "${CMAKE_MATCH_2}")
    get_filename_component(header "${CMAKE_MATCH_1}" ABSOLUTE)
    if(EXISTS "${header}")
      string(APPEND include_activations "#include \"${header}\"\n")
    else()
      string(APPEND include_activations "#include <${CMAKE_MATCH_1}>\n")
    endif()
    list(APPEND activations "${type}")
  endforeach()
  list(JOIN activations ", " activations)

  # Units without own activations are compiled once.
  set(runtime)
  if(NOT arg_ACTIVATIONS AND TARGET shardbound::runtime)
    set(runtime shardbound::runtime)
  endif()
  set(cuda)
  if(arg_CUDA)
    set(cuda CUDA)
  endif()
  _shardbound_program(${target} NETWORKS any_file POLICY ${arg_POLICY} ${cuda})
endfunction()
