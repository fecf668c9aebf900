// The names of the addresses in heap stacks, looked up while there is memory: a capture has names
// then, although looking them up takes more than is left at the limit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "pprof/pprof.h"
#include "profiler/model/profile.h"
#include "profiler/model/symbols.h"

namespace pprof::watch {

// All bytes zero is the empty table. When one of its parts is full, further addresses have no
// names. Thread safety: none.
class NameTable {
 public:
  struct Place {
    uint64_t address;
    uint32_t first_line;
    uint32_t line_count;
  };
  struct Line {
    uint32_t function;  // index
    uint32_t line;      // 0: unknown
  };
  struct Function {
    uint32_t name;  // offsets in the text, where they end with NUL
    uint32_t file;
  };

  // Adds the locations of the profile that it does not have. After modules were unloaded,
  // `unloaded` of them in all, it begins anew. Not async-signal-safe: allocates.
  void Add(const model::Profile& profile, const model::Symbols& symbols, uint64_t unloaded);

  // The rest allocates nothing.
  // The place, or nullptr. Its lines: from line(first_line), innermost inlined function first.
  const Place* Find(uint64_t address) const;
  // Whether a named place lies in [start, limit).
  bool HasNamesIn(uint64_t start, uint64_t limit) const;
  const Line& line(size_t index) const { return lines_[index]; }
  size_t function_count() const { return function_count_; }
  std::string_view name_of(size_t function) const { return &text_[functions_[function].name]; }
  std::string_view file_of(size_t function) const { return &text_[functions_[function].file]; }
  uint64_t unloaded() const { return unloaded_; }

 private:
  static constexpr size_t kPlaces = 24576;
  static constexpr size_t kLines = 49152;
  static constexpr size_t kFunctions = 16384;
  static constexpr size_t kTextBytes = size_t{1} << 20;

  class Adder;

  Place places_[kPlaces];  // by address
  Line lines_[kLines];
  Function functions_[kFunctions];
  char text_[kTextBytes];
  size_t place_count_;
  size_t line_count_;
  size_t function_count_;
  size_t text_bytes_;
  uint64_t unloaded_;
};

}  // namespace pprof::watch
