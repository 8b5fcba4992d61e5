# SPDX-License-Identifier: BSD-3-Clause

# write_mlp(<depth> <scalar> <file>): a program with an MLP of `depth` linear layers of widths 20, 21,
# ..., so that no two share a shape. For compile/run.cmake and tests/compile_nvcc.
set(mlp_template "${CMAKE_CURRENT_LIST_DIR}/mlp.cpp.in")
function(write_mlp depth SCALAR file)
  set(layers "sb::Input<19>")
  foreach(layer RANGE 1 ${depth})
    math(EXPR width "19 + ${layer}")
    string(APPEND layers ",\n    sb::Linear<${width}>")
    if(NOT layer EQUAL depth)
      string(APPEND layers ", sb::ReLU")
    endif()
  endforeach()
  configure_file("${mlp_template}" "${file}" @ONLY)
endfunction()
