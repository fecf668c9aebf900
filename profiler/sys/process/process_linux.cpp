#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <fstream>
#include <sstream>
#include <string>

#include "profiler/sys/process/process.h"

namespace pprof::sys {
namespace {

// The kernel zeroes this page in every forked child (MADV_WIPEONFORK, Linux 4.14), no matter how
// the child is created. Null until mapped.
std::atomic<std::atomic<uint32_t>*> wiped_on_fork{nullptr};
// The last generation assigned. A child inherits it and takes the next number.
std::atomic<uint32_t> last_generation{0};

// Fallback where the kernel refuses (gVisor, seccomp): the process id, which a child in a new pid
// namespace may share with its parent.
uint32_t GenerationByProcessId() { return static_cast<uint32_t>(getpid()); }

std::atomic<uint32_t>* MapWipedPage() {
  const int saved_errno = errno;
  constexpr size_t kPage = 4096;
  void* page = mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  std::atomic<uint32_t>* mapped = nullptr;
  if (page != MAP_FAILED && madvise(page, kPage, MADV_WIPEONFORK) == 0) {
    mapped = static_cast<std::atomic<uint32_t>*>(page);
    std::atomic<uint32_t>* other = nullptr;
    if (!wiped_on_fork.compare_exchange_strong(other, mapped)) {
      munmap(page, kPage);
      mapped = other;  // another thread was first
    }
  } else if (page != MAP_FAILED) {
    munmap(page, kPage);
  }
  errno = saved_errno;
  return mapped;
}

}  // namespace

int32_t ProcessId() { return getpid(); }

uint32_t ProcessGeneration() {
  std::atomic<uint32_t>* slot = wiped_on_fork.load(std::memory_order_acquire);
  if (slot == nullptr) slot = MapWipedPage();
  if (slot == nullptr) return GenerationByProcessId();
  uint32_t generation = slot->load(std::memory_order_acquire);
  if (generation != 0) return generation;
  const uint32_t fresh = last_generation.fetch_add(1) + 1;
  return slot->compare_exchange_strong(generation, fresh) ? fresh : generation;
}

// "NSpid:	4026	7": outermost first.
std::vector<int32_t> ProcessIdsInNamespaces() {
  std::vector<int32_t> ids;
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.compare(0, 6, "NSpid:") != 0) continue;
    std::istringstream words(line.substr(6));
    for (int32_t id = 0; words >> id;) ids.push_back(id);
  }
  ids.push_back(getpid());
  std::reverse(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

int64_t ProcessCpuNanos() {
  constexpr int64_t kSecond = 1000000000;
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return used.tv_sec * kSecond + used.tv_nsec;
}

uint64_t PeakResidentBytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<uint64_t>(usage.ru_maxrss) * 1024;  // ru_maxrss is in KiB
}

}  // namespace pprof::sys
