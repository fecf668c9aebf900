#include "endpoints/door/limits.h"

#include <unistd.h>

namespace pprof::http {
namespace {

// The process in the upper half, how many it runs in the lower. None of the parent's run in a
// child.
std::atomic<uint64_t> recordings{0};

uint64_t OwnHalf() { return static_cast<uint64_t>(getpid()) << 32; }

uint64_t Running(uint64_t value, uint64_t own_half) {
  return value >> 32 == own_half >> 32 ? value & 0xFFFFFFFF : 0;
}

}  // namespace

std::optional<RecordingSlot> RecordingSlot::Take() {
  const uint64_t own_half = OwnHalf();
  uint64_t value = recordings.load(std::memory_order_relaxed);
  uint64_t running = 0;
  do {
    running = Running(value, own_half);
    if (running >= kMaxRecordings) return std::nullopt;
  } while (!recordings.compare_exchange_weak(value, own_half | (running + 1),
                                             std::memory_order_relaxed));
  return RecordingSlot();
}

RecordingSlot::~RecordingSlot() {
  if (!held_) return;
  const uint64_t own_half = OwnHalf();
  uint64_t value = recordings.load(std::memory_order_relaxed);
  while (Running(value, own_half) > 0 &&
         !recordings.compare_exchange_weak(value, value - 1, std::memory_order_relaxed)) {
  }
}

bool TokenBucket::Take(Clock::time_point now) {
  const Clock::rep at = now.time_since_epoch().count();
  Clock::rep arrival = arrival_.load(std::memory_order_relaxed);
  Clock::rep next = 0;
  do {
    const Clock::rep begin = std::max(arrival, at);
    if (begin - at > tolerance_.count()) return false;
    next = begin + interval_.count();
  } while (!arrival_.compare_exchange_weak(arrival, next, std::memory_order_relaxed));
  return true;
}

}  // namespace pprof::http
