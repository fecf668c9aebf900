// All roots of the program, and what their names are made of. The profiler's tables of addresses
// and the thread that searches are none.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pprof/status.h"
#include "profiler/profiles/holders/objects/request_memory.h"
#include "profiler/profiles/holders/roots/ranges.h"
#include "profiler/profiles/holders/search/root.h"
#include "profiler/sys/modules/loaded_image.h"

namespace pprof::profiles::holders {

struct ThreadRoots {
  int32_t tid = 0;
  bool searches = false;  // this one, whose stack and thread-locals are no roots
  std::string name;
  uint64_t sp = 0;              // 0: not known
  uint64_t control_block = 0;   // 0: not known
  std::vector<uintptr_t> pcs;   // of its stack, leaf first; the leaf is exact
  std::vector<uintptr_t> sps;   // where the memory of each frame begins
  std::vector<uint64_t> words;  // register contents; for running threads all, else those of a call
};

// A line of /proc/self/maps.
struct Mapping {
  uint64_t begin = 0;
  uint64_t end = 0;
  bool readable = false;
  bool writable = false;
  bool shared = false;
  bool of_file = false;
  std::string path;
};

struct ProgramRoots {
  std::vector<Root> roots;
  std::vector<sys::LoadedImage> images;  // owners of globals
  std::vector<ThreadRoots> threads;      // owners of thread-locals, stacks and registers
  std::vector<Mapping> mappings;         // owners of mapped memory
  // By image: where its thread-locals begin, in bytes below each control block; 0: elsewhere.
  std::vector<uint64_t> thread_locals_below;
  uint64_t thread_local_bytes = 0;  // the largest of them
  uint64_t skipped_bytes = 0;       // mapped memory that is too much to be looked through

  const ThreadRoots* ThreadOf(int32_t tid) const;
};

// Fills in everything but the roots. Must precede the reading of the allocator's spans: memory that
// the allocator maps later is then not taken for the program's. Running threads get a signal, as
// for a goroutine profile. Not async-signal-safe: allocates, locks, reads /proc.
// Errors: kUnsupported without /proc/self/maps.
Status DescribeProgram(ProgramRoots* program);

// Fills in the roots, less what belongs to the allocator or the profiler. Register contents are
// copied into `memory`. False: no memory.
bool ListRoots(const Ranges& of_allocator, RequestMemory* memory, ProgramRoots* program);

// The steps of the above.
void DescribeThreads(ProgramRoots* program);  // thread_roots.cpp
bool AddThreadRoots(RequestMemory* memory, ProgramRoots* program, Ranges* taken);
void AddModuleRoots(ProgramRoots* program, Ranges* taken);  // module_roots.cpp
void AddMappingRoots(const Ranges& of_allocator, ProgramRoots* program, Ranges* taken);

// The profiler's tables of addresses, outside the allocator.
Ranges OwnTables();

}  // namespace pprof::profiles::holders
