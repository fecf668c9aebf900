// The search for holders, in a heap that the test makes up.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <memory>
#include <vector>

#include "profiler/profiles/holders/holder_search.h"
#include "profiler/profiles/holders/search/exclusive.h"

namespace pprof::profiles::holders {
namespace {

constexpr uint64_t kSlot = 64;
constexpr uint64_t kPage = 8192;
constexpr uint64_t kUnlimited = UINT64_MAX / 2;

// `slots` objects of 64 bytes, and roots of a few words.
class Heap {
 public:
  explicit Heap(size_t slots, uint64_t cpu_nanos = kUnlimited)
      : bytes_((slots * kSlot / kPage + 1) * kPage), budget_(cpu_nanos, {}), live_(&budget_) {
    void* pages = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    words_ = static_cast<uint64_t*>(pages);
    std::vector<RawSpan> spans;
    constexpr uint64_t kSpan = 16 * kPage;
    const auto base = reinterpret_cast<uint64_t>(pages);
    for (uint64_t at = 0; at < bytes_; at += kSpan) {
      spans.push_back({base + at, std::min(kSpan, bytes_ - at), kSlot});
    }
    objects_.Build(spans.data(), spans.size(), &memory_);
  }
  ~Heap() { munmap(words_, bytes_); }
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;

  uint64_t At(size_t slot) const { return reinterpret_cast<uint64_t>(words_) + slot * kSlot; }
  uint64_t& Word(size_t slot, size_t word = 0) { return words_[slot * kSlot / 8 + word]; }
  void* Page(size_t slot) const { return reinterpret_cast<void*>(At(slot) / 4096 * 4096); }

  // A root of one word.
  void AddRoot(uint64_t value, RootKind kind = RootKind::kGlobal) {
    root_words_.push_back(std::make_unique<uint64_t>(value));
    const auto at = reinterpret_cast<uint64_t>(root_words_.back().get());
    roots_.push_back({at, at + 8, kind, 0});
  }
  uint64_t Root(size_t i) const { return roots_[i].begin; }

  void Mark(const std::vector<size_t>& targets) {
    targets_.list = memory_.Allocate<Target>(targets.size() + 1);
    targets_.count = static_cast<uint32_t>(targets.size());
    for (size_t i = 0; i < targets.size(); ++i) {
      targets_.list[i].block = At(targets[i]);
      targets_.list[i].record.size = kSlot;
    }
    ASSERT_TRUE(extents_.Init(objects_.size(), targets_.count, &memory_) &&
                targets_.Bind(objects_, &extents_, &memory_) && live_.Init(&memory_) &&
                marker_.Init(&memory_) && finder_.Init(&memory_) && ways_.Init(10000, &memory_) &&
                others_.Init(10000, &memory_));
    marker_.Mark();
    marker_.MarkWeakly();
    for (Target& target : targets_) target.level = marker_.levels()[target.object];
    finder_.Find(
        {}, [](const Target&) { return true; }, &ways_);
    for (Target& target : targets_) {
      if (target.level == 0) continue;
      target.hop = ways_.Find(finder_.ObjectOnWay(target));
      target.root = ways_.RootOf(target.hop);
    }
  }

  HeldBy CheckFirst() {
    for (Target& target : targets_) target.holder = 0;
    const uint64_t root = targets_.list[0].root;
    CheckHolder(space_, {root, root + 8}, 0, &marker_, &finder_, &others_);
    return targets_.list[0].held_by;
  }

  bool IsTagged(size_t i) { return marker_.IsTagged(targets_.list[i].object); }
  const Target& target(size_t i) const { return targets_.list[i]; }
  const Ways& ways() const { return ways_; }
  const Budget& budget() const { return budget_; }

