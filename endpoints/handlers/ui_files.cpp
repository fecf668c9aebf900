#include "endpoints/handlers/ui_files.h"

#include <string>

#include "endpoints/answers/answers.h"

namespace pprof::http {

const UiFile* UiFileAt(std::string_view path) {
  for (size_t i = 0; i < kUiFileCount; ++i) {
    if (kUiFiles[i].path == path) return &kUiFiles[i];
  }
  return nullptr;
}

Response ServeUiFile(const UiFile& file) {
  Response response;
  response.headers.emplace("Content-Type", file.type);
  response.headers.emplace("Content-Encoding", "gzip");
  response.body.assign(file.gzip, file.gzip + file.gzip_bytes);
  return response;
}

bool WantsPage(const Request& request) {
  const std::string* accepted = FindHeader(request.headers, "Accept");
  return kUiFileCount > 0 && accepted != nullptr &&
         accepted->find("text/html") != std::string::npos;
}

}  // namespace pprof::http
