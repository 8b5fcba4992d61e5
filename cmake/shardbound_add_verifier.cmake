# SPDX-License-Identifier: BSD-3-Clause

# From a network to a program: the type is generated from an ONNX file at build time, or written by
# hand, and compiled into a command-line verifier. Works in this tree and from the installed package.

# shardbound_add_verifier(<target>
#   ONNX <file.onnx>                         # the type is read from the graph ...
#   | NETWORK_HEADER <header> TYPE <type>    # ... or hand-written, say AcasXu<>
#   [POLICY replicated|fully-sharded|row-col ...]    # what --policy offers, its default first
#   [CUDA])                                          # --device cuda too; needs shardbound::cuda
#
# Adds the executable <target>, one translation unit for each scalar so that they compile side by
# side and in bounded memory; the front end is compiled once for all verifiers of a project. A relative file is
# relative to the caller's CMakeLists.txt; a header that is not found there is included as <header>. With CUDA also adds <target>_cuda: the same units for a
# GPU, as a module beside the executable that is loaded only for --device cuda. It is no dependency of
# <target>: nvcc takes its time.
function(shardbound_add_verifier target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "CUDA" "ONNX;NETWORK_HEADER;TYPE" "POLICY")
  set(who "shardbound_add_verifier(${target})")
  _shardbound_check_program("${who}" ONNX NETWORK_HEADER TYPE POLICY CUDA)
  if(arg_ONNX AND (arg_NETWORK_HEADER OR arg_TYPE))
    message(FATAL_ERROR "${who}: has both an ONNX file and a hand-written type. Fix: give one.")
  endif()
  if(NOT arg_ONNX AND NOT (arg_NETWORK_HEADER AND arg_TYPE))
    message(FATAL_ERROR "${who}: has no network. "
                        "Fix: give ONNX <file>, or NETWORK_HEADER <header> and TYPE <type>.")
  endif()

  set(folder "${CMAKE_CURRENT_BINARY_DIR}/${target}.verifier")
  if(arg_ONNX)
    get_filename_component(onnx "${arg_ONNX}" ABSOLUTE)
    if(NOT EXISTS "${onnx}")
      message(FATAL_ERROR "${who}: there is no file ${onnx}.")
    endif()
    _shardbound_generator()
    set(header "${folder}/${target}_network.hpp")
    file(MAKE_DIRECTORY "${folder}")
    add_custom_command(
      OUTPUT "${header}"
      COMMAND shardbound_generate "${onnx}" Network "${header}"
      DEPENDS shardbound_generate "${onnx}"
      COMMENT "Writing the type of ${onnx}"
      VERBATIM)
    set(include_network "\"${target}_network.hpp\"")
    set(type "Network<>")  # as the generated header names it
  else()
    get_filename_component(header "${arg_NETWORK_HEADER}" ABSOLUTE)
    if(EXISTS "${header}")
      set(include_network "\"${header}\"")
    else()
      set(header)
      set(include_network "<${arg_NETWORK_HEADER}>")
    endif()
    set(type "${arg_TYPE}")
  endif()

  set(unit_template unit.cpp.in)
  set(runtime)
  set(cuda)
  if(arg_CUDA)
    set(cuda CUDA)
  endif()
  _shardbound_program(${target} NETWORKS one_type POLICY ${arg_POLICY} ${cuda} SOURCES ${header})
endfunction()

# The program that prints a network's type, once per project.
function(_shardbound_generator)
  if(TARGET shardbound_generate)
    return()
  endif()
  add_executable(shardbound_generate EXCLUDE_FROM_ALL
    "${SHARDBOUND_VERIFIER_TEMPLATES}/generate.cpp")
  target_link_libraries(shardbound_generate PRIVATE shardbound::onnx)
endfunction()
