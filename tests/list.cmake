# SPDX-License-Identifier: BSD-3-Clause

# Every test, one line each: include/shardbound/<floor>/<x>.hpp -> <floor>/<x>_test.cpp. Read by
# tests/CMakeLists.txt, which builds them, and by keepers/tests_present.cmake, which looks for gaps.

shardbound_tests(core
)

shardbound_tests(sharding
)

shardbound_tests(relax
)

shardbound_tests(expr
)

shardbound_tests(layer
)

shardbound_tests(backend
)

shardbound_tests(comm
)

shardbound_tests(network
)

shardbound_tests(spec
)

shardbound_tests(bound
)

shardbound_tests(verify
)

shardbound_tests(io
)

shardbound_tests(cli
)

# ---- across floors ---------------------------------------------------------------------------
shardbound_tests(soundness
)

shardbound_tests(oracle
)

shardbound_tests(paper
)
