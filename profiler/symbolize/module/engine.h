// The symbolization engine: maps file offsets of one module to frames, one sorted batch per module.
// Replaceable: only the engine's own .cpp knows how names are found.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace pprof::symbolize {

// An executable mapping of a module, present or past.
struct ModuleRef {
  std::string path;      // of the file; "[vdso]" for the vdso; may be deleted or replaced
  std::string build_id;  // NT_GNU_BUILD_ID from memory as lower-case hex; empty: unknown
  uint64_t bias = 0;     // address in this process minus offset in the file (start - offset)
  uint64_t offset = 0;   // where the mapping begins in the file
  uint64_t size = 0;  // of the mapping; 0: `path` is just a file, used without comparing its code
  bool is_main_executable = false;
  // False: unloaded since. Other code may be at its addresses now, so only a file with the same
  // build id is used, never the memory.
  bool mapped = true;
};

// One function at an address; inlined ones first, the physical one last.
struct RawFrame {
  std::string_view linkage_name;  // mangled if the function has a mangled name; never empty
  std::string_view filename;      // absolute if the compiler recorded it so; may be empty
  uint32_t line = 0;              // 0: unknown
  uint32_t start_line = 0;        // first line of the function; 0: unknown
};

// Receives the results, in any order, each index at most once. Views are valid during the call.
class FrameSink {
 public:
  virtual ~FrameSink() = default;
  virtual void OnAddress(size_t index, const RawFrame* frames, size_t count) = 0;
};

enum class Detail {
  kFull,       // functions, inlined frames, files and lines
  kFunctions,  // names from symbol tables only: cheap
  kNone,
};

// Trades memory for time. Units over 6 MB are one in forty even in the largest programs.
constexpr uint64_t kMaxWholeUnit = 6 << 20;

struct BatchLimits {
  Detail detail = Detail::kFull;
  // Symbol tables are searched even after it, for at most a quarter of a second: names without
  // lines are much better than none.
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
  // Returns true to stop early; polled about every 20 ms. May be empty.
  std::function<bool()> cancelled;
  // Root of separate debug files: <root>/.build-id/xx/yyy.debug and <root>/<folder>/<debug link>.
  std::string debug_root = "/usr/lib/debug";
  // Units of debug information up to this size are kept in memory whole.
  uint64_t max_whole_unit = kMaxWholeUnit;
};

struct BatchOutcome {
  bool deadline_hit =
      false;  // some addresses got less than `detail` asks for; worth another try later
  // The module has a symbol table or debug information. The names that a main executable exports
  // are not enough: they name few of its functions.
  bool has_names = false;
  bool file_usable = true;  // false: no file, or another build than the one mapped
};

// Resolves `offsets` (file offsets of `module`, sorted, unique): full frames, or at least a
// symbol-table name. An offset without OnAddress has no name. Releases all its memory on return.
// Errors: none; a hostile file yields fewer results. Thread safety: safe, no shared state.
// Not async-signal-safe: opens files, allocates.
BatchOutcome ResolveBatch(const ModuleRef& module, const std::vector<uint64_t>& offsets,
                          const BatchLimits& limits, FrameSink& sink);

}  // namespace pprof::symbolize
