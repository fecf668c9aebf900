// Every block is the caller's alone, aligned, and used again; a failure of the source of memory
// leaves the pool as it was, at whatever request it comes.
#include "profiler/sys/memory/block_pool.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <map>
#include <new>
#include <vector>

namespace pprof::sys {
namespace {

// Counts what is out, and fails from the given request on.
class Source : public std::pmr::memory_resource {
 public:
  int most_requests = 1 << 30;
  int requests = 0;
  size_t bytes_out = 0;

 private:
  void* do_allocate(size_t bytes, size_t alignment) override {
    if (++requests > most_requests) throw std::bad_alloc();
    bytes_out += bytes;
    return std::pmr::new_delete_resource()->allocate(bytes, alignment);
  }
  void do_deallocate(void* pointer, size_t bytes, size_t alignment) override {
    bytes_out -= bytes;
    std::pmr::new_delete_resource()->deallocate(pointer, bytes, alignment);
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

struct Block {
  char* place;
  size_t bytes, alignment;
};

constexpr size_t kSizes[] = {1, 8, 16, 17, 24, 100, 1000, 5000, 32768, 32769, 100000};
constexpr size_t kAlignments[] = {1, 8, 16, 64};

// Blocks of all sizes, each filled with its own byte.
std::vector<Block> Take(BlockPool& pool, int rounds) {
  std::vector<Block> blocks;
  for (int round = 0; round < rounds; ++round) {
    for (const size_t bytes : kSizes) {
      for (const size_t alignment : kAlignments) {
        auto* place = static_cast<char*>(pool.allocate(bytes, alignment));
        EXPECT_EQ(reinterpret_cast<uintptr_t>(place) % alignment, 0u) << bytes;
        std::memset(place, static_cast<int>(blocks.size() % 251), bytes);
        blocks.push_back({place, bytes, alignment});
      }
    }
  }
  return blocks;
}

TEST(BlockPool, BlocksDoNotOverlap) {
  Source source;
  BlockPool pool(&source);
  const std::vector<Block> blocks = Take(pool, 20);
  for (size_t i = 0; i < blocks.size(); ++i) {
    const auto expected = static_cast<char>(i % 251);
    for (size_t at = 0; at < blocks[i].bytes; ++at) ASSERT_EQ(blocks[i].place[at], expected) << i;
  }
  for (const Block& block : blocks) pool.deallocate(block.place, block.bytes, block.alignment);
}

TEST(BlockPool, FreedBlocksAreUsedAgain) {
  Source source;
  BlockPool pool(&source);
  size_t after_first = 0;
  for (int i = 0; i < 50; ++i) {
    for (const Block& block : Take(pool, 1)) {
      pool.deallocate(block.place, block.bytes, block.alignment);
    }
    if (i == 0) after_first = source.bytes_out;
  }
  EXPECT_EQ(source.bytes_out, after_first);
}

TEST(BlockPool, ReturnsItsChunksAtTheEnd) {
  Source source;
  {
    BlockPool pool(&source);
    for (int i = 0; i < 10000; ++i) EXPECT_NE(pool.allocate(48, 8), nullptr);
    EXPECT_GT(source.bytes_out, 480000u);
  }
  EXPECT_EQ(source.bytes_out, 0u);
}

TEST(BlockPool, AFailureLeavesItUsable) {
  for (int most = 0; most < 20; ++most) {
    Source source;
    source.most_requests = most;
    {
      BlockPool pool(&source);
      std::pmr::map<int, std::pmr::vector<int>> map(&pool);
      try {
        for (int i = 0; i < 3000; ++i) map[i].assign(static_cast<size_t>(i), i);
        FAIL() << "the source never failed";
      } catch (const std::bad_alloc&) {
        source.most_requests = 1 << 30;
      }
      for (int i = 0; i < 100; ++i) map[i].assign(10, i);
      for (int i = 0; i < 100; ++i) EXPECT_EQ(map[i], std::pmr::vector<int>(10, i));
    }
    EXPECT_EQ(source.bytes_out, 0u);
  }
}

}  // namespace
}  // namespace pprof::sys
