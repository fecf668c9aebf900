#include "pprof/report_alloc.h"

#include "profiler/signal_safe/hooks/on_alloc.h"

namespace pprof {
namespace {

// noinline: it would add a stack frame of variables to the usual path.
__attribute__((noinline, cold)) void ReportSampled(const void* block, size_t size, void* caller) {
  const uint64_t interval = signal_safe::OnCountdownEnd(size);
  if (interval != 0) signal_safe::OnPoolAlloc(block, size, interval, caller);
}

}  // namespace

// noinline: the frames up to this function's caller are cut.
__attribute__((noinline)) void ReportAlloc(const void* block, size_t size) {
  if (block == nullptr || signal_safe::CountDown(size)) return;
  ReportSampled(block, size, __builtin_return_address(0));
}

void ReportFree(const void* block) {
  if (signal_safe::MayBeSampledInPool(block)) signal_safe::OnPoolFree(block);
}

void ReportFreeRange(const void* begin, size_t bytes) {
  signal_safe::OnPoolFreeRange(begin, bytes);
}

}  // namespace pprof
