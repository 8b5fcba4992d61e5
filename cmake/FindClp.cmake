# SPDX-License-Identifier: BSD-3-Clause

# Clp::Clp, the linear programs of COIN-OR, with what it is built on.

find_path(Clp_INCLUDE_DIR coin/ClpSimplex.hpp HINTS ENV CLP_ROOT PATH_SUFFIXES include include/clp)
foreach(library IN ITEMS Clp CoinUtils)
  find_library(${library}_LIBRARY ${library} HINTS ENV CLP_ROOT PATH_SUFFIXES lib lib64)
  mark_as_advanced(${library}_LIBRARY)
endforeach()
mark_as_advanced(Clp_INCLUDE_DIR)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Clp REQUIRED_VARS Clp_LIBRARY CoinUtils_LIBRARY Clp_INCLUDE_DIR)
if(Clp_FOUND AND NOT TARGET Clp::Clp)
  add_library(Clp::Clp UNKNOWN IMPORTED)
  set_target_properties(Clp::Clp PROPERTIES
    IMPORTED_LOCATION "${Clp_LIBRARY}"
    INTERFACE_LINK_LIBRARIES "${CoinUtils_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${Clp_INCLUDE_DIR}")
endif()
