#include "profiler/profiles/holders/search/way_finder.h"

#include <cstring>

namespace pprof::profiles::holders {
namespace {

constexpr uint32_t kBits = 64;

size_t WordsFor(uint32_t objects) { return objects / kBits + 1; }

}  // namespace

bool WayFinder::Init(RequestMemory* memory) {
  wanted_ = memory->Allocate<uint64_t>(WordsFor(space_.objects.size()));
  return wanted_ != nullptr;
}

void WayFinder::Begin(Ways* ways) {
  ways_ = ways;
  std::memset(wanted_, 0, WordsFor(space_.objects.size()) * sizeof *wanted_);
  std::memset(open_, 0, sizeof open_);
  space_.memory.Refresh();
}

void WayFinder::Want(uint32_t object) {
  if (object == kNoObject) return;
  const Level level = levels_[object];
  if (level == 0 || PointersOf(level) == kDeep) return;
  uint64_t& word = wanted_[object / kBits];
  const uint64_t bit = uint64_t{1} << (object % kBits);
  if ((word & bit) != 0 || ways_->Find(object) != kNoHop) return;
  word |= bit;
  ++open_[level];
}

void WayFinder::Run(const WithoutRoots& without) {
  for (Level level = kHighestLevel; level > 0; --level) {
    if (open_[level] == 0) continue;
    const bool weak = StrengthOf(level) == Strength::kWeak;
    if (PointersOf(level) > 1) {
      const auto nearer = static_cast<Level>(level - 1);
      weak ? LookInObjects<true>(level, nearer) : LookInObjects<false>(level, nearer);
    } else if (weak) {
      LookInRoots<true>(level, without);
      LookInAllForWeak(level);
    } else {
      LookInRoots<false>(level, without);
    }
  }
  ways_->Link();
}

template <bool kLoose>
bool WayFinder::Take(const WordAt& word, Level level, Hop hop) {
  Object to;
  if (!rules_.PointsTo<kLoose>(word, &to) || levels_[to.number] != level) return false;
  uint64_t& bits = wanted_[to.number / kBits];
  const uint64_t bit = uint64_t{1} << (to.number % kBits);
  if ((bits & bit) == 0) return false;
  bits &= ~bit;
  --open_[level];
  hop.object = to.number;
  return ways_->Add(hop);
}

template <bool kLoose>
void WayFinder::LookInRoots(Level level, const WithoutRoots& without) {
  for (const Root& root : space_.roots) {
    if (!kLoose && StrengthOf(root.kind) != StrengthOf(level)) continue;
    if (open_[level] == 0) return;
    space_.memory.ForEachWord(root.begin, root.end, root.end, [&](const WordAt& word) {
      if (!without.Has(word.address)) {
        Take<kLoose>(word, level, {word.address, kNoObject, kNoObject, 0, kNoHop});
      }
    });
  }
}

template <bool kLoose>
void WayFinder::LookInObjects(Level level, Level of) {
  const auto go_on = [&] { return open_[level] != 0 && !space_.memory.budget().IsSpent(); };
  levels_.ForEachWordAt(
      of, kLoose ? nullptr : &space_.extents, &space_.memory, go_on,
      [&](const WordAt& word, const Object& holder) {
        const auto offset = static_cast<uint32_t>(word.address - holder.start);
        if (Take<kLoose>(word, level, {0, kNoObject, holder.number, offset, kNoHop})) {
          Want(holder.number);
        }
      });
}

// The first step by loose rules begins in any object that strict rules reach.
void WayFinder::LookInAllForWeak(Level level) {
  for (Level of = 1; of < LevelOf(Strength::kWeak, 0) && open_[level] != 0; ++of) {
    LookInObjects<true>(level, of);
  }
}

}  // namespace pprof::profiles::holders
