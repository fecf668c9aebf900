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

// proc(5), /proc/PID/maps: "BEGIN-END RIGHTS OFFSET DEVICE INODE PATH". `mapping` is that of the
// line before: a module's mappings follow each other.
bool ReadLine(const std::string& line, CodeMapping* mapping, bool* executable) {
  unsigned long begin = 0;
  unsigned long end = 0;
  unsigned long offset = 0;
  char rights[5] = "";
  if (std::sscanf(line.c_str(), "%lx-%lx %4s %lx", &begin, &end, rights, &offset) != 4) {
    return false;
  }
  const size_t slash = line.find('/');
  if (slash == std::string::npos) return false;
  const bool same_file = mapping->path == line.substr(slash);
  const uint64_t module_begin = same_file && offset != 0 ? mapping->module_begin : begin;
  *mapping = {begin, end, module_begin, line.substr(slash)};
  *executable = rights[2] == 'x';
  return true;
}

}  // namespace

std::vector<CodeMapping> CodeMappingsOf(const std::string& maps) {
  std::vector<CodeMapping> mappings;
  std::istringstream lines(maps);
  CodeMapping mapping;
  bool executable = false;
  for (std::string line; std::getline(lines, line);) {
    if (ReadLine(line, &mapping, &executable) && executable) mappings.push_back(mapping);
  }
  return mappings;
}

std::vector<MappedFile> MappedFilesOf(const Process& process, const std::string& maps) {
  const std::string executable = WithoutDeleted(ReadLink(process.Folder() + "/exe"));
  std::set<std::string> paths;
  for (const CodeMapping& mapping : CodeMappingsOf(maps)) {
    paths.insert(WithoutDeleted(mapping.path));
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
