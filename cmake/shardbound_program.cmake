# SPDX-License-Identifier: BSD-3-Clause

# What the programs of shardbound_add_verifier and shardbound_add_runner have in common. Works in this tree and
# from the installed package.

set(SHARDBOUND_VERIFIER_TEMPLATES "${CMAKE_CURRENT_LIST_DIR}/verifier" CACHE INTERNAL "")

# _shardbound_check_program(<who> <word>...): refuses words that were left over, and policies and components
# that are not there. Reads the caller's arg_POLICY and arg_CUDA.
function(_shardbound_check_program who)
  set(words ${ARGN})
  if(arg_UNPARSED_ARGUMENTS)
    list(JOIN words ", " words)
    message(FATAL_ERROR "${who}: does not know ${arg_UNPARSED_ARGUMENTS}. Fix: use ${words}.")
  endif()
  if(NOT TARGET shardbound::cli)
    message(FATAL_ERROR "${who}: needs shardbound::cli. "
                        "Fix: find_package(shardbound COMPONENTS cli).")
  endif()
  if(arg_CUDA AND NOT TARGET shardbound::cuda)
    message(FATAL_ERROR "${who}: CUDA needs shardbound::cuda. Fix: find_package(shardbound COMPONENTS "
                        "cli cuda), or leave CUDA away where there is no such component.")
  endif()
  foreach(policy IN LISTS arg_POLICY)
    if(NOT policy MATCHES "^(replicated|fully-sharded|row-col)$")
      message(FATAL_ERROR "${who}: there is no policy ${policy}. "
                          "Fix: use replicated, fully-sharded or row-col.")
    endif()
  endforeach()
endfunction()

# _shardbound_units(<folder> <name> <cpp or cu>): writes a unit for each scalar from the template ${unit_template}
# and the caller's variables. Sets unit_sources, unit_declarations and units, the functions' addresses.
macro(_shardbound_units folder name suffix)
  set(unit_sources)
  set(unit_declarations)
  set(units)
  set(header_suffix hpp)
  set(backend EigenBackend)
  if("${suffix}" STREQUAL "cu")
    set(header_suffix cuh)
    set(backend Cuda)
  endif()
  foreach(scalar_and_type IN ITEMS float32:float float64:double)
    string(REGEX REPLACE ":.*" "" unit "${scalar_and_type}")
    string(REGEX REPLACE ".*:" "" scalar "${scalar_and_type}")
    configure_file("${SHARDBOUND_VERIFIER_TEMPLATES}/${unit_template}"
      "${folder}/${name}_${unit}.${suffix}" @ONLY)
    list(APPEND unit_sources "${folder}/${name}_${unit}.${suffix}")
    string(APPEND unit_declarations "const shardbound::cli::Unit& ${unit}();\n")
    list(APPEND units "&shardbound_units::${unit}")
  endforeach()
  list(JOIN units ", " units)
endmacro()

# _shardbound_program(<target> NETWORKS one_type|any_file [POLICY ...] [CUDA] [SOURCES ...]): the executable, and with
# CUDA the module <target>_cuda with the same units for a GPU, which the executable loads from beside it. Reads the
# caller's unit_template and what the template names. A target that has `runtime` set links its units from there.
function(_shardbound_program target)
  cmake_parse_arguments(PARSE_ARGV 1 own "CUDA" "NETWORKS" "POLICY;SOURCES")
  set(folder "${CMAKE_CURRENT_BINARY_DIR}/${target}.verifier")
  if(NOT own_POLICY)
    set(own_POLICY replicated fully-sharded row-col)
  endif()
  list(TRANSFORM own_POLICY REPLACE "(.+)" "\"\\1\"" OUTPUT_VARIABLE policies)
  list(JOIN policies ", " policies)
  set(networks "${own_NETWORKS}")
  set(include_launchers)
  set(launchers)
  if(TARGET shardbound::mpi)
    set(include_launchers "#include <shardbound/mpi.hpp>\n")
    set(launchers "{\"mpi\", [](const shardbound::cli::RankBody& body) { shardbound::mpi::run(body); }}")
  endif()
  set(minimax "nullptr")
  if(TARGET shardbound::clp)
    string(APPEND include_launchers "#include <shardbound/clp.hpp>\n")
    set(minimax "&shardbound::clp::minimax")
  endif()
  set(module)
  if(own_CUDA)
    set(module "${target}_cuda.so")
  endif()
  _shardbound_units("${folder}" "${target}" cpp)
  configure_file("${SHARDBOUND_VERIFIER_TEMPLATES}/main.cpp.in" "${folder}/${target}_main.cpp" @ONLY)

  if(runtime)
    set(unit_sources)
  endif()
  add_executable(${target} "${folder}/${target}_main.cpp" ${unit_sources} ${own_SOURCES})
  target_include_directories(${target} PRIVATE "${folder}")
  _shardbound_front_end()
  target_link_libraries(${target} PRIVATE
    shardbound_front_end ${runtime} shardbound::cli $<TARGET_NAME_IF_EXISTS:shardbound::mpi>
    $<TARGET_NAME_IF_EXISTS:shardbound::clp>)
  _shardbound_finish(${target})
  if(NOT own_CUDA)
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
  _shardbound_units("${folder}" "${target}" cu)
  configure_file("${SHARDBOUND_VERIFIER_TEMPLATES}/module.cu.in" "${folder}/${target}_module.cu" @ONLY)
  add_library(${target}_cuda MODULE "${folder}/${target}_module.cu" ${unit_sources} ${own_SOURCES})
  target_include_directories(${target}_cuda PRIVATE "${folder}")
  target_link_libraries(${target}_cuda PRIVATE
    shardbound::cli shardbound::cuda $<TARGET_NAME_IF_EXISTS:shardbound::nccl>)
  # The front end looks for it beside the executable.
  set_target_properties(${target}_cuda PROPERTIES
    PREFIX "" SUFFIX ".so" LIBRARY_OUTPUT_DIRECTORY "$<TARGET_FILE_DIR:${target}>")
  _shardbound_finish(${target}_cuda)
endfunction()

# What is compiled for speed: an executable, its module, units in a library.
function(_shardbound_finish target)
  # A consumer that chose no build type would otherwise get a verifier that crawls.
  target_compile_options(${target} PRIVATE $<$<CONFIG:>:-O3>)
  target_compile_definitions(${target} PRIVATE $<$<CONFIG:>:NDEBUG>)
  shardbound_tune(${target})
endfunction()

# What parses the command line and carries commands out, searches among it, once per project.
function(_shardbound_front_end)
  if(TARGET shardbound_front_end)
    return()
  endif()
  add_library(shardbound_front_end STATIC EXCLUDE_FROM_ALL
    "${SHARDBOUND_VERIFIER_TEMPLATES}/front_end.cpp")
  target_include_directories(shardbound_front_end PUBLIC "${SHARDBOUND_VERIFIER_TEMPLATES}")
  target_link_libraries(shardbound_front_end PUBLIC shardbound::cli)
  _shardbound_finish(shardbound_front_end)
endfunction()
