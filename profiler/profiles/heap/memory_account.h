// What the resident memory of the process consists of: why it is more than the heap profile, or
// less.
#pragma once

#include <cstdint>
#include <string>

namespace pprof::profiles {

// Bytes. The terms add up to `resident`: `other` is what is left, also for what happened while
// they were read, and may be negative.
struct MemoryAccount {
  int64_t resident = 0;
  int64_t sampled_heap = 0;    // the profile's estimate of the live blocks, as requested
  int64_t rounding = 0;        // up to tcmalloc's size classes, of the sampled blocks
  int64_t sampling_error = 0;  // live blocks, less the two above
  int64_t free_in_tcmalloc = 0;
  int64_t tcmalloc_tables = 0;
  int64_t never_touched = 0;  // negative: allocated or free, but not resident
  int64_t stacks = 0;         // of the main thread and those made by pthread_create
  int64_t mapped = 0;         // anonymous memory that is not malloc's, a stack's or the profiler's
  int64_t files = 0;          // code and data of the program and its libraries, files, static data
  int64_t shared_memory = 0;
  int64_t profiler = 0;
  int64_t other = 0;
};

// Reads the account. False, with the reason, if the system does not tell. About 4 ns a page of
// anonymous memory. Thread safety: safe. Not async-signal-safe: allocates, locks, opens files.
bool ReadMemoryAccount(MemoryAccount* account, std::string* reason);

// Sets `other` so that the terms add up.
void Balance(MemoryAccount* account);

// "RSS 590 MiB = sampled heap 73 + ... + other 2", in whole MiB that add up; without terms of 0.
std::string SentenceOf(const MemoryAccount& account);

// "# RSS = 618659840" and a line for each term, in bytes.
std::string LinesOf(const MemoryAccount& account);

}  // namespace pprof::profiles
