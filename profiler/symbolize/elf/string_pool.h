// The texts of one batch: known ones, and references to texts in a file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "profiler/symbolize/elf/section_stream.h"
#include "profiler/sys/memory/page_buffer.h"

namespace pprof::symbolize {

using StringId = uint32_t;
constexpr StringId kNoString = 0;  // its text is empty

// Texts of a compressed section cannot be fetched one by one, so references are collected and read
// once, in rising order. Ownership: copies every text; views live as long as the pool.
// Thread safety: none. Not async-signal-safe.
class StringPool {
 public:
  explicit StringPool(std::pmr::memory_resource* memory);

  // Equal texts get the same id.
  StringId Intern(std::string_view text);

  // A text at `offset` of the section identified by `key`; empty until ResolveSection(key, ...).
  StringId Defer(uint32_t key, uint64_t offset);
  // Fetches the texts deferred for `key` since the last call. Damaged ones remain empty.
  void ResolveSection(uint32_t key, SectionStream& section);

  std::string_view Text(StringId id) const { return texts_[id]; }

 private:
  struct Deferred {
    uint64_t offset;
    StringId id;
  };

  std::string_view Copy(std::string_view text);

  std::pmr::vector<std::string_view> texts_;
  std::pmr::unordered_map<std::string_view, StringId> interned_;
  std::pmr::unordered_map<uint64_t, StringId> known_;  // key and offset -> id
  std::pmr::unordered_map<uint32_t, std::pmr::vector<Deferred>> deferred_;
  std::vector<sys::PageBuffer> chunks_;
  size_t used_ = 0;  // bytes used in the last chunk
};

}  // namespace pprof::symbolize
