#include "profiler/profiles/heap/memory_account.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <system_error>
#include <vector>

#include "profiler/profiles/heap/allocator_stats.h"
#include "profiler/profiles/heap/heap_read.h"
#include "profiler/profiles/heap/memory_owners.h"
#include "profiler/sys/memory_limits/resident_memory.h"

namespace pprof::profiles {
namespace {

using Area = sys::AnonymousArea;

struct Term {
  const char* name;
  const char* line;
  int64_t MemoryAccount::*bytes;
};
constexpr Term kTerms[] = {
    {"sampled heap", "SampledHeap", &MemoryAccount::sampled_heap},
    {"size-class rounding", "SizeClassRounding", &MemoryAccount::rounding},
    {"sampling error", "SamplingError", &MemoryAccount::sampling_error},
    {"free in tcmalloc", "FreeInTcmalloc", &MemoryAccount::free_in_tcmalloc},
    {"tcmalloc's tables", "TcmallocTables", &MemoryAccount::tcmalloc_tables},
    {"allocated or free but never touched", "NeverTouched", &MemoryAccount::never_touched},
    {"stacks", "Stacks", &MemoryAccount::stacks},
    {"mapped by the program outside malloc", "MappedOutsideMalloc", &MemoryAccount::mapped},
    {"program, libraries and files", "Files", &MemoryAccount::files},
    {"shared memory", "SharedMemory", &MemoryAccount::shared_memory},
    {"profiler", "Profiler", &MemoryAccount::profiler},
    {"other", "Other", &MemoryAccount::other},
};

// What is resident of anonymous memory, by owner.
struct Measured {
  uint64_t malloc = 0;
  uint64_t stacks = 0;
  uint64_t static_data = 0;
  uint64_t profiler = 0;
  uint64_t mapped = 0;

  uint64_t* Of(MemoryOwner::Kind kind) {
    switch (kind) {
      case MemoryOwner::Kind::kMalloc:
        return &malloc;
      case MemoryOwner::Kind::kStack:
        return &stacks;
      case MemoryOwner::Kind::kProfiler:
        break;
    }
    return &profiler;
  }
};

// Walks the areas and the ranges of their owners, both ascending.
class Measurement {
 public:
  Measurement(const std::vector<Area>& areas, const std::vector<MemoryOwner>& owners)
      : areas_(areas), owners_(owners) {}

  Measured Run() {
    for (const Area& area : areas_) {
      if (area.kind == Area::Kind::kMapped) {
        Split(area);
      } else if (area.kind == Area::Kind::kBreak) {
        Count(area.begin, area.end, &measured_.malloc);
      } else {
        const bool stack = area.kind == Area::Kind::kMainStack;
        Count(area.begin, area.end, stack ? &measured_.stacks : &measured_.static_data);
      }
    }
    return measured_;
  }

 private:
  // A reservation of terabytes, such as a sanitizer's, is not looked through: 0.3 s at most.
  static constexpr uint64_t kMostBytes = uint64_t{256} << 30;

  // An area that is unmapped meanwhile counts as far as it was there.
  void Count(uintptr_t begin, uintptr_t end, uint64_t* bytes) {
    if (begin >= end || looked_through_ + (end - begin) > kMostBytes) return;
    looked_through_ += end - begin;
    sys::AddResidentBytes(begin, end, bytes);
  }

  // The kernel merges neighbours into one area, whoever mapped them.
  void Split(const Area& area) {
    uintptr_t at = area.begin;
    while (next_ < owners_.size() && owners_[next_].end <= area.begin) ++next_;
    for (; next_ < owners_.size() && owners_[next_].begin < area.end; ++next_) {
      const MemoryOwner& owner = owners_[next_];
      // A stack reaches down to the guard page, where the area begins, or to its neighbour.
      const bool stack = owner.kind == MemoryOwner::Kind::kStack;
      const uintptr_t begin = stack ? at : std::max(at, owner.begin);
      const uintptr_t end = std::min(owner.end, area.end);
      Count(at, begin, &measured_.mapped);
      Count(begin, end, measured_.Of(owner.kind));
      at = std::max(at, end);
      if (owner.end > area.end) break;
    }
    Count(at, area.end, &measured_.mapped);
  }

