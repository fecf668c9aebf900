#include "endpoints/handlers/ui_files.h"

#include <string>

#include "endpoints/answers/answers.h"

namespace pprof::http {

const UiFile* UiFileAt(std::string_view path) {
  const UiFileList all = UiFiles();
  for (size_t i = 0; i < all.count; ++i) {
    if (all.files[i].path == path) return &all.files[i];
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
  return UiFiles().count > 0 && accepted != nullptr &&
         accepted->find("text/html") != std::string::npos;
}

}  // namespace pprof::http
