# `cmake --install` and find_package(downhill). Headers go to include/downhill/, so that <autodiff/...> cannot meet another
# library's folder of that name.

if(downhill_fetched)
  # An installed package that leans on copies in a build folder would break as soon as that folder goes.
  list(JOIN downhill_fetched ", " names)
  install(CODE "message(FATAL_ERROR \"Downhill was built with a fetched ${names}; run ./setup.sh to install the package, \
configure again in a new build folder, and then install.\")")
  return()
endif()

include(CMakePackageConfigHelpers)
include(GNUInstallDirs)
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/downhill)

set(libraries downhill_autodiff downhill_inspect downhill_models)
if(DOWNHILL_HAVE_RANKS)
  list(APPEND libraries downhill_ranks)
endif()
install(
  TARGETS ${libraries}
  EXPORT downhill-targets
  FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/downhill)
install(EXPORT downhill-targets NAMESPACE downhill:: DESTINATION ${package_folder})

# The program for the command line. It is no part of the export: nobody links it. Where the libraries are shared, it finds
# them from where it is, so that the prefix may be moved.
if(DOWNHILL_BUILD_EXAMPLES)
  file(RELATIVE_PATH from_program_to_libraries ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})
  set_target_properties(downhill_program PROPERTIES INSTALL_RPATH "$ORIGIN/${from_program_to_libraries}")
  install(TARGETS downhill_program RUNTIME)
endif()

# A shared library brings its zlib, its OpenMP and its MPI along, a static one leaves them to whoever links it.
get_target_property(models_type downhill_models TYPE)
set(downhill_find_static "")
if(models_type STREQUAL STATIC_LIBRARY)
  string(APPEND downhill_find_static "find_dependency(ZLIB)\n")
  if(TARGET OpenMP::OpenMP_CXX)
    string(APPEND downhill_find_static "find_dependency(OpenMP COMPONENTS CXX)\n")
  endif()
  if(DOWNHILL_HAVE_RANKS)
    string(APPEND downhill_find_static "find_dependency(MPI COMPONENTS CXX)\n")
  endif()
endif()
configure_package_config_file(cmake/downhill-config.cmake.in ${PROJECT_BINARY_DIR}/downhill-config.cmake
                              INSTALL_DESTINATION ${package_folder})
# Before 1.0 every minor release may change the interface.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/downhill-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/downhill-config.cmake ${PROJECT_BINARY_DIR}/downhill-config-version.cmake
        DESTINATION ${package_folder})
