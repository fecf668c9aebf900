# Installs two components. `dev`: the archives, the public headers, the CMake package `pprof-cpp` and
# pprof-cpp.pc. `command`: the command, the preload library, manual page and completions. All paths
# are relative, so the prefix may be moved.
include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/pprof-cpp")
install(TARGETS pprof_symbolize pprof_profiler pprof_endpoints pprof_pprof EXPORT pprof-cpp-targets
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT dev)
install(FILES "${PROJECT_BINARY_DIR}/profiler/pprof_interpose.o" DESTINATION "${CMAKE_INSTALL_LIBDIR}"
  COMPONENT dev)
install(DIRECTORY profiler/include/ endpoints/include/ DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
  COMPONENT dev)
install(EXPORT pprof-cpp-targets NAMESPACE pprof:: DESTINATION "${package_dir}" COMPONENT dev)

configure_package_config_file(cmake/pprof-cpp-config.cmake.in pprof-cpp-config.cmake
  INSTALL_DESTINATION "${package_dir}")
# 0.x: minor versions may break compatibility.
write_basic_package_version_file(pprof-cpp-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/pprof-cpp-config.cmake"
  "${CMAKE_CURRENT_BINARY_DIR}/pprof-cpp-config-version.cmake" DESTINATION "${package_dir}" COMPONENT dev)

set(pkgconfig_dir "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
file(RELATIVE_PATH PPROF_CPP_PC_TO_PREFIX "/${pkgconfig_dir}" "/")
# The same link line as that of the CMake package: also the libraries without a target.
set(PPROF_CPP_PC_LIBS "")
list(APPEND PPROF_CPP_PC_LIBS -lpprof_endpoints -lpprof_profiler -lpprof_symbolize)
get_target_property(libraries pprof_profiler LINK_LIBRARIES)
foreach(library IN LISTS libraries)
  if(library MATCHES "^[A-Za-z0-9_+-]+$")
    list(APPEND PPROF_CPP_PC_LIBS "-l${library}")
  endif()
endforeach()
list(JOIN PPROF_CPP_PC_LIBS " " PPROF_CPP_PC_LIBS)
set(PPROF_CPP_PC_OPTIONAL "")
if(ZSTD_FOUND)
  string(APPEND PPROF_CPP_PC_OPTIONAL " libzstd")
endif()
if(LZMA_FOUND)
  string(APPEND PPROF_CPP_PC_OPTIONAL " liblzma")
endif()
if(ISAL_FOUND)
  string(APPEND PPROF_CPP_PC_OPTIONAL " libisal")
endif()
configure_file(cmake/pprof-cpp.pc.in pprof-cpp.pc @ONLY)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/pprof-cpp.pc" DESTINATION "${pkgconfig_dir}" COMPONENT dev)

if(NOT PPROF_CPP_PACKAGES)  # Debian has the text of the licence
  install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT dev)
endif()

if(TARGET pprof_preload)
  install(TARGETS pprof_preload LIBRARY DESTINATION "${PPROF_CPP_PRELOAD_DIR}" COMPONENT command)
endif()
if(TARGET pprof-cpp)
  install(TARGETS pprof-cpp RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT command)
  install(FILES "${PROJECT_BINARY_DIR}/command/pprof-cpp.1.gz"
    DESTINATION "${CMAKE_INSTALL_MANDIR}/man1" COMPONENT command)
  install(FILES command/completion/pprof-cpp.bash RENAME pprof-cpp
    DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions" COMPONENT command)
  # Debian's zsh looks into site-functions below /usr/local only.
  set(zsh_folder site-functions)
  if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
    set(zsh_folder vendor-completions)
  endif()
  install(FILES command/completion/_pprof-cpp
    DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/${zsh_folder}" COMPONENT command)
endif()
