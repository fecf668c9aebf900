// The binaries that a process has mapped: what names and lines are looked up in.
#pragma once

#include <string>
#include <vector>

#include "command/processes/process.h"

namespace pprof::command {

struct MappedFile {
  std::string path;         // as the process sees it
  std::string readable_at;  // from here, also if the executable was replaced on disk
};

// The files of the executable mappings in `maps`, the text of /proc/PID/maps; each once.
std::vector<MappedFile> MappedFilesOf(const Process& process, const std::string& maps);

// The GNU build id of an ELF file in hexadecimal digits; blanks as many as it would have if none is
// in its first page.
std::string BuildIdOf(const std::string& path);

}  // namespace pprof::command
