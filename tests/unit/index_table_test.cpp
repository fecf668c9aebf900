#include "profiler/model/index_table.h"

#include <gtest/gtest.h>

#include <vector>

namespace pprof::model {
namespace {

// A set of numbers whose hashes the test chooses.
class Numbers {
 public:
  explicit Numbers(size_t count = 0) : table_(count) {}

  void Insert(uint64_t hash, int number) {
    table_.Insert(hash, static_cast<uint32_t>(numbers_.size()));
    numbers_.push_back(number);
  }
  // -1: not in.
  int Find(uint64_t hash, int number) const {
    const uint32_t at = table_.Find(hash, [&](uint32_t i) { return numbers_[i] == number; });
    return at == IndexTable::kNone ? -1 : static_cast<int>(at);
  }
  size_t size() const { return table_.size(); }

 private:
  IndexTable table_;
  std::vector<int> numbers_;
};

TEST(IndexTable, OfNothingFindsNothing) {
  const Numbers numbers;
  EXPECT_EQ(numbers.Find(0, 1), -1);
  EXPECT_EQ(numbers.Find(~uint64_t{0}, 1), -1);
  EXPECT_EQ(numbers.size(), 0u);
}

TEST(IndexTable, FindsWhatIsEqualAmongEqualHashes) {
  Numbers numbers;
  for (int i = 0; i < 40; ++i) numbers.Insert(7, i);
  for (int i = 0; i < 40; ++i) EXPECT_EQ(numbers.Find(7, i), i);
  EXPECT_EQ(numbers.Find(7, 40), -1);
  EXPECT_EQ(numbers.Find(8, 3), -1) << "another hash in the same run of slots";
}

// The tag is half a hash: hashes that differ above it are asked for equality.
TEST(IndexTable, HashesThatDiffersInTheUpperHalfOnlyAreComparedByValue) {
  Numbers numbers;
  numbers.Insert(5, 1);
  numbers.Insert(5 | uint64_t{1} << 32, 2);
  EXPECT_EQ(numbers.Find(5, 1), 0);
  EXPECT_EQ(numbers.Find(5 | uint64_t{1} << 32, 2), 1);
  EXPECT_EQ(numbers.Find(5, 3), -1);
}

// Slots at the end of the table: the search goes on at its begin.
TEST(IndexTable, RunsGoRoundTheEnd) {
  Numbers numbers;
  for (int i = 0; i < 10; ++i) numbers.Insert(63, i);
  for (int i = 10; i < 20; ++i) numbers.Insert(0, i);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(numbers.Find(63, i), i);
  for (int i = 10; i < 20; ++i) EXPECT_EQ(numbers.Find(0, i), i);
}

TEST(IndexTable, GrowsFromAnySizeAndForgetsNothing) {
  for (const size_t expected : {0, 1, 48, 49, 1000}) {
    Numbers numbers(expected);
    for (int i = 0; i < 5000; ++i) {
      numbers.Insert(MixHash(static_cast<uint64_t>(i)), i);
      ASSERT_EQ(numbers.Find(MixHash(static_cast<uint64_t>(i)), i), i);
    }
    for (int i = 0; i < 5000; ++i) {
      ASSERT_EQ(numbers.Find(MixHash(static_cast<uint64_t>(i)), i), i);
    }
    EXPECT_EQ(numbers.size(), 5000u);
    EXPECT_EQ(numbers.Find(MixHash(5000), 5000), -1);
  }
}

TEST(MixHash, NeighboursLandFarApart) {
  int bits = 0;
  for (uint64_t i = 0; i < 1000; ++i) {
    bits += __builtin_popcountll(MixHash(i * 16) ^ MixHash(i * 16 + 1));
  }
  EXPECT_NEAR(bits / 1000.0, 32, 1);
}

TEST(CombineHash, TellsOrderAndLengthApart) {
  const auto of = [](const std::vector<uint64_t>& numbers) {
    uint64_t hash = 0;
    for (const uint64_t number : numbers) hash = CombineHash(hash, number);
    return hash;
  };
  EXPECT_NE(of({1, 2}), of({2, 1}));
  EXPECT_NE(of({1}), of({1, 1}));
  EXPECT_EQ(of({1, 2, 3}), of({1, 2, 3}));
}

}  // namespace
}  // namespace pprof::model
