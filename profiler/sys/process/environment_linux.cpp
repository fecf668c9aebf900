#include <unistd.h>

#include <cstring>

#include "profiler/sys/process/environment.h"

namespace pprof::sys {

namespace {

// `environ` may be a variable of the program's own, which it has not set yet.
char** Block() { return environ != nullptr ? environ : __environ; }

}  // namespace

bool EnvironmentIsKnown() { return Block() != nullptr; }

const char* FindEnvironment(const char* name) {
  char** entry = Block();
  if (entry == nullptr) return nullptr;
  const size_t length = std::strlen(name);
  for (; *entry != nullptr; ++entry) {
    if (std::strncmp(*entry, name, length) == 0 && (*entry)[length] == '=') {
      return *entry + length + 1;
    }
  }
  return nullptr;
}

}  // namespace pprof::sys
