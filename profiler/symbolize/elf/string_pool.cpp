#include "profiler/symbolize/elf/string_pool.h"

#include <algorithm>
#include <cstring>

namespace pprof::symbolize {
namespace {

constexpr size_t kChunkBytes = 64 << 10;

}  // namespace

StringPool::StringPool(std::pmr::memory_resource* memory)
    : texts_(1, memory), interned_(memory), known_(memory), deferred_(memory) {}

StringId StringPool::Intern(std::string_view text) {
  if (text.empty()) return kNoString;
  const auto found = interned_.find(text);
  if (found != interned_.end()) return found->second;
  const auto id = static_cast<StringId>(texts_.size());
  texts_.push_back(Copy(text));
  interned_.emplace(texts_.back(), id);
  return id;
}

StringId StringPool::Defer(uint32_t key, uint64_t offset) {
  // Sections are far below 2^48 bytes; a damaged offset beyond that has no text.
  if (offset >> 48 != 0) return kNoString;
  const auto [entry, added] = known_.try_emplace(uint64_t{key} << 48 | offset, kNoString);
  if (added) {
    entry->second = static_cast<StringId>(texts_.size());
    texts_.emplace_back();
    deferred_[key].push_back({offset, entry->second});
  }
  return entry->second;
}

void StringPool::ResolveSection(uint32_t key, SectionStream& section) {
  std::pmr::vector<Deferred> wanted(texts_.get_allocator().resource());
  wanted.swap(deferred_[key]);
  std::sort(wanted.begin(), wanted.end(),
            [](const Deferred& a, const Deferred& b) { return a.offset < b.offset; });
  for (const Deferred& one : wanted) {
    texts_[one.id] = Copy(section.CStringAt(one.offset));
    section.DropBefore(one.offset);
  }
}

std::string_view StringPool::Copy(std::string_view text) {
  if (text.empty()) return {};
  if (chunks_.empty() || chunks_.back().size() - used_ < text.size()) {
    chunks_.emplace_back();
    used_ = 0;
    if (!chunks_.back().Resize(std::max(kChunkBytes, text.size()))) return {};
  }
  char* copy = reinterpret_cast<char*>(chunks_.back().data()) + used_;
  std::memcpy(copy, text.data(), text.size());
  used_ += text.size();
  return {copy, text.size()};
}

}  // namespace pprof::symbolize
