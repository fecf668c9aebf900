#include "pprof/report_alloc.h"

#include "profiler/signal_safe/hooks/on_alloc.h"

namespace pprof {

// noinline: the frames up to this function's caller are cut.
__attribute__((noinline)) void ReportAlloc(const void* block, size_t size) {
  if (block != nullptr) signal_safe::OnPoolAlloc(block, size, __builtin_return_address(0));
}

void ReportFree(const void* block) { signal_safe::OnPoolFree(block); }

void ReportFreeRange(const void* begin, size_t bytes) {
  signal_safe::OnPoolFreeRange(begin, bytes);
}

}  // namespace pprof
