#include "profiler/profiles/holders/roots/program_roots.h"

#include <algorithm>
#include <system_error>

#include "profiler/sys/memory/maps_file.h"

namespace pprof::profiles::holders {
namespace {

Mapping MappingOf(const sys::MapsWords& words) {
  Mapping mapping;
  mapping.begin = words.start;
  mapping.end = words.limit;
  mapping.readable = words.permissions[0] == 'r';
  mapping.writable = words.permissions[1] == 'w';
  mapping.shared = words.permissions[3] == 's';
  mapping.of_file = words.inode != "0";
  mapping.path = std::string(words.path);
  return mapping;
}

// Takes away the parts that belong to the profiler.
void CutOwnTables(const Ranges& own, std::vector<Root>* roots) {
  std::vector<Root> kept;
  for (const Root& root : *roots) {
    if (root.kind == RootKind::kRegister) {
      kept.push_back(root);
      continue;
    }
    for (const AddressRange& part : Without({root.begin, root.end}, own)) {
      constexpr uint64_t kWord = sizeof(uint64_t);
      const uint64_t begin = (part.begin + kWord - 1) / kWord * kWord;
      const uint64_t end = part.end / kWord * kWord;
      if (begin < end) kept.push_back({begin, end, root.kind, root.owner});
    }
  }
  roots->swap(kept);
}

}  // namespace

const ThreadRoots* ProgramRoots::ThreadOf(int32_t tid) const {
  for (const ThreadRoots& thread : threads) {
    if (thread.tid == tid) return &thread;
  }
  return nullptr;
}

Status DescribeProgram(ProgramRoots* program) {
  program->images = sys::ListLoadedImages();
  DescribeThreads(program);
  int error = 0;
  const std::string text = sys::ReadMaps(&error);
  std::string_view rest = text;
  for (std::string_view line; sys::TakeMapsLine(&rest, &line);) {
    sys::MapsWords words;
    if (!sys::SplitMapsLine(line, &words) || words.permissions.size() < 4) continue;
    program->mappings.push_back(MappingOf(words));
  }
  if (!program->mappings.empty()) return {};
  return {StatusCode::kUnsupported, "no holders: /proc/self/maps cannot be read (" +
                                        std::generic_category().message(error) + ")"};
}

bool ListRoots(const Ranges& of_allocator, RequestMemory* memory, ProgramRoots* program) {
  Ranges taken;
  AddModuleRoots(program, &taken);
  if (!AddThreadRoots(memory, program, &taken)) return false;
  AddMappingRoots(of_allocator, program, &taken);
  Ranges own = OwnTables();
  memory->ForEach([&](uintptr_t begin, uintptr_t end) { own.push_back({begin, end}); });
  Normalize(&own);
  CutOwnTables(own, &program->roots);
  std::stable_sort(program->roots.begin(), program->roots.end(), [](const Root& a, const Root& b) {
    return a.kind != b.kind ? a.kind < b.kind : a.begin < b.begin;
  });
  return true;
}

}  // namespace pprof::profiles::holders