  const std::vector<Area>& areas_;
  const std::vector<MemoryOwner>& owners_;
  size_t next_ = 0;
  uint64_t looked_through_ = 0;
  Measured measured_;
};

int64_t Int(uint64_t bytes) { return static_cast<int64_t>(bytes); }

uint64_t BytesOf(const std::vector<Area>& areas, Area::Kind kind) {
  uint64_t bytes = 0;
  for (const Area& area : areas) bytes += area.kind == kind ? area.end - area.begin : 0;
  return bytes;
}

// mincore() answers for every anonymous page, unless a sandbox denies it.
bool IsMeasurable(std::string* reason) {
  alignas(4096) static char page[4096];
  uint64_t bytes = 0;
  const auto begin = reinterpret_cast<uintptr_t>(&page);
  if (sys::AddResidentBytes(begin, begin + sizeof page, &bytes)) return true;
  *reason = "mincore: " + std::generic_category().message(errno);
  return false;
}

void AddAllocator(const AllocatorUse& use, uint64_t resident, MemoryAccount* account) {
  account->free_in_tcmalloc = Int(use.free_bytes);
  account->tcmalloc_tables = Int(use.table_bytes);
  HeapReading heap = ReadHeap();
  for (size_t i = 0; i < heap.stacks.size(); ++i) account->sampled_heap += heap.in_use_bytes(i);
  account->rounding = std::llround(ReadRounding());
  account->sampling_error = Int(use.live_bytes) - account->sampled_heap - account->rounding;
  const int64_t of_malloc = Int(use.live_bytes + use.free_bytes + use.table_bytes);
  account->never_touched = std::min<int64_t>(Int(resident) - of_malloc, 0);
}

int64_t Mebibytes(int64_t bytes) {
  constexpr double kMebibyte = 1 << 20;
  return std::llround(static_cast<double>(bytes) / kMebibyte);
}

}  // namespace

bool ReadMemoryAccount(MemoryAccount* account, std::string* reason) {
  if (!IsMeasurable(reason)) return false;
  const AllocatorUse use = ReadAllocatorUse();
  const std::vector<Area> areas = sys::ListAnonymousAreas();
  sys::ResidentTotals totals;
  if (areas.empty() || !sys::ReadResidentTotals(&totals)) {
    *reason = "/proc/self/status or /proc/self/maps cannot be read";
    return false;
  }
  // tcmalloc maps memory only where it cannot move the program break.
  const bool in_break = use.mapped_bytes + use.table_bytes <= BytesOf(areas, Area::Kind::kBreak);
  const std::vector<MemoryOwner> owners = ListMemoryOwners(!in_break);
  const Measured measured = Measurement(areas, owners).Run();
  account->resident = Int(totals.anonymous + totals.files + totals.shared);
  AddAllocator(use, measured.malloc, account);
  account->stacks = Int(measured.stacks);
  account->mapped = Int(measured.mapped);
  account->files = Int(totals.files + measured.static_data);
  account->shared_memory = Int(totals.shared);
  account->profiler = Int(measured.profiler);
  Balance(account);
  return true;
}

void Balance(MemoryAccount* account) {
  account->other = account->resident;
  for (const Term& term : kTerms) {
    if (term.bytes != &MemoryAccount::other) account->other -= account->*term.bytes;
  }
}

std::string SentenceOf(const MemoryAccount& account) {
  MemoryAccount rounded;
  rounded.resident = Mebibytes(account.resident);
  for (const Term& term : kTerms) rounded.*term.bytes = Mebibytes(account.*term.bytes);
  Balance(&rounded);
  std::string text = fmt::format("RSS {} MiB =", rounded.resident);
  for (const Term& term : kTerms) {
    const int64_t mebibytes = rounded.*term.bytes;
    const bool first = &term == &kTerms[0];
    if (mebibytes == 0 && !first) continue;
    const char* sign = mebibytes < 0 ? " -" : (first ? "" : " +");
    text += fmt::format("{} {} {}", sign, term.name, std::abs(mebibytes));
  }
  return text + " (resident memory, and what it consists of)";
}

std::string LinesOf(const MemoryAccount& account) {
  std::string text = fmt::format("# RSS = {}\n", account.resident);
  for (const Term& term : kTerms) {
    text += fmt::format("# RSS.{} = {}\n", term.line, account.*term.bytes);
  }
  return text;
}

}  // namespace pprof::profiles
