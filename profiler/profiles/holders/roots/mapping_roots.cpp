#include <algorithm>
#include <string_view>

#include "profiler/profiles/holders/roots/program_roots.h"
#include "profiler/sys/memory/maps_file.h"
#include "profiler/sys/memory/own_memory.h"
#include "profiler/sys/thread/control_block.h"

namespace pprof::profiles::holders {
namespace {

// Reservations of terabytes are not looked through, though most of their pages are not present.
constexpr uint64_t kMostBytes = uint64_t{64} << 30;

bool BeginsWith(std::string_view text, std::string_view beginning) {
  return text.substr(0, beginning.size()) == beginning;
}

// Devices may have side effects. Memory of the program break is the allocator's, whose tables of
// free objects lie between the spans; "[stack]" is the main thread's root.
bool MayBeRoot(const Mapping& mapping) {
  const std::string_view path = mapping.path;
  if (!mapping.readable || (mapping.of_file && !mapping.writable)) return false;
  if (path == "[heap]" || path == "[stack]" || BeginsWith(path, "[v")) return false;
  const bool device =
      BeginsWith(path, "/dev/") && !BeginsWith(path, "/dev/shm/") && !BeginsWith(path, "/dev/zero");
  return !device;
}

// Whether a thread's control block is at its upper end: glibc keeps the stacks of ended threads,
// with whatever they left there. Those of living threads are roots already.
bool IsThreadStack(const Mapping& mapping) {
  constexpr uint64_t kStep = 64;  // alignment of control blocks
  constexpr uint64_t kSearched = 8192;
  const uint64_t low = mapping.end - std::min(kSearched, mapping.end - mapping.begin);
  for (uint64_t at = mapping.end - kStep; at >= low; at -= kStep) {
    if (sys::IsControlBlock(at)) return true;
  }
  return false;
}

}  // namespace

void AddMappingRoots(const Ranges& of_allocator, ProgramRoots* program, Ranges* taken) {
  taken->insert(taken->end(), of_allocator.begin(), of_allocator.end());
  Normalize(taken);
  uint64_t bytes = 0;
  for (size_t i = 0; i < program->mappings.size(); ++i) {
    const Mapping& mapping = program->mappings[i];
    if (!MayBeRoot(mapping)) continue;
    const Ranges parts = Without({mapping.begin, mapping.end}, *taken);
    if (parts.empty() || (!mapping.of_file && IsThreadStack(mapping))) continue;
    for (const AddressRange& part : parts) {
      if (part.end - part.begin > kMostBytes - bytes) {
        program->skipped_bytes += part.end - part.begin;
        continue;
      }
      bytes += part.end - part.begin;
      program->roots.push_back({part.begin, part.end, RootKind::kMapping, static_cast<int32_t>(i)});
    }
  }
}

}  // namespace pprof::profiles::holders
