#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

#include "profiler/sys/process/process_id.h"

namespace pprof::sys {

int32_t ProcessId() { return getpid(); }

// "NSpid:	4026	7": outermost first.
std::vector<int32_t> ProcessIdsInNamespaces() {
  std::vector<int32_t> ids;
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.compare(0, 6, "NSpid:") != 0) continue;
    std::istringstream words(line.substr(6));
    for (int32_t id = 0; words >> id;) ids.push_back(id);
  }
  ids.push_back(getpid());
  std::reverse(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

}  // namespace pprof::sys
