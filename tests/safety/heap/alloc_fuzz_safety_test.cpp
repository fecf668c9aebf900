// Every function of the malloc family in random order on four threads; blocks are freed by other
// threads, and their contents are checked. At the end the in-use numbers equal exactly what is
// live.
#include <malloc.h>

#include <atomic>
#include <cstring>
#include <new>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include "tests/safety/heap/deadline.h"
#include "tests/unit/signal_safe/heap_test_support.h"

#define FUZZ_CODE __attribute__((noinline, section("fuzz_code")))
extern "C" {
extern const char __start_fuzz_code[];
extern const char __stop_fuzz_code[];
}

namespace pprof {
namespace {

struct Block {
  unsigned char* memory = nullptr;
  size_t size = 0;
  size_t alignment = 8;
  void (*release)(Block&) = nullptr;
  unsigned char fill = 0;
};

void Free(Block& block) { free(block.memory); }
void Delete(Block& block) { operator delete(block.memory); }
void DeleteSized(Block& block) { operator delete(block.memory, block.size); }
void DeleteAligned(Block& block) {
  operator delete (block.memory, std::align_val_t{block.alignment});
}

FUZZ_CODE void* AllocateOne(unsigned kind, Block& block) {
  block.release = Free;
  void* memory = nullptr;
  switch (kind) {
    case 0:
      memory = malloc(block.size);
      break;
    case 1:
      memory = calloc(block.size, 1);
      break;
    case 2:
      memory = realloc(nullptr, block.size);
      break;
    case 3:
      memory = memalign(block.alignment, block.size);
      break;
    case 4:
      if (posix_memalign(&memory, block.alignment, block.size) != 0) memory = nullptr;
      break;
    case 5:
      memory = aligned_alloc(block.alignment, block.size);
      break;
    case 6:
      block.release = Delete;
      memory = operator new(block.size);
      break;
    case 7:
      block.release = DeleteSized;
      memory = operator new(block.size);
      break;
    case 8:
      block.release = DeleteAligned;
      memory = operator new (block.size, std::align_val_t{block.alignment});
      break;
    case 9:
      block.release = Delete;
      memory = operator new(block.size, std::nothrow);
      break;
    default:
      memory = reallocarray(nullptr, block.size, 1);
      break;
  }
  asm volatile("" : "+r"(memory));
  return memory;
}

FUZZ_CODE void* ReallocateOne(void* memory, size_t size) {
  memory = realloc(memory, size);
  asm volatile("" : "+r"(memory));
  return memory;
}

bool HasItsContents(const Block& block, size_t bytes) {
  for (size_t i = 0; i < bytes; ++i) {
    if (block.memory[i] != block.fill) return false;
  }
  return true;
}

class Fuzzer {
 public:
  explicit Fuzzer(unsigned seed) : random_(seed) {}

  Block Make() {
    static constexpr size_t kAlignments[] = {16, 32, 64, 128, 4096};
    Block block;
    const unsigned kind = random_() % 11;
    block.size = random_() % 20 == 0 ? 1 + random_() % 300000 : 1 + random_() % 600;
    if (kind == 3 || kind == 4 || kind == 5 || kind == 8)
      block.alignment = kAlignments[random_() % 5];
    block.memory = static_cast<unsigned char*>(AllocateOne(kind, block));
    if (reinterpret_cast<uintptr_t>(block.memory) % block.alignment != 0) ++errors;
    if (kind == 1 && !HasItsContents(block, block.size)) ++errors;
    Fill(block);
    return block;
  }

  void Resize(Block& block) {
    if (block.release != Free) return;
    const size_t size = 1 + random_() % 5000;
    const size_t kept = size < block.size ? size : block.size;
    block.memory = static_cast<unsigned char*>(ReallocateOne(block.memory, size));
    if (!HasItsContents(block, kept)) ++errors;
    block.size = size;
    block.alignment = 8;
    Fill(block);
  }

  void Release(Block& block) {
    if (!HasItsContents(block, block.size)) ++errors;
    block.release(block);
    block.memory = nullptr;
  }

  uint32_t Random() { return random_(); }
  uint64_t errors = 0;

