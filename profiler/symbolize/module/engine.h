// The symbolizing engine: file offsets of one module in, frames out. One batch per module, sorted.
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

// One executable mapping of one module, as this process has it mapped, or had.
struct ModuleRef {
  std::string path;      // of the file; "[vdso]" for the vdso; may be deleted or replaced
  std::string build_id;  // NT_GNU_BUILD_ID from memory as lower-case hex; empty: unknown
  uint64_t bias = 0;     // address in this process minus offset in the file (start - offset)
  bool is_main_executable = false;
  // False: unloaded since. Something else may be at its addresses now, so only a file with the very
  // same build id is asked, never the memory.
  bool mapped = true;
};

// One function at an address; inlined ones first, the one that is really there last.
struct RawFrame {
  std::string_view linkage_name;  // mangled where it is mangled; never empty
  std::string_view filename;      // absolute where the compiler recorded it so; may be empty
  uint32_t line = 0;              // 0: unknown
  uint32_t start_line = 0;        // where the function begins; 0: unknown
};

// Takes the answers, in any order, each index at most once. Views are valid during the call only.
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

// Less memory costs more time. Units over 6 MB are one in forty even in the largest programs.
constexpr uint64_t kMaxWholeUnit = 6 << 20;

struct BatchLimits {
  Detail detail = Detail::kFull;
  // Symbol tables are asked even then, for a quarter of a second more at most: names without lines
  // are much better than none.
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
  // Stops early when it returns true; asked every 20 ms or so. May be empty.
  std::function<bool()> cancelled;
  // Where separate debug files are: <root>/.build-id/xx/yyy.debug and <root>/<folder>/<debug link>.
  std::string debug_root = "/usr/lib/debug";
  // Of compressed debug information, units up to this size are held in memory as a whole.
  uint64_t max_whole_unit = kMaxWholeUnit;
};

struct BatchOutcome {
  bool deadline_hit =
      false;  // some addresses got less than `detail` asks for; worth another try later
  bool file_usable = true;  // false: file gone, or another build than the one mapped
};

// Answers what it can of `offsets` (file offsets of `module`, sorted, unique): full frames, or at
// least a symbol-table name. An offset without OnAddress has no name anywhere.
// Memory: everything taken is given back before it returns. Thread safety: safe, no shared state.
// Not signal-safe: opens files and allocates. Errors: none; a hostile file gives fewer answers.
BatchOutcome ResolveBatch(const ModuleRef& module, const std::vector<uint64_t>& offsets,
                          const BatchLimits& limits, FrameSink& sink);

}  // namespace pprof::symbolize
