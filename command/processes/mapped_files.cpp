#include "command/processes/mapped_files.h"

#include <cstdio>
#include <fstream>
#include <set>
#include <sstream>

namespace pprof::command {
namespace {

constexpr size_t kPage = 4096;
constexpr size_t kBuildIdBytes = 20;
constexpr char kDeleted[] = " (deleted)";

std::string WithoutDeleted(const std::string& path) { return path.substr(0, path.find(kDeleted)); }

}  // namespace

std::vector<MappedFile> MappedFilesOf(const Process& process, const std::string& maps) {
  const std::string executable = WithoutDeleted(ReadLink(process.Folder() + "/exe"));
  std::set<std::string> paths;
  std::istringstream lines(maps);
  for (std::string line; std::getline(lines, line);) {
    const size_t slash = line.find('/');
    const size_t rights = line.find(' ') + 1;
    if (slash == std::string::npos || line.compare(rights + 2, 1, "x") != 0) continue;
    paths.insert(WithoutDeleted(line.substr(slash)));
  }
  std::vector<MappedFile> files;
  for (const std::string& path : paths) {
    const bool is_executable = path == executable;
    files.push_back({path, process.Folder() + (is_executable ? "/exe" : "/root" + path)});
  }
  return files;
}

std::string BuildIdOf(const std::string& path) {
  // A note of 20 bytes with type 3 and the name "GNU".
  const std::string note("\x04\0\0\0\x14\0\0\0\x03\0\0\0GNU\0", 16);
  std::ifstream file(path, std::ios::binary);
  std::string page(kPage, '\0');
  file.read(page.data(), static_cast<std::streamsize>(page.size()));
  const size_t at = page.find(note);
  std::string text;
  for (size_t i = 0; i < kBuildIdBytes; ++i) {
    char digits[3] = "  ";
    if (at != std::string::npos && at + note.size() + i < page.size()) {
      std::snprintf(digits, sizeof digits, "%02x",
                    static_cast<unsigned char>(page[at + note.size() + i]));
    }
    text += digits;
  }
  return text;
}

}  // namespace pprof::command
