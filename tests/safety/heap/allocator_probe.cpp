// Asks the allocator what glibc's malloc answers, under the name of a check: prints "yes" or what
// it saw. With -DOWN_OPERATOR_NEW it has an operator new of its own, with -DPLUGIN it is a module.
#include <dlfcn.h>
#include <malloc.h>
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <sstream>
#include <string>
#include <vector>

#ifdef PLUGIN

extern "C" {
char* PluginMake(size_t size) { return static_cast<char*>(std::malloc(size)); }
void PluginFree(void* block) { std::free(block); }
}

#else

#include "pprof/pprof.h"

#ifdef OWN_OPERATOR_NEW
// A header before each block: a delete that is not this one's would end the program.
void* operator new(size_t size) {
  auto* block = static_cast<std::max_align_t*>(std::malloc(size + sizeof(std::max_align_t)));
  if (block == nullptr) throw std::bad_alloc();
  return block + 1;
}
void operator delete(void* block) noexcept {
  if (block != nullptr) std::free(static_cast<std::max_align_t*>(block) - 1);
}
void operator delete(void* block, size_t) noexcept { operator delete(block); }
#endif

namespace {

constexpr size_t kMiB = size_t{1} << 20;

// A program that limits a cache by mallinfo2, and gives memory back.
bool Info() {
  std::vector<char*> blocks(640);
  const size_t before = mallinfo2().uordblks;
  for (char*& block : blocks) block = static_cast<char*>(std::memset(std::malloc(64000), 1, 64000));
  const size_t grown = mallinfo2().uordblks - before;
  for (char* block : blocks) std::free(block);
  const size_t left = mallinfo2().uordblks - before;
  std::printf("grown %zu, left %zu\n", grown, left);
  return grown >= 39 * kMiB && grown < 45 * kMiB && left < kMiB && malloc_trim(0) == 1 &&
         mallinfo().uordblks > 0 && malloc_info(0, stdout) == 0;
}

// The program learns from the null pointer that there is no memory.
bool Refused() {
  const rlimit limit{256 * kMiB, RLIM_INFINITY};
  setrlimit(RLIMIT_AS, &limit);
  int refused = 0;
  for (int i = 0; i < 20000; ++i) refused += std::malloc(50000) == nullptr;
  return refused > 10000;
}

bool Comment() {
  std::vector<std::string> blocks(1000, std::string(10000, 'x'));
  auto array = new std::string[10];
  delete[] array;
  const auto heap = pprof::Collect("heap");
  std::ostringstream text;
  const bool written = heap.ok() && heap.value().WriteTo(text, pprof::Format::kText).ok();
  std::fputs(text.str().c_str(), stdout);
  return written;
}

bool DeepBind(const char* path) {
  void* module = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
  if (module == nullptr) return false;
  auto make = reinterpret_cast<char* (*)(size_t)>(dlsym(module, "PluginMake"));
  auto give = reinterpret_cast<void (*)(void*)>(dlsym(module, "PluginFree"));
  for (int i = 0; i < 100; ++i) {
    std::free(make(1000));
    give(std::malloc(1000));
  }
  return true;
}

bool Check(const std::string& name, const char* argument) {
  if (name == "info") return Info();
  if (name == "refused") return Refused();
  if (name == "comment") return Comment();
  return name == "deepbind" && DeepBind(argument);
}

}  // namespace

int main(int argc, char** argv) {
  std::printf("%s\n", argc > 1 && Check(argv[1], argv[argc - 1]) ? "yes" : "no");
}

#endif
