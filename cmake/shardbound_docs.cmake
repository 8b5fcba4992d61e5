# SPDX-License-Identifier: BSD-3-Clause

# The reference (docs/Doxyfile.in) as the target shardbound_docs, where Doxygen is found; and the pages in
# Markdown, with the reference if it was built, as part of the package. Built only when it is asked for:
#   cmake --build <build folder> --target shardbound_docs
option(SHARDBOUND_BUILD_DOCS "Offer the target shardbound_docs, if Doxygen is found" ${PROJECT_IS_TOP_LEVEL})

set(SHARDBOUND_DOCS_FOLDER "${PROJECT_BINARY_DIR}/docs")
if(SHARDBOUND_BUILD_DOCS)
  find_package(Doxygen 1.9.4 QUIET OPTIONAL_COMPONENTS dot)
  find_program(SHARDBOUND_AWK awk)  # docs/page.awk, docs/header.sed
  find_program(SHARDBOUND_SED sed)
  mark_as_advanced(SHARDBOUND_AWK SHARDBOUND_SED)
  if(TARGET Doxygen::doxygen AND SHARDBOUND_AWK AND SHARDBOUND_SED)
    set(SHARDBOUND_DOCS_HAVE_DOT NO)
    if(TARGET Doxygen::dot)
      set(SHARDBOUND_DOCS_HAVE_DOT YES)
    endif()
    configure_file("${PROJECT_SOURCE_DIR}/docs/Doxyfile.in" "${SHARDBOUND_DOCS_FOLDER}/Doxyfile" @ONLY)
    add_custom_target(shardbound_docs
      COMMAND Doxygen::doxygen "${SHARDBOUND_DOCS_FOLDER}/Doxyfile"
      COMMAND ${CMAKE_COMMAND} -E echo "Open ${SHARDBOUND_DOCS_FOLDER}/html/index.html"
      COMMENT "Writing the reference with Doxygen"
      VERBATIM)
  else()
    message(STATUS "shardbound: there is no Doxygen 1.9.4, awk and sed. Going on without shardbound_docs.")
  endif()
endif()

if(SHARDBOUND_INSTALL)
  install(FILES README.md CHANGELOG.md CONTRIBUTING.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
  install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR}
    FILES_MATCHING PATTERN "*.md" PATTERN "*.svg" PATTERN "*.png" PATTERN "*.csv")
  install(DIRECTORY "${SHARDBOUND_DOCS_FOLDER}/html" DESTINATION ${CMAKE_INSTALL_DOCDIR} OPTIONAL)
endif()
