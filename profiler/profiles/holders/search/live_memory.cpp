#include "profiler/profiles/holders/search/live_memory.h"

#include <cstring>

#include "profiler/sys/memory/own_memory.h"

namespace pprof::profiles::holders {
namespace {

constexpr uint64_t kPage = sys::PresentPages::kPageBytes;

uint64_t NextPage(uint64_t address) { return (address | (kPage - 1)) + 1; }

}  // namespace

bool LiveMemory::Init(RequestMemory* memory) {
  copy_ = memory->Allocate<uint64_t>(kRoom / sizeof *copy_);
  return copy_ != nullptr;
}

void LiveMemory::Refresh() {
  present_.Forget();
  unreadable_ = 0;
  copied_from_ = copied_to_ = 0;
}

void LiveMemory::Copy(uint64_t from, uint64_t to) {
  auto* out = reinterpret_cast<char*>(copy_);
  for (uint64_t at = from; at < to;) {
    const bool present = present_.Holds(at);
    uint64_t end = NextPage(at);
    while (end < to && present_.Holds(end) == present) end = NextPage(end);
    end = std::min(end, to);
    if (present) {
      CopyPresent(at, end, out + (at - from));
    } else {
      std::memset(out + (at - from), 0, end - at);
    }
    at = end;
  }
  copied_from_ = from;
  copied_to_ = to;
  budget_->Charge(to - from);
}

bool LiveMemory::IsAbsent(uint64_t from, uint64_t to) {
  for (uint64_t at = from; at < to; at = NextPage(at)) {
    if (present_.Holds(at)) return false;
  }
  constexpr size_t kCost = 64;  // bytes that could be copied in this time
  budget_->Charge(kCost);
  return true;
}

// A page may have become unreadable: it is left out, and those behind it are not.
void LiveMemory::CopyPresent(uint64_t from, uint64_t to, char* out) {
  while (from < to) {
    const size_t copied = sys::CopyOwnMemory(from, out, to - from);
    from += copied;
    out += copied;
    if (from >= to) return;
    ++unreadable_;
    const size_t unreadable = std::min(NextPage(from), to) - from;
    std::memset(out, 0, unreadable);
    from += unreadable;
    out += unreadable;
  }
}

uint64_t LiveMemory::Peek(uint64_t address) {
  uint64_t word = 0;
  if (!present_.Holds(address) || !sys::ReadOwnMemory(address, &word, sizeof word)) return 0;
  return word;
}

}  // namespace pprof::profiles::holders
