// Defines the environment's functions and variable itself, as shells and sudo do, and fills them in
// main. Waits until stdin ends.
#include <cstdio>
#include <cstdlib>

extern "C" {
// NOLINTBEGIN(readability-identifier-naming, misc-definitions-in-headers): the C library's names
__attribute__((visibility("default"))) char** environ = nullptr;
__attribute__((visibility("default"))) char* getenv(const char*) noexcept { return nullptr; }
__attribute__((visibility("default"))) int setenv(const char*, const char*, int) noexcept {
  std::abort();
}
// NOLINTEND(readability-identifier-naming, misc-definitions-in-headers)
}

int main() {
  while (std::getchar() != EOF) {
  }
  return 0;
}
