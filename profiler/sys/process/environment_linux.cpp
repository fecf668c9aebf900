#include <unistd.h>

#include <cstring>

#include "profiler/sys/process/environment.h"

namespace pprof::sys {

bool EnvironmentIsKnown() { return environ != nullptr; }

const char* FindEnvironment(const char* name) {
  if (environ == nullptr) return nullptr;
  const size_t length = std::strlen(name);
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (std::strncmp(*entry, name, length) == 0 && (*entry)[length] == '=') {
      return *entry + length + 1;
    }
  }
  return nullptr;
}

}  // namespace pprof::sys
