# SPDX-License-Identifier: BSD-3-Clause

# cmake -DWORK=<scratch folder> -P refuse.cmake
# Small trees that break one rule each; the keeper must say so in the expected words.

cmake_policy(VERSION 3.25)
set(spdx "// SPDX-License-Identifier: BSD-3-Clause\n")

# put(<file below the tree> <text>)
function(put file text)
  file(WRITE "${WORK}/${file}" "${spdx}${text}\n")
endfunction()

# tree(): a fresh tree that every keeper accepts.
function(tree)
  file(REMOVE_RECURSE "${WORK}")
  put(include/shardbound/core/config.hpp "")
  put(include/shardbound/core/errors.hpp "#include <shardbound/core/config.hpp>")
  put(include/shardbound/core/shape.hpp "#include <shardbound/core/errors.hpp>")
  put(include/shardbound/io/model.hpp "#include <shardbound/core/shape.hpp>")
  put(include/shardbound/bound/engine.hpp "")
  put(include/shardbound/cli/unit.hpp "")
  put(include/shardbound/cli/module.hpp "")
  put(include/shardbound/core/precision.hpp "")
  put(include/shardbound/layer/linear.hpp "#include <shardbound/core/shape.hpp>\n#include <array>")
  put(include/shardbound/shardbound.hpp "#include <shardbound/layer/linear.hpp>")
  put(tests/core/shape_test.cpp "")
  put(tests/layer/linear_test.cpp "")
  file(WRITE "${WORK}/tests/list.cmake"
    "# SPDX-License-Identifier: BSD-3-Clause\n"
    "shardbound_tests(core shape_test.cpp)\nshardbound_tests(layer linear_test.cpp)\n")
endfunction()

# expect(<keeper> <what it must say; empty: it accepts>)
function(expect keeper words)
  execute_process(
    COMMAND ${CMAKE_COMMAND} -DROOT=${WORK} -P ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/${keeper}.cmake
    RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  string(REGEX REPLACE "[ \n]+" " " output "${output}")
  if(words STREQUAL "" AND NOT result EQUAL 0)
    message(FATAL_ERROR "${keeper} refuses a good tree: ${output}")
  elseif(NOT words STREQUAL "" AND (result EQUAL 0 OR NOT output MATCHES "${words}"))
    message(FATAL_ERROR "${keeper} does not say '${words}' but: ${output}")
  endif()
  message(STATUS "${keeper}: ${words}")
endfunction()

tree()
foreach(keeper IN ITEMS floors tests_present files)
  expect(${keeper} "")
endforeach()

# floors_refuse(<header> <its include> <words>)
function(floors_refuse header include words)
  tree()
  foreach(file IN ITEMS comm/self.hpp bound/ibp.hpp core/detail/bits.hpp backend/eigen/product.hpp
                        backend/cuda/product.hpp backend/cuda/kernel.cuh)
    put(include/shardbound/${file} "")
  endforeach()
  put(include/shardbound/${header} "#include ${include}")
  expect(floors "${words}")
endfunction()
floors_refuse(layer/relu.hpp <shardbound/bound/ibp.hpp> "upward")
floors_refuse(layer/relu.hpp <shardbound/comm/self.hpp> "a sibling of the same floor")
floors_refuse(layer/relu.hpp <shardbound/core/detail/bits.hpp> "visible to core/ alone")
floors_refuse(backend/cuda/x.hpp <shardbound/backend/eigen/product.hpp> "a sibling folder's")
floors_refuse(backend/cuda/x.hpp <shardbound/backend/cuda/kernel.cuh> "device code")
floors_refuse(layer/relu.hpp <Eigen/Core> "belongs to backend/eigen/ alone")
floors_refuse(layer/relu.hpp "\"linear.hpp\"" "by a relative name")
floors_refuse(layer/relu.hpp <shardbound/core/none.hpp> "does not exist")
floors_refuse(elsewhere/x.hpp <array> "not in the table")
floors_refuse(layer/relu.hpp <shardbound/shardbound.hpp> "an umbrella|upward")
floors_refuse(core/config.hpp <shardbound/core/shape.hpp> "in a circle")
floors_refuse(backend/eigen/x.hpp <Eigen/Core> "")
floors_refuse(core/x.hpp <shardbound/core/detail/bits.hpp> "")

tree()
put(include/shardbound/layer/relu.hpp "")
expect(tests_present "layer/relu.hpp has no test")
put(tests/layer/relu_test.cpp "")
expect(tests_present "relu_test.cpp is not built")
tree()
put(tests/paper/worked_test.cpp "")
expect(tests_present "worked_test.cpp is not built")
tree()
put(tests/support/all.hpp "TEST_CASE(\"x\") {}")
expect(tests_present "holds a TEST_CASE")

tree()
file(WRITE "${WORK}/bench/x.cpp" "int main() {}\n")
expect(files "bench/x.cpp: no line SPDX")
tree()
string(REPEAT "// [ a line; of many\n\n" 200 text)
put(bench/x.cpp "${text}")
expect(files "bench/x.cpp: 402 lines, over 400")

file(REMOVE_RECURSE "${WORK}")
