#include "endpoints/limits.h"

#include <algorithm>
#include <atomic>

namespace pprof::http {
namespace {

std::atomic<int> recordings{0};

}  // namespace

std::optional<RecordingSlot> RecordingSlot::Take() {
  int running = recordings.load(std::memory_order_relaxed);
  do {
    if (running >= kMaxRecordings) return std::nullopt;
  } while (!recordings.compare_exchange_weak(running, running + 1, std::memory_order_relaxed));
  return RecordingSlot();
}

RecordingSlot::~RecordingSlot() {
  if (held_) recordings.fetch_sub(1, std::memory_order_relaxed);
}

bool TokenBucket::Take(Clock::time_point now) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const std::chrono::duration<double> passed = now - last_take_;
  tokens_ = std::min(burst_, tokens_ + passed.count() * per_second_);
  last_take_ = now;
  if (tokens_ < 1) return false;
  tokens_ -= 1;
  return true;
}

}  // namespace pprof::http
