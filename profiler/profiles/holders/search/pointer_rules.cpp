#include "profiler/profiles/holders/search/pointer_rules.h"

namespace pprof::profiles::holders {

// Objects follow each other without a gap, so the end of an array that fills its object is the
// start of the next. It is taken for an end only where the words around it are those of a vector
// or of a deque's iterator: two pointers that happen to point to neighbours, as in a shared_ptr
// beside a list's link, must count.
bool PointerRules::IsEnd(const WordAt& word) const {
  const uint64_t value = word.value();
  Object before;
  if (!objects_.Find(value - 1, &before) || before.start + before.size != value) return false;
  const uint64_t two = word.Near(-2);
  const uint64_t one = word.Near(-1);
  const uint64_t next = word.Near(1);
  if (two == before.start && two <= one && one <= value) {  // begin, finish, END
    // Or finish and end of one vector, and the begin of the next?
    Object other;
    const bool ends = two == one && objects_.Find(two - 1, &other) && other.start == word.Near(-3);
    if (!ends) return true;
  }
  if (one != before.start) return false;
  if (next == value) return true;  // begin, FINISH, end
  // A deque's iterator: current, first, END, and the pointer to `first` in the deque's map.
  Object map;
  return two - one < before.size && next % sizeof next == 0 && objects_.Find(next, &map) &&
         memory_.Peek(next) == one;
}

// A deque's iterator at the start of a node: CURRENT, first, last, and the pointer to `first` in
// the deque's map.
bool PointerRules::IsDeque(const WordAt& word) const {
  const uint64_t node = word.Near(3);
  Object map;
  return node % sizeof node == 0 && objects_.Find(node, &map) && memory_.Peek(node) == word.value();
}

}  // namespace pprof::profiles::holders
