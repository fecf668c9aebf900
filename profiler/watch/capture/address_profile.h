// Writes heap and peak as profile.proto from the tables of the sampler, stack by stack, with such
// names as are known already.
#pragma once

#include <cstdint>
#include <string_view>

#include "profiler/profiles/heap/heap_read.h"
#include "profiler/watch/capture/capture_memory.h"
#include "profiler/watch/capture/gzip_file.h"

namespace pprof::watch {

enum class HeapKind { kHeap, kAllocs, kPeak };

// Allocates nothing, however many stacks there are: an address that is not found among those that
// were written last becomes a second location, which readers merge. What the program's own
// allocators handed out counts for the code that made them grow; frames of unloaded modules have no
// module. Thread safety: none. Not async-signal-safe: takes the loader's lock.
class AddressProfile {
 public:
  AddressProfile(CaptureMemory* memory, GzipFile* out) : memory_(*memory), out_(*out) {}

  // REQUIRES: called once.
  void Write(HeapKind kind);

 private:
  void AddMessage(uint32_t tag, std::string_view bytes, bool fits);
  uint64_t AddString(std::string_view text);
  void AddModules();
  void AddFunctions();
  void AddNoStack();
  void AddSample(const profiles::HeapUse& use);
  uint64_t LocationOf(uint64_t address, bool unloaded);
  uint64_t ModuleOf(uint64_t address) const;
  uint32_t LabelStringsOf(uint32_t label_set);
  void AddHead(HeapKind kind);

  CaptureMemory& memory_;
  GzipFile& out_;
  uint64_t strings_ = 0;
  uint64_t locations_ = 0;
  size_t modules_ = 0;
  const NameTable* names_ = nullptr;  // nullptr: they may be those of other code
};

}  // namespace pprof::watch
