#include "endpoints/limits/memory_reserve.h"

#include <atomic>

#include "profiler/sys/memory_limits/memory_left.h"
#include "profiler/sys/thread/own_descriptors.h"

namespace pprof::http {
namespace {

std::atomic<uint64_t> profiles_in_progress{0};

bool IsEnough(uint64_t profiles) {
  return sys::WithOwnDescriptors(sys::MemoryLeft) >= profiles * MemoryReserve::kBytes;
}

}  // namespace

MemoryReserve::MemoryReserve() : enough_(IsEnough(profiles_in_progress.fetch_add(1) + 1)) {}

MemoryReserve::~MemoryReserve() { profiles_in_progress.fetch_sub(1); }

bool MemoryReserve::StillEnough() const { return IsEnough(profiles_in_progress.load()); }

}  // namespace pprof::http
