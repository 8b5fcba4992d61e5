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
# side and in bounded memory; the front end is compiled once for all verifiers of a project. A relative file is relative to the caller's CMakeLists.txt; a header
# that is not found there is included as <header>. With CUDA also adds <target>_cuda: the same units for a
# GPU, as a module beside the executable that is loaded only for --device cuda. It is no dependency of
# <target>: nvcc takes its time.
function(shardbound_add_verifier target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "CUDA" "ONNX;NETWORK_HEADER;TYPE" "POLICY")
  set(who "shardbound_add_verifier(${target})")
  set(templates "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/verifier")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "${who}: does not know ${arg_UNPARSED_ARGUMENTS}. "
                        "Fix: use ONNX, NETWORK_HEADER, TYPE, POLICY and CUDA.")
  endif()
  if(arg_ONNX AND (arg_NETWORK_HEADER OR arg_TYPE))
    message(FATAL_ERROR "${who}: has both an ONNX file and a hand-written type. Fix: give one.")
  endif()
  if(NOT arg_ONNX AND NOT (arg_NETWORK_HEADER AND arg_TYPE))
    message(FATAL_ERROR "${who}: has no network. "
                        "Fix: give ONNX <file>, or NETWORK_HEADER <header> and TYPE <type>.")
  endif()
  if(NOT TARGET shardbound::cli)
    message(FATAL_ERROR "${who}: needs shardbound::cli. "
                        "Fix: find_package(shardbound COMPONENTS cli).")
  endif()
  if(arg_CUDA AND NOT TARGET shardbound::cuda)
    message(FATAL_ERROR "${who}: CUDA needs shardbound::cuda. Fix: find_package(shardbound COMPONENTS "
                        "cli cuda), or leave CUDA away where there is no such component.")
  endif()
  if(NOT arg_POLICY)
    set(arg_POLICY replicated fully-sharded row-col)
  endif()
  foreach(policy IN LISTS arg_POLICY)
    if(NOT policy MATCHES "^(replicated|fully-sharded|row-col)$")
      message(FATAL_ERROR "${who}: there is no policy ${policy}. "
                          "Fix: use replicated, fully-sharded or row-col.")
    endif()
  endforeach()

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

  set(sources ${header})
  set(cuda_sources ${header})
  set(unit_declarations)
  set(units)
  foreach(scalar_and_type IN ITEMS float32:float float64:double)
    string(REGEX REPLACE ":.*" "" unit "${scalar_and_type}")
    string(REGEX REPLACE ".*:" "" scalar "${scalar_and_type}")
    _shardbound_write_unit("${folder}/${target}_${unit}.cpp")
    list(APPEND sources "${folder}/${target}_${unit}.cpp")
    if(arg_CUDA)
      _shardbound_write_unit("${folder}/${target}_${unit}.cu")
      list(APPEND cuda_sources "${folder}/${target}_${unit}.cu")
    endif()
    string(APPEND unit_declarations "const shardbound::cli::Unit& ${unit}();\n")
    list(APPEND units "&shardbound_units::${unit}")
  endforeach()
  list(JOIN units ", " units)
  list(TRANSFORM arg_POLICY REPLACE "(.+)" "\"\\1\"" OUTPUT_VARIABLE policies)
  list(JOIN policies ", " policies)
  set(include_launchers)
  set(launchers)
  if(TARGET shardbound::mpi)
    set(include_launchers "#include <shardbound/mpi.hpp>\n")
    set(launchers "{\"mpi\", [](const shardbound::cli::RankBody& body) { shardbound::mpi::run(body); }}")
  endif()
  set(module)
  if(arg_CUDA)
    set(module "${target}_cuda.so")
  endif()
  configure_file("${templates}/main.cpp.in" "${folder}/${target}_main.cpp" @ONLY)

  add_executable(${target} "${folder}/${target}_main.cpp" ${sources})
  target_include_directories(${target} PRIVATE "${folder}")
  _shardbound_front_end()
  target_link_libraries(${target} PRIVATE
    shardbound_front_end shardbound::cli $<TARGET_NAME_IF_EXISTS:shardbound::mpi>)
  _shardbound_finish_verifier(${target})
  if(NOT arg_CUDA)
    return()
  endif()

  set(include_nccl)
  set(connect "nullptr")
  if(TARGET shardbound::nccl)
    set(include_nccl "#include <shardbound/nccl.hpp>\n")
    set(connect "[](shardbound::AnyCommunicator control, const shardbound::cli::RankBody& body) {
        body(shardbound::nccl::one_gpu_each(std::move(control)));
      }")
  endif()
  configure_file("${templates}/module.cu.in" "${folder}/${target}_module.cu" @ONLY)
  add_library(${target}_cuda MODULE "${folder}/${target}_module.cu" ${cuda_sources})
  target_include_directories(${target}_cuda PRIVATE "${folder}")
  target_link_libraries(${target}_cuda PRIVATE
    shardbound::cli shardbound::cuda $<TARGET_NAME_IF_EXISTS:shardbound::nccl>)
  # The front end looks for it beside the executable.
  set_target_properties(${target}_cuda PROPERTIES
    PREFIX "" SUFFIX ".so" LIBRARY_OUTPUT_DIRECTORY "$<TARGET_FILE_DIR:${target}>")
  _shardbound_finish_verifier(${target}_cuda)
endfunction()

# What an executable and its module have in common.
function(_shardbound_finish_verifier target)
  # A consumer that chose no build type would otherwise get a verifier that crawls.
  target_compile_options(${target} PRIVATE $<$<CONFIG:>:-O3>)
  target_compile_definitions(${target} PRIVATE $<$<CONFIG:>:NDEBUG>)
  shardbound_tune(${target})
endfunction()

# _shardbound_write_unit(<file>): the unit of the caller's ${include_network}, ${type}, ${scalar} and
# ${unit}; on a GPU if the file is a .cu.
function(_shardbound_write_unit file)
  set(header_suffix hpp)
  set(backend)
  if(file MATCHES "\\.cu$")
    set(header_suffix cuh)
    set(backend ", shardbound::Cuda")
  endif()
  configure_file("${CMAKE_CURRENT_FUNCTION_LIST_DIR}/verifier/unit.cpp.in" "${file}" @ONLY)
endfunction()

# What parses the command line and carries commands out, once per project.
function(_shardbound_front_end)
  if(TARGET shardbound_front_end)
    return()
  endif()
  set(folder "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/verifier")
  add_library(shardbound_front_end STATIC EXCLUDE_FROM_ALL "${folder}/front_end.cpp")
  target_include_directories(shardbound_front_end PUBLIC "${folder}")
  target_link_libraries(shardbound_front_end PUBLIC shardbound::cli)
  # Nothing in it is hot, and it is most of what there is to compile.
  target_compile_options(shardbound_front_end PRIVATE -O1)
  shardbound_tune(shardbound_front_end)
endfunction()

# The program that prints a network's type, once per project.
function(_shardbound_generator)
  if(TARGET shardbound_generate)
    return()
  endif()
  add_executable(shardbound_generate EXCLUDE_FROM_ALL
    "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/verifier/generate.cpp")
  target_link_libraries(shardbound_generate PRIVATE shardbound::onnx)
endfunction()
