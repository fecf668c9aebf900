// The engine on libbacktrace, with the symbol tables of ELF for what it misses. libbacktrace keeps
// what it reads for ever and does not see modules loaded after its first use; dladdr does.
#include "profiler/symbolize/engine.h"

#include <dlfcn.h>

#include <string>

// libbacktrace's interface, declared here because clang does not find gcc's private backtrace.h.
extern "C" {
struct backtrace_state;
using backtrace_error_callback = void (*)(void* data, const char* message, int error);
using backtrace_full_callback = int (*)(void* data, uintptr_t pc, const char* filename, int line,
                                        const char* function);
using backtrace_syminfo_callback = void (*)(void* data, uintptr_t pc, const char* name,
                                            uintptr_t value, uintptr_t size);
backtrace_state* backtrace_create_state(const char* filename, int threaded,
                                        backtrace_error_callback on_error, void* data);
int backtrace_pcinfo(backtrace_state* state, uintptr_t pc, backtrace_full_callback callback,
                     backtrace_error_callback on_error, void* data);
int backtrace_syminfo(backtrace_state* state, uintptr_t pc, backtrace_syminfo_callback callback,
                      backtrace_error_callback on_error, void* data);
}

namespace pprof::symbolize {
namespace {

// Deeper chains of inlined functions than any compiler makes end here.
constexpr size_t kMaxFrames = 256;

struct OwnedFrame {
  std::string name;
  std::string filename;
  uint32_t line = 0;
};
using OwnedFrames = std::vector<OwnedFrame>;

void IgnoreError(void*, const char*, int) {}

int OnFrame(void* data, uintptr_t, const char* filename, int line, const char* function) {
  auto& frames = *static_cast<OwnedFrames*>(data);
  if (filename == nullptr && function == nullptr) return 0;
  OwnedFrame frame;
  if (function != nullptr) frame.name = function;
  if (filename != nullptr) frame.filename = filename;
  frame.line = line > 0 ? static_cast<uint32_t>(line) : 0;
  frames.push_back(std::move(frame));
  return frames.size() >= kMaxFrames ? 1 : 0;
}

void OnSymbol(void* data, uintptr_t, const char* name, uintptr_t, uintptr_t) {
  if (name != nullptr) *static_cast<std::string*>(data) = name;
}

std::string SymbolOf(backtrace_state* state, uintptr_t pc) {
  std::string name;
  if (state != nullptr) backtrace_syminfo(state, pc, &OnSymbol, &IgnoreError, &name);
  Dl_info info{};
  if (name.empty() && dladdr(reinterpret_cast<void*>(pc), &info) != 0 &&
      info.dli_sname != nullptr) {
    name = info.dli_sname;
  }
  return name;
}

bool IsMangled(const std::string& name) { return name.compare(0, 2, "_Z") == 0; }

OwnedFrames Lookup(backtrace_state* state, uintptr_t pc, Detail detail) {
  OwnedFrames frames;
  if (state != nullptr && detail == Detail::kFull) {
    backtrace_pcinfo(state, pc, &OnFrame, &IgnoreError, &frames);
  }
  const std::string symbol = SymbolOf(state, pc);
  if (frames.empty()) frames.emplace_back();
  // gcc gives static functions no linkage name; the symbol table has their full name.
  std::string& outermost = frames.back().name;
  if (!symbol.empty() && (outermost.empty() || (!IsMangled(outermost) && IsMangled(symbol)))) {
    outermost = symbol;
  }
  return frames;
}

void Report(const OwnedFrames& frames, size_t index, FrameSink& sink) {
  std::vector<RawFrame> views;
  for (const OwnedFrame& frame : frames) {
    if (!frame.name.empty()) views.push_back({frame.name, frame.filename, frame.line, 0});
  }
  if (!views.empty()) sink.OnAddress(index, views.data(), views.size());
}

// Made at first use and never freed: libbacktrace cannot free it.
backtrace_state* State() {
  static backtrace_state* const state = backtrace_create_state(nullptr, 1, &IgnoreError, nullptr);
  return state;
}

}  // namespace

BatchOutcome ResolveBatch(const ModuleRef& module, const std::vector<uint64_t>& offsets,
                          const BatchLimits& limits, FrameSink& sink) {
  BatchOutcome outcome;
  if (limits.detail == Detail::kNone) return outcome;
  for (size_t i = 0; i < offsets.size(); ++i) {
    if (std::chrono::steady_clock::now() >= limits.deadline) {
      outcome.deadline_hit = true;
      break;
    }
    Report(Lookup(State(), offsets[i] + module.bias, limits.detail), i, sink);
  }
  return outcome;
}

}  // namespace pprof::symbolize
