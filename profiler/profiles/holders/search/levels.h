// How far each object is from the roots.
#pragma once

#include <cstring>

#include "profiler/profiles/holders/objects/object_table.h"
#include "profiler/profiles/holders/search/extents.h"
#include "profiler/profiles/holders/search/level.h"
#include "profiler/profiles/holders/search/live_memory.h"

namespace pprof::profiles::holders {

// One byte for each object. Ownership: belongs to the request's memory. Thread safety: none.
class Levels {
 public:
  explicit Levels(const ObjectTable& objects) : objects_(objects) {}

  // False: no memory.
  bool Init(RequestMemory* memory) {
    bytes_ = memory->Allocate<Level>(objects_.size());
    return bytes_ != nullptr;
  }

  void Clear() { std::memset(bytes_, 0, objects_.size()); }
  Level& operator[](uint32_t object) { return bytes_[object]; }

  // Calls visit(object) for the objects of this level, in address order, and for those that get it
  // meanwhile if they lie behind, as long as `go_on()` is true.
  template <class GoOn, class Visit>
  void ForEachAt(Level level, const GoOn& go_on, const Visit& visit) {
    ObjectTable::Cursor cursor(objects_);
    const Level* const end = bytes_ + objects_.size();
    for (const Level* at = bytes_; go_on(); ++at) {
      at = static_cast<const Level*>(std::memchr(at, level, static_cast<size_t>(end - at)));
      if (at == nullptr) return;
      visit(cursor.MoveTo(static_cast<uint32_t>(at - bytes_)));
    }
  }

  // Calls visit(WordAt, object) for all words in use of the objects of this level, as long as
  // `go_on()` is true. `extents`: nullptr for all words.
  template <class GoOn, class Visit>
  void ForEachWordAt(Level level, const Extents* extents, LiveMemory* memory, const GoOn& go_on,
                     const Visit& visit) {
    ObjectTable::Cursor span(objects_);
    ForEachAt(level, go_on, [&](const Object& object) {
      const uint64_t end = object.start + (extents == nullptr ? object.size : extents->Of(object));
      uint64_t ahead = end;
      if (!memory->HasCopied(object.start, end)) {
        span.MoveTo(object.number);
        ahead = LastOfWindow(object, level, span.EndOfSpan());
      }
      memory->ForEachWord(object.start, end, ahead,
                          [&](const WordAt& word) { visit(word, object); });
    });
  }

 private:
  // The end of the last object of this level that one copy can hold together with `object`.
  uint64_t LastOfWindow(const Object& object, Level level, uint32_t end_of_span) const {
    const uint64_t room = LiveMemory::kWindowBytes / object.size;
    const uint64_t count = std::min<uint64_t>(room, end_of_span - object.number);
    if (count <= 1) return object.start + object.size;
    const Level* first = bytes_ + object.number;
    const auto* last = static_cast<const Level*>(memrchr(first, level, count));
    return object.start + (static_cast<uint64_t>(last - first) + 1) * object.size;
  }

  const ObjectTable& objects_;
  Level* bytes_ = nullptr;
};

}  // namespace pprof::profiles::holders
