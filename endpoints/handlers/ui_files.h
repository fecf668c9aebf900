// The files of the page in the browser, embedded by endpoints/ui/CMakeLists.txt. With
// PPROF_CPP_WITH_UI=OFF there are none, and the index is Go's for browsers, too.
#pragma once

#include <cstddef>
#include <string_view>

#include "pprof/http.h"

namespace pprof::http {

struct UiFile {
  std::string_view path;      // "/debug/pprof/ui/page.js"
  std::string_view type;      // of the content
  const unsigned char* gzip;  // the content, compressed
  size_t gzip_bytes;
};

struct UiFileList {
  const UiFile* files;
  size_t count;
};

// Defined in the build folder by CMake.
UiFileList UiFiles();

// The file with this path, or nullptr.
const UiFile* UiFileAt(std::string_view path);

// The bytes as embedded: browsers accept gzip.
Response ServeUiFile(const UiFile& file);

// True if a browser asks for something to show, and there is a page for it. Tools and scrapers do
// not name text/html in Accept.
bool WantsPage(const Request& request);

}  // namespace pprof::http
