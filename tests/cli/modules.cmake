# SPDX-License-Identifier: BSD-3-Clause

# What cli/load_module_test loads, beside its executable.
if(NOT TARGET shardbound_cli_load_module_test)
  return()
endif()

# shardbound_test_module(<name> <file.cpp> [<definition>])
function(shardbound_test_module name file)
  add_library(${name} MODULE ${file})
  target_link_libraries(${name} PRIVATE shardbound_test_base shardbound::cli)
  target_compile_definitions(${name} PRIVATE ${ARGN})
  set_target_properties(${name} PROPERTIES
    PREFIX "" SUFFIX ".so" LIBRARY_OUTPUT_DIRECTORY "$<TARGET_FILE_DIR:shardbound_cli_load_module_test>")
  target_compile_options(${name} PRIVATE -O0)
  shardbound_warnings(${name})
  shardbound_tune(${name})
  add_dependencies(shardbound_cli_load_module_test ${name})
endfunction()

shardbound_test_module(stand_in_module cli/stand_in_module.cpp)
shardbound_test_module(old_module cli/stand_in_module.cpp OTHER_BUILD)
shardbound_test_module(no_module cli/no_module.cpp)
