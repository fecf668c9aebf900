// Caches the engine's results for locations, including empty ones. Bounded by bytes; evicts the
// least recently used locations.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "profiler/model/symbols.h"
#include "profiler/symbolize/module/engine.h"

namespace pprof::symbolize {

struct CachedLine {
  std::shared_ptr<const model::Function> function;
  uint32_t line = 0;
};
using CachedLines = std::vector<CachedLine>;  // innermost first; empty: no symbol

// Thread safety: none; SharedState's mutex guards it. Not async-signal-safe: allocates.
class SymbolCache {
 public:
  // 32 MiB: about 80,000 locations of a large C++ program.
  static constexpr size_t kDefaultBytes = size_t{32} << 20;

  SymbolCache() = default;
  explicit SymbolCache(size_t bytes_limit) : bytes_limit_(bytes_limit) {}

  // Evicts at once if the new limit is lower.
  void SetBytesLimit(size_t bytes);

  // Entries found or added from here on are evicted last.
  void BeginBatch() { ++generation_; }
  // Drops functions whose locations did not fit.
  void EndBatch();

  // The module's number in keys, by build id or else by path. Stays the same when the module is
  // unloaded and loaded again.
  uint32_t ModuleNumber(const std::string& identity);

  // BatchOutcome::has_names of a module, as last noted.
  void NoteNames(uint32_t module, bool has_names) { has_names_[module] = has_names; }
  bool HasNames(uint32_t module) const { return has_names_[module]; }

  // The cached lines, or nullptr. The pointer is valid until the next Remember.
  const CachedLines* Find(uint32_t module, uint64_t offset);

  // The engine's frames with shortened names, sharing equal Functions.
  CachedLines Intern(const RawFrame* frames, size_t count);

  // Stores the lines of a location, if they fit.
  void Remember(uint32_t module, uint64_t offset, CachedLines lines);

  size_t locations() const { return locations_.size(); }
  size_t bytes() const { return bytes_; }

 private:
  struct Key {
    uint32_t module = 0;
    uint64_t offset = 0;
    bool operator==(const Key& other) const {
      return module == other.module && offset == other.offset;
    }
  };
  struct KeyHash {
    size_t operator()(const Key& key) const;
  };
  struct Entry {
    uint64_t generation = 0;
    CachedLines lines;
  };
  // Functions are equal by system name, file and start line; these determine the short name.
  struct FunctionHash {
    size_t operator()(const std::shared_ptr<const model::Function>& function) const;
  };
  struct FunctionEqual {
    bool operator()(const std::shared_ptr<const model::Function>& a,
                    const std::shared_ptr<const model::Function>& b) const;
  };

  static size_t SizeOf(const CachedLines& lines);
  static size_t SizeOf(const model::Function& function);
  std::shared_ptr<const model::Function> FunctionOf(const RawFrame& frame);
  size_t SizeWithFunctions(const CachedLines& lines) const;
  bool MakeRoom(size_t bytes);
  bool Evict();
  void Keep(CachedLine& line);
  void Release(const CachedLine& line);

  size_t bytes_limit_ = kDefaultBytes;
  uint64_t generation_ = 1;
  uint64_t full_in_ = 0;  // the generation in which nothing was left to evict
  size_t bytes_ = 0;
  std::unordered_map<std::string, uint32_t> modules_;
  std::vector<bool> has_names_;  // by module number
  std::unordered_map<Key, Entry, KeyHash> locations_;
  // Number of lines in locations_ by function. 0, and not counted in bytes_, between Intern and
  // Remember.
  std::unordered_map<std::shared_ptr<const model::Function>, uint32_t, FunctionHash, FunctionEqual>
      functions_;
  bool has_unused_functions_ = false;
};

}  // namespace pprof::symbolize
