#include "profiler/profiles/holders/search/marker.h"

#include <algorithm>

namespace pprof::profiles::holders {
namespace {

constexpr uint32_t kLeastOpen = 4096;
constexpr uint32_t kMostOpen = uint32_t{1} << 20;
constexpr uint32_t kObjectsEachOpen = 64;
constexpr Strength kStrengths[] = {Strength::kLasting, Strength::kStacks, Strength::kMapped};

}  // namespace

bool Marker::Init(RequestMemory* memory) {
  room_ = std::clamp(space_.objects.size() / kObjectsEachOpen, kLeastOpen, kMostOpen);
  stack_ = memory->Allocate<uint64_t>(room_);
  tagged_ = memory->Allocate<uint64_t>(space_.objects.size() / kBits + 1);
  return stack_ != nullptr && tagged_ != nullptr && levels_.Init(memory);
}

void Marker::Mark() {
  levels_.Clear();
  space_.memory.Refresh();
  for (const Strength strength : kStrengths) {
    if (MarkFrom<false>(strength, MarkStrictRoots(strength, {}))) MarkDeep<false>(strength);
  }
}

void Marker::MarkNear(const WithoutRoots& without) {
  levels_.Clear();
  space_.memory.Refresh();
  for (const Strength strength : kStrengths) {
    MarkFrom<false>(strength, MarkStrictRoots(strength, without));
  }
}

void Marker::MarkFar() {
  for (const Strength strength : kStrengths) MarkDeep<false>(strength);
}

bool Marker::MarkStrictRoots(Strength strength, const WithoutRoots& without) {
  return MarkRoots<false>(strength, without,
                          [&](const Root& root) { return StrengthOf(root.kind) == strength; });
}

void Marker::MarkWeakly() {
  space_.memory.Refresh();
  bool any = MarkRoots<true>(Strength::kWeak, {}, [](const Root&) { return true; });
  for (Level level = 1; level < LevelOf(Strength::kWeak, 0); ++level) {
    any |= Sweep<true>(level, LevelOf(Strength::kWeak, 1));
  }
  if (MarkFrom<true>(Strength::kWeak, any)) MarkDeep<true>(Strength::kWeak);
}

template <bool kLoose>
bool Marker::Reach(const WordAt& word, Level level, Object* to) {
  if (!rules_.PointsTo<kLoose>(word, to)) return false;
  uint64_t used = 0;
  if (!kLoose && rules_.IsVector(word, *to, &used)) space_.extents.NoteUsed(to->number, used);
  if (!kLoose && (tags_ != 0 || PointerRules::MayBeTagged(word, *to))) NoteTag(word, *to);
  if (levels_[to->number] != 0) return false;
  levels_[to->number] = level;
  return true;
}

// A pointer without a tag takes the bit away that one with a tag has set.
void Marker::NoteTag(const WordAt& word, const Object& to) {
  uint64_t& bits = tagged_[to.number / kBits];
  const uint64_t bit = uint64_t{1} << (to.number % kBits);
  if (!PointerRules::MayBeTagged(word, to)) {
    bits &= ~bit;
  } else if (levels_[to.number] == 0) {
    bits |= bit;
    ++tags_;
  }
}

template <bool kLoose, class Matches>
bool Marker::MarkRoots(Strength strength, const WithoutRoots& without, const Matches& matches) {
  bool any = false;
  const Level first = LevelOf(strength, 1);
  for (const Root& root : space_.roots) {
    if (!matches(root)) continue;
    space_.memory.ForEachWord(root.begin, root.end, root.end, [&](const WordAt& word) {
      Object to;
      if (!without.Has(word.address)) any |= Reach<kLoose>(word, first, &to);
    });
  }
  return any;
}

template <bool kLoose>
bool Marker::Sweep(Level from, Level to) {
  bool any = false;
  levels_.ForEachWordAt(
      from, ExtentsFor(kLoose), &space_.memory,
      [this] { return !space_.memory.budget().IsSpent(); },
      [&](const WordAt& word, const Object&) {
        Object reached;
        any |= Reach<kLoose>(word, to, &reached);
      });
  return any;
}

template <bool kLoose>
bool Marker::MarkFrom(Strength strength, bool any) {
  for (uint32_t pointers = 1; any && pointers < kLast; ++pointers) {
    any = Sweep<kLoose>(LevelOf(strength, pointers), LevelOf(strength, pointers + 1));
  }
  return any;
}

// After an overflow the objects that had no room are at kLast, and another round finds them.
template <bool kLoose>
void Marker::MarkDeep(Strength strength) {
  do {
    overflowed_ = false;
    levels_.ForEachAt(
        LevelOf(strength, kLast), [this] { return !space_.memory.budget().IsSpent(); },
        [&](const Object& entry) { Descend<kLoose>(entry, strength); });
  } while (overflowed_ && !space_.memory.budget().IsSpent());
}

// Nodes of a list often lie one behind the other: while they do, more is copied ahead.
template <bool kLoose>
void Marker::Descend(const Object& entry, Strength strength) {
  LiveMemory& memory = space_.memory;
  uint64_t ahead_bytes = 0;
  depth_ = 0;
  stack_[depth_++] = entry.start;
  while (depth_ > 0 && !memory.budget().IsSpent()) {
    Object from;
    space_.objects.Find(stack_[--depth_], &from);
    const uint64_t end = from.start + (kLoose ? from.size : space_.extents.Of(from));
    const bool near = from.start - memory.copied_to() < LiveMemory::kWindowBytes;
    if (!memory.HasCopied(from.start, end)) {
      ahead_bytes = near ? std::min(2 * ahead_bytes + from.size, LiveMemory::kWindowBytes) : 0;
    }
    memory.ForEachWord(from.start, end, end + ahead_bytes, [&](const WordAt& word) {
      Object to;
      if (!Reach<kLoose>(word, LevelOf(strength, kDeep), &to)) return;
      space_.targets.ForEachIn(to.number, [&](Target& target) { target.entry = entry.number; });
      if (depth_ < room_) {
        stack_[depth_++] = to.start;
      } else {
        overflowed_ = true;
        levels_[to.number] = LevelOf(strength, kLast);
      }
    });
  }
}

}  // namespace pprof::profiles::holders
