// The program's memory as it is at the moment, in copies: it changes, and parts of it vanish, while
// it is looked through.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "profiler/profiles/holders/objects/request_memory.h"
#include "profiler/profiles/holders/search/budget.h"
#include "profiler/sys/memory/present_pages.h"

namespace pprof::profiles::holders {

// A word in a copy. The copied words of the same object or root are those from `first` to before
// `last`, at least three before it and three after it, as far as it has them.
struct WordAt {
  uint64_t address;
  const uint64_t* word;
  const uint64_t* first;
  const uint64_t* last;

  uint64_t value() const { return *word; }
  // The word `distance` words away; 0 outside of the object.
  uint64_t Near(ptrdiff_t distance) const {
    const uint64_t* at = word + distance;
    return first <= at && at < last ? *at : 0;
  }
};

// Reads no page that is not present; what cannot be read is zero. Thread safety: none. Not
// async-signal-safe.
class LiveMemory {
 public:
  static constexpr uint64_t kWindowBytes = 16384;

  explicit LiveMemory(Budget* budget) : budget_(budget) {}

  // False: no memory for the copies.
  bool Init(RequestMemory* memory);

  // Before another pass: looks again which pages are present.
  void Refresh();

  // Calls visit(WordAt) for each word from `low` to before `high`, multiples of 8. Copies up to
  // `ahead` if more than that is needed soon.
  template <class Visit>
  void ForEachWord(uint64_t low, uint64_t high, uint64_t ahead, const Visit& visit) {
    for (uint64_t from = low; from < high && !budget_->IsSpent(); from += kWindowBytes) {
      const uint64_t to = std::min(from + kWindowBytes, high);
      if (!HasCopied(from, to) && IsAbsent(from, to)) continue;
      const uint64_t begin = std::max(low, from - std::min(from, kBefore));
      const uint64_t end = std::min(to + kAfter, high);
      const uint64_t* first = View(begin, end, ahead);
      const uint64_t* last = first + (end - begin) / sizeof *first;
      const uint64_t* word = first + (from - begin) / sizeof *first;
      for (uint64_t at = from; at < to; at += sizeof *first, ++word) {
        visit(WordAt{at, word, first, last});
      }
    }
  }

  // Whether these bytes are in the copy that was made last.
  bool HasCopied(uint64_t from, uint64_t to) const {
    return copied_from_ <= from && to <= copied_to_;
  }
  uint64_t copied_to() const { return copied_to_; }

  // One word; 0 if it cannot be read.
  uint64_t Peek(uint64_t address);

  // Pages since Refresh that could hold pointers but were not looked at: they are swapped out, or
  // the program may not read them.
  size_t unseen_pages() const { return present_.swapped() + unreadable_; }

  Budget& budget() { return *budget_; }

 private:
  static constexpr uint64_t kBefore = 24;
  static constexpr uint64_t kAfter = 24;
  static constexpr uint64_t kRoom = kWindowBytes + kBefore + kAfter;

  // Whether no page of these bytes is present.
  bool IsAbsent(uint64_t from, uint64_t to);
  // The words of [from, to), at most kRoom bytes.
  const uint64_t* View(uint64_t from, uint64_t to, uint64_t ahead) {
    if (!HasCopied(from, to)) Copy(from, std::min(std::max(to, ahead), from + kRoom));
    return copy_ + (from - copied_from_) / sizeof *copy_;
  }
  void Copy(uint64_t from, uint64_t to);
  void CopyPresent(uint64_t from, uint64_t to, char* out);

  Budget* const budget_;
  sys::PresentPages present_;
  size_t unreadable_ = 0;
  uint64_t* copy_ = nullptr;
  uint64_t copied_from_ = 0;
  uint64_t copied_to_ = 0;
};

}  // namespace pprof::profiles::holders
