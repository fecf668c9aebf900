// The binaries that a process has mapped: what names and lines are looked up in.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "command/processes/process.h"

namespace pprof::command {

// Code of a file in /proc/PID/maps. A value.
struct CodeMapping {
  uint64_t begin = 0;
  uint64_t end = 0;
  uint64_t module_begin = 0;  // where the file's first byte is mapped
  std::string path;           // as the process sees it; " (deleted)" may follow
};

// The mappings of files with the right to execute in `maps`, the text of /proc/PID/maps.
std::vector<CodeMapping> CodeMappingsOf(const std::string& maps);

struct MappedFile {
  std::string path;         // as the process sees it
  std::string readable_at;  // from here, also if the executable was replaced on disk
};

// The files of the executable mappings in `maps`; each once.
std::vector<MappedFile> MappedFilesOf(const Process& process, const std::string& maps);

// The GNU build id of an ELF file in hexadecimal digits; blanks as many as it would have if none is
// in its first page.
std::string BuildIdOf(const std::string& path);

}  // namespace pprof::command
