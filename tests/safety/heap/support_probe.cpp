// Prints whether the heap is sampled here, or why not; then profiles a known function.
#include <cstdio>
#include <cstdlib>

#include "pprof/pprof.h"

__attribute__((noinline)) void* KnownSite(size_t size) {
  void* block = std::malloc(size);
  asm volatile("" : : "r"(block) : "memory");
  return block;
}

__attribute__((noinline)) void* KnownCaller(size_t size) {
  void* block = KnownSite(size);
  asm volatile("" : : "r"(block) : "memory");
  return block;
}

int main() {
  void* blocks[4000];  // 131 MB, 250 samples: half of it is eight standard errors away
  for (void*& block : blocks) block = KnownCaller(32768);
  const pprof::Result<pprof::Snapshot> heap = pprof::Collect("heap");
  for (void* block : blocks) std::free(block);
  if (!heap.ok()) {
    std::printf("no: %s\n", heap.status().message().c_str());
    return 0;
  }
  std::printf("sampled %s\n", heap.value().total(3) > 64 * 1000 * 1000 ? "enough" : "too little");
  return 0;
}