 private:
  void Fill(Block& block) {
    block.fill = static_cast<unsigned char>(random_());
    std::memset(block.memory, block.fill, block.size);
  }

  std::mt19937 random_;
};

// Blocks passed from one thread to another.
struct Exchange {
  std::atomic<bool> taken{false};
  Block block;
};
Exchange exchanges[64];

void SwapWithOthers(Block& block, size_t place) {
  Exchange& exchange = exchanges[place];
  if (exchange.taken.exchange(true, std::memory_order_acquire)) return;
  std::swap(exchange.block, block);
  exchange.taken.store(false, std::memory_order_release);
}

uint64_t RunThread(unsigned seed, int operations) {
  Fuzzer fuzzer(seed);
  std::vector<Block> blocks(300);
  for (int i = 0; i < operations; ++i) {
    Block& block = blocks[fuzzer.Random() % blocks.size()];
    if (block.memory == nullptr) {
      block = fuzzer.Make();
    } else if (fuzzer.Random() % 4 == 0) {
      fuzzer.Resize(block);
    } else {
      fuzzer.Release(block);
    }
    if (i % 3 == 0) SwapWithOthers(block, fuzzer.Random() % 64);
  }
  for (Block& block : blocks) {
    if (block.memory != nullptr) fuzzer.Release(block);
  }
  return fuzzer.errors;
}

bool IsOfTheFuzzer(const signal_safe::HeapStack& stack) {
  const auto* pc = reinterpret_cast<const char*>(stack.pcs()[0]);
  return stack.depth > 0 && pc >= __start_fuzz_code && pc <= __stop_fuzz_code;
}

struct InUse {
  int64_t objects = 0, bytes = 0;  // from the stacks' counters
  uint64_t records = 0;            // in the live table
};

InUse ReadInUse() {
  InUse in_use;
  for (const profiles::HeapUse& stack : profiles::ReadHeap().Uses()) {
    if (!IsOfTheFuzzer(*stack.stack)) continue;
    in_use.objects += stack.in_use_objects;
    in_use.bytes += stack.in_use_bytes;
  }
  signal_safe::heap_sampler.live.ForEach([&](const signal_safe::LiveRecord& record) {
    in_use.records += IsOfTheFuzzer(*record.stack);
  });
  return in_use;
}

class AllocFuzz : public HeapTest, public testing::WithParamInterface<size_t> {};
INSTANTIATE_TEST_SUITE_P(Intervals, AllocFuzz, testing::Values(1, 512, 512 * 1024));

TEST_P(AllocFuzz, FourThreadsLeaveNothingWrongAndNothingBehind) {
  const ScopedInterval scoped(GetParam());
  const int operations = LongTests() ? 5000000 : 400000;
  std::atomic<uint64_t> errors{0};
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] { errors += RunThread(t + 1, operations); });
  }
  for (std::thread& thread : threads) thread.join();
  Fuzzer fuzzer(99);
  for (Exchange& exchange : exchanges) {
    if (exchange.block.memory != nullptr) fuzzer.Release(exchange.block);
    exchange.block = {};
  }
  EXPECT_EQ(errors + fuzzer.errors, 0u);

  std::vector<Block> five(5);
  for (Block& block : five) block = fuzzer.Make();
  double bytes = 0;
  uint64_t sampled = 0;
  for (const Block& block : five) {
    const auto record = RecordOf(block.memory);
    if (!record) continue;
    ++sampled;
    EXPECT_EQ(record->size, block.size);
    bytes += record->weight * static_cast<double>(record->size);
  }
  if (GetParam() == 1) {
    EXPECT_GE(sampled, 4u);  // a one-byte block is missed with probability 1/e
  }
  const InUse with_five = ReadInUse();
  EXPECT_EQ(with_five.records, sampled);
  EXPECT_NEAR(static_cast<double>(with_five.bytes), bytes, 5);
  for (Block& block : five) fuzzer.Release(block);
  const InUse nothing = ReadInUse();
  EXPECT_EQ(nothing.records, 0u);
  EXPECT_EQ(nothing.objects, 0);
  EXPECT_EQ(nothing.bytes, 0);
}

}  // namespace
}  // namespace pprof