 private:
  uint64_t bytes_;
  uint64_t* words_;
  RequestMemory memory_;
  std::vector<std::unique_ptr<uint64_t>> root_words_;
  std::vector<holders::Root> roots_;
  ObjectTable objects_;
  Targets targets_;
  Budget budget_;
  LiveMemory live_;
  Extents extents_;
  SearchSpace space_{objects_, roots_, targets_, live_, extents_};
  Marker marker_{space_};
  WayFinder finder_{space_, &marker_.levels()};
  Ways ways_;
  Ways others_;
};

TEST(HolderSearch, FindsTheShortestWay) {
  Heap heap(100);
  heap.AddRoot(heap.At(1));
  heap.Word(1, 3) = heap.At(2);
  heap.Word(2, 7) = heap.At(3) + 16;
  heap.AddRoot(heap.At(4));
  heap.Word(4) = heap.At(3);
  heap.Mark({3, 2, 50});
  EXPECT_EQ(PointersOf(heap.target(0).level), 2U);
  EXPECT_EQ(heap.target(0).root, heap.Root(1));
  EXPECT_EQ(heap.target(1).root, heap.Root(0));
  const Hop& hop = heap.ways()[heap.target(1).hop];
  EXPECT_EQ(hop.offset, 24U);
  EXPECT_NE(hop.up, kNoHop);
  EXPECT_EQ(heap.target(2).level, 0);
}

TEST(HolderSearch, GlobalsComeBeforeStacksThatAreNearer) {
  Heap heap(100);
  heap.AddRoot(heap.At(3), RootKind::kStack);
  heap.AddRoot(heap.At(1));
  heap.Word(1) = heap.At(2);
  heap.Word(2) = heap.At(3);
  heap.Mark({3});
  EXPECT_EQ(heap.target(0).root, heap.Root(1));
  EXPECT_EQ(heap.CheckFirst(), HeldBy::kStacks);
}

TEST(HolderSearch, EndPointersAreNone) {
  Heap heap(100);
  heap.AddRoot(heap.At(1));
  heap.Word(1, 0) = heap.At(10);  // begin, finish, end of an array that fills slot 10
  heap.Word(1, 1) = heap.At(11);
  heap.Word(1, 2) = heap.At(11);
  heap.AddRoot(heap.At(2));
  heap.Word(2, 0) = heap.At(20);  // two blocks that happen to be neighbours
  heap.Word(2, 1) = heap.At(30);
  heap.Word(2, 2) = heap.At(21);
  heap.Mark({11, 21});
  EXPECT_EQ(StrengthOf(heap.target(0).level), Strength::kWeak);
  EXPECT_EQ(heap.target(0).root, heap.Root(0));
  EXPECT_EQ(StrengthOf(heap.target(1).level), Strength::kLasting);
}

TEST(HolderSearch, WhatLiesBehindAVectorsElementsReachesWeakly) {
  Heap heap(100);
  heap.AddRoot(heap.At(1));
  heap.Word(1, 3) = heap.At(10);  // a vector of two elements, with room for eight
  heap.Word(1, 4) = heap.At(10) + 16;
  heap.Word(1, 5) = heap.At(10) + 64;
  heap.Word(10, 1) = heap.At(20);
  heap.Word(10, 2) = heap.At(30);
  heap.Mark({20, 30});
  EXPECT_EQ(StrengthOf(heap.target(0).level), Strength::kLasting);
  EXPECT_EQ(StrengthOf(heap.target(1).level), Strength::kWeak);
}

TEST(HolderSearch, TaggedPointersReachWeakly) {
  Heap heap(100);
  heap.AddRoot(heap.At(2) | uint64_t{0xbeef} << 48);
  heap.Word(2) = heap.At(3);
  heap.AddRoot(heap.At(4) ^ uint64_t{0x5a5a5a5a5a5a5a5a});
  heap.Mark({2, 3, 4});
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(StrengthOf(heap.target(i).level), Strength::kWeak) << i;
    EXPECT_EQ(heap.target(i).root, heap.Root(0)) << i;
  }
  EXPECT_EQ(heap.target(2).level, 0);
}

// The first bytes of a block may also be a header that the program's pointers leave out.
TEST(HolderSearch, LowTagsHoldAndAreKnown) {
  Heap heap(100);
  heap.AddRoot(heap.At(1) + 3);
  heap.AddRoot(heap.At(2) + 1);
  heap.AddRoot(heap.At(2));
  heap.AddRoot(heap.At(3) + 8);
  heap.Mark({1, 2, 3});
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(StrengthOf(heap.target(i).level), Strength::kLasting) << i;
    EXPECT_EQ(heap.IsTagged(i), i == 0) << i;
  }
}

