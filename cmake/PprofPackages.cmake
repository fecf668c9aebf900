# Debian packages: `pprof-cpp` (component command) and `libpprof-cpp-dev` (component dev). Made by
# scripts/package.sh, which configures for /usr.
set(PPROF_CPP_PACKAGE_RELEASE 1 CACHE STRING "Debian's part of the packages' version")
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_VENDOR "pprof-cpp")
set(CPACK_PACKAGE_CONTACT "The pprof-cpp authors <pprof-cpp@users.noreply.github.com>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_COMPONENTS_ALL command dev)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE "${PPROF_CPP_PACKAGE_RELEASE}")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
# The umask of whoever builds must not decide.
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE
  GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

set(CPACK_DEBIAN_COMMAND_PACKAGE_NAME pprof-cpp)
set(CPACK_DEBIAN_COMMAND_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_COMMAND_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_COMMAND_PACKAGE_SUGGESTS "golang-go, graphviz")
set(CPACK_DEBIAN_COMMAND_DESCRIPTION "profiles of running programs, without a change to them
 Starts programs with a profiler in them, and asks running ones for profiles of
 memory, CPU, wall clock, thread stacks and locks, in the format that
 go tool pprof reads.")

set(CPACK_DEBIAN_DEV_PACKAGE_NAME libpprof-cpp-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(dev_depends libgoogle-perftools-dev libcpp-httplib-dev zlib1g-dev pkg-config)
foreach(optional ZSTD:libzstd-dev LZMA:liblzma-dev ISAL:libisal-dev)
  string(REPLACE ":" ";" optional "${optional}")
  list(GET optional 0 name)
  list(GET optional 1 package)
  if(${name}_FOUND)
    list(APPEND dev_depends ${package})
  endif()
endforeach()
list(JOIN dev_depends ", " CPACK_DEBIAN_DEV_PACKAGE_DEPENDS)
set(CPACK_DEBIAN_DEV_PACKAGE_RECOMMENDS pprof-cpp)
set(CPACK_DEBIAN_DEV_DESCRIPTION "in-process profiler for C++ programs
 Link it and start its server: profiles of memory, CPU, wall clock, thread
 stacks and locks are then at /debug/pprof/, as with Go's net/http/pprof.
 This package has static libraries, headers, and files for CMake and pkg-config.")

# What Debian wants to find in each package: a copyright file and a changelog.
string(TIMESTAMP package_date "%a, %d %b %Y %H:%M:%S +0000" UTC)
foreach(component command dev)
  string(TOUPPER ${component} upper)
  set(package "${CPACK_DEBIAN_${upper}_PACKAGE_NAME}")
  set(folder "${PROJECT_BINARY_DIR}/packages/${package}")
  file(WRITE "${folder}/changelog.Debian"
    "${package} (${PROJECT_VERSION}-${PPROF_CPP_PACKAGE_RELEASE}) unstable; urgency=medium\n\n"
    "  * See CHANGELOG.md of the sources.\n\n"
    " -- ${CPACK_PACKAGE_CONTACT}  ${package_date}\n")
  execute_process(COMMAND gzip -9nf "${folder}/changelog.Debian" COMMAND_ERROR_IS_FATAL ANY)
  install(FILES "${folder}/changelog.Debian.gz" DESTINATION "share/doc/${package}"
    COMPONENT ${component})
  install(FILES cmake/copyright.debian RENAME copyright DESTINATION "share/doc/${package}"
    COMPONENT ${component})
endforeach()
# By design: the command runs where there is nothing but libc.
file(WRITE "${PROJECT_BINARY_DIR}/packages/overrides"
  "pprof-cpp: embedded-library zlib [usr/bin/pprof-cpp]\n")
install(FILES "${PROJECT_BINARY_DIR}/packages/overrides" RENAME pprof-cpp
  DESTINATION share/lintian/overrides COMPONENT command)
include(CPack)
