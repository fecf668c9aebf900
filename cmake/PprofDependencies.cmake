# All dependencies come from the distribution: gperftools, zlib, fmt, protozero, cpp-httplib.
find_package(PkgConfig REQUIRED)
find_package(ZLIB REQUIRED)
find_package(fmt REQUIRED)
pkg_check_modules(TCMALLOC REQUIRED IMPORTED_TARGET libtcmalloc_minimal)
find_path(PROTOZERO_INCLUDE_DIR protozero/pbf_writer.hpp REQUIRED)
find_package(httplib QUIET CONFIG)
if(NOT TARGET httplib::httplib)
  # Debian ships cpp-httplib as a compiled library with a .pc file and no CMake config.
  pkg_check_modules(HTTPLIB REQUIRED IMPORTED_TARGET cpp-httplib)
  add_library(httplib::httplib ALIAS PkgConfig::HTTPLIB)
endif()
# Optional: zstd for compressed debug sections, and xz for .gnu_debugdata. Without them only those
# symbols are missing.
pkg_check_modules(ZSTD IMPORTED_TARGET libzstd)
pkg_check_modules(LZMA IMPORTED_TARGET liblzma)
# Optional: decompresses zlib debug sections in a third of zlib's time.
pkg_check_modules(ISAL IMPORTED_TARGET libisal)