TEST(HolderSearch, OnlySeveralOrNoHolder) {
  Heap heap(100);
  heap.AddRoot(heap.At(1));
  heap.Word(1) = heap.At(2);
  heap.Mark({2});
  EXPECT_EQ(heap.CheckFirst(), HeldBy::kOnly);
  Heap shared(100);
  shared.AddRoot(shared.At(1));
  shared.AddRoot(shared.At(2));
  shared.Word(1) = shared.At(3);
  shared.Word(2) = shared.At(3);
  shared.Mark({3});
  EXPECT_EQ(shared.CheckFirst(), HeldBy::kSeveral);
  EXPECT_EQ(shared.target(0).other_root,
            shared.Root(shared.target(0).root == shared.Root(0) ? 1 : 0));
}

TEST(HolderSearch, LongListsNeedNoRecursionAndNameTheirRoot) {
  constexpr size_t kNodes = 1000000;
  Heap heap(kNodes + 1);
  for (size_t i = 0; i < kNodes; ++i) heap.Word(i) = heap.At(i + 1);
  heap.AddRoot(heap.At(0));
  heap.Mark({kNodes - 1, 10});
  EXPECT_EQ(PointersOf(heap.target(0).level), kDeep);
  EXPECT_EQ(heap.target(0).root, heap.Root(0));
  EXPECT_EQ(PointersOf(heap.target(1).level), 11U);
}

TEST(HolderSearch, EndsWithItsBudget) {
  constexpr size_t kNodes = 1000000;
  Heap heap(kNodes + 1, 1000000);
  for (size_t i = 0; i < kNodes; ++i) heap.Word(i) = heap.At(i + 1);
  heap.AddRoot(heap.At(0));
  heap.Mark({kNodes - 1});
  EXPECT_TRUE(heap.budget().IsSpent());
  EXPECT_EQ(heap.target(0).level, 0);
}

TEST(HolderSearch, PassesOverPagesThatCannotBeRead) {
  Heap heap(1000);
  heap.AddRoot(heap.At(0));
  heap.AddRoot(heap.At(200));
  heap.AddRoot(heap.At(400));
  heap.Word(0) = heap.At(900);
  heap.Word(200) = heap.At(901);
  heap.Word(400) = heap.At(902);
  ASSERT_EQ(mprotect(heap.Page(0), 4096, PROT_NONE), 0);
  ASSERT_EQ(munmap(heap.Page(200), 4096), 0);
  heap.Mark({900, 901, 902});
  EXPECT_EQ(heap.target(0).level, 0);
  EXPECT_EQ(heap.target(1).level, 0);
  EXPECT_EQ(heap.target(2).root, heap.Root(2));
}

TEST(HolderSearch, TablesTakeAQuarterOfWhatIsLeftAtMost) {
  constexpr uint64_t kMebibyte = 1 << 20;
  EXPECT_TRUE(CheckRoom(10 * kMebibyte, 40 * kMebibyte).ok());
  const Status refused = CheckRoom(10 * kMebibyte, 39 * kMebibyte);
  EXPECT_EQ(refused.code(), StatusCode::kUnavailable);
  EXPECT_NE(refused.message().find("10.0 MiB, and 39.0 MiB are left"), std::string::npos);
}

TEST(HolderSearch, BringsNoPageIn) {
  constexpr size_t kSlots = size_t{64} << 20 >> 6;
  Heap heap(kSlots);
  heap.AddRoot(heap.At(0));
  heap.Word(0) = heap.At(kSlots / 2);
  heap.Mark({kSlots / 2});
  EXPECT_EQ(PointersOf(heap.target(0).level), 2U);
  unsigned char present = 0;
  ASSERT_EQ(mincore(heap.Page(kSlots / 2), 4096, &present), 0);
  EXPECT_EQ(present & 1, 0);
}

}  // namespace
}  // namespace pprof::profiles::holders
