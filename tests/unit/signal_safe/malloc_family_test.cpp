// The whole malloc family: the contract of each function, and that each is sampled.
#include <malloc.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <new>

#include "tests/unit/signal_safe/heap_test_support.h"

extern "C" void cfree(void*);

namespace pprof {
namespace {

constexpr size_t kTooMuch = SIZE_MAX / 2;

// Hides the size from the compiler.
size_t Opaque(size_t size) {
  asm volatile("" : "+r"(size));
  return size;
}

struct Allocator {
  const char* name;
  void* (*allocate)(size_t size);
  void (*release)(void* block);
  size_t alignment;
};

void Free(void* block) { free(block); }

const std::align_val_t k64{64};

const Allocator kAllocators[] = {
    {"malloc", [](size_t n) { return malloc(n); }, Free, 16},
    {"calloc", [](size_t n) { return calloc(n, 1); }, Free, 16},
    {"calloc_of_eights", [](size_t n) { return calloc(n / 8, 8); }, Free, 16},
    {"realloc_of_null", [](size_t n) { return realloc(nullptr, n); }, Free, 16},
    {"reallocarray_of_null", [](size_t n) { return reallocarray(nullptr, n / 8, 8); }, Free, 16},
    {"memalign", [](size_t n) { return memalign(256, n); }, Free, 256},
    {"aligned_alloc", [](size_t n) { return aligned_alloc(128, n); }, Free, 128},
    {"posix_memalign",
     [](size_t n) {
       void* block = nullptr;
       return posix_memalign(&block, 512, n) == 0 ? block : nullptr;
     },
     Free, 512},
    {"valloc", [](size_t n) { return valloc(n); }, Free, 4096},
    {"pvalloc", [](size_t n) { return pvalloc(n); }, Free, 4096},
    {"malloc_cfree", [](size_t n) { return malloc(n); }, [](void* p) { cfree(p); }, 16},
    {"new", [](size_t n) { return operator new(n); }, [](void* p) { operator delete(p); }, 16},
    {"new_array", [](size_t n) { return operator new[](n); }, [](void* p) { operator delete[](p); },
     16},
    {"new_nothrow", [](size_t n) { return operator new(n, std::nothrow); },
     [](void* p) { operator delete(p, std::nothrow); }, 16},
    {"new_array_nothrow", [](size_t n) { return operator new[](n, std::nothrow); },
     [](void* p) { operator delete[](p, std::nothrow); }, 16},
    {"new_aligned", [](size_t n) { return operator new(n, k64); },
     [](void* p) { operator delete(p, k64); }, 64},
    {"new_array_aligned", [](size_t n) { return operator new[](n, k64); },
     [](void* p) { operator delete[](p, k64); }, 64},
    {"new_aligned_nothrow", [](size_t n) { return operator new(n, k64, std::nothrow); },
     [](void* p) { operator delete(p, k64, std::nothrow); }, 64},
    {"new_array_aligned_nothrow", [](size_t n) { return operator new[](n, k64, std::nothrow); },
     [](void* p) { operator delete[](p, k64, std::nothrow); }, 64},
};

// Sized forms of delete; each frees memory of plain new.
const Allocator kSizedDeletes[] = {
    {"sized", [](size_t n) { return operator new(n); },
     [](void* p) { operator delete (p, size_t{400}); }, 16},
    {"sized_array", [](size_t n) { return operator new[](n); },
     [](void* p) { operator delete[](p, size_t{400}); }, 16},
    {"sized_aligned", [](size_t n) { return operator new(n, k64); },
     [](void* p) { operator delete (p, size_t{400}, k64); }, 64},
    {"sized_array_aligned", [](size_t n) { return operator new[](n, k64); },
     [](void* p) { operator delete[](p, size_t{400}, k64); }, 64},
};

std::string NameOf(const testing::TestParamInfo<Allocator>& info) { return info.param.name; }

class EveryAllocator : public HeapTest, public testing::WithParamInterface<Allocator> {};
INSTANTIATE_TEST_SUITE_P(MallocFamily, EveryAllocator, testing::ValuesIn(kAllocators), NameOf);
INSTANTIATE_TEST_SUITE_P(SizedDelete, EveryAllocator, testing::ValuesIn(kSizedDeletes), NameOf);

TEST_P(EveryAllocator, IsSampledWithItsCallerAndForgottenWhenFreed) {
  const ScopedInterval all(1);
  void* block = GetParam().allocate(Opaque(400));
  ASSERT_NE(block, nullptr);
  const auto record = RecordOf(block);
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(record->size, 400u);
  EXPECT_NEAR(record->weight, 1, 1e-6);
  const std::string caller = CallerOf(*record);  // the test, if the lambda tail-called
  EXPECT_TRUE(caller.find("IsSampled") != std::string::npos ||
              caller.find("kAllocators") != std::string::npos ||
              caller.find("lambda") != std::string::npos ||
              caller.find("_FUN") != std::string::npos ||
              caller.find("__invoke") != std::string::npos)
      << caller;
  GetParam().release(block);
  EXPECT_FALSE(IsSampled(block));
}

TEST_P(EveryAllocator, GivesAlignedMemoryThatIsAllUsable) {
  for (const size_t interval : {0, 1}) {
    const ScopedInterval scoped(interval);
    for (size_t size = 16; size < 100000; size = size * 5 / 3 / 8 * 8 + 8) {
      void* block = GetParam().allocate(size);
      ASSERT_NE(block, nullptr);
      EXPECT_EQ(reinterpret_cast<uintptr_t>(block) % GetParam().alignment, 0u) << size;
      EXPECT_GE(malloc_usable_size(block), size);
      std::memset(block, 0x5A, malloc_usable_size(block));
      free(block);
    }
  }
}

TEST_P(EveryAllocator, KeepsErrnoWhenItSucceeds) {
  const ScopedInterval all(1);
  errno = 77;
  void* block = GetParam().allocate(400);
  EXPECT_EQ(errno, 77);
  GetParam().release(block);
  EXPECT_EQ(errno, 77);
}

TEST_P(EveryAllocator, GivesMemoryAlignedForItsSizeHoweverSmall) {
  for (const size_t interval : {0, 1}) {
    const ScopedInterval scoped(interval);
    for (int i = 0; i < 100; ++i) {
      void* block = GetParam().allocate(8);
      const size_t needed = GetParam().alignment > 16 ? GetParam().alignment : 8;
      EXPECT_EQ(reinterpret_cast<uintptr_t>(block) % needed, 0u);
      free(block);
    }
  }
}

class MallocFamily : public HeapTest {};

TEST_F(MallocFamily, FreeOfNullDoesNothing) {
  const ScopedInterval all(1);
  free(nullptr);
  cfree(nullptr);
  operator delete(nullptr);
  operator delete[](nullptr);
  operator delete (nullptr, size_t{8});
  operator delete(nullptr, k64);
  EXPECT_EQ(malloc_usable_size(nullptr), 0u);
}

TEST_F(MallocFamily, ZeroBytesAreABlockOfTheirOwn) {
  const ScopedInterval all(1);
  void* a = malloc(Opaque(0));
  void* b = malloc(Opaque(0));
  EXPECT_NE(a, nullptr);
  EXPECT_NE(a, b);
  free(a);
  free(b);
  void* c = calloc(Opaque(0), 8);
  EXPECT_NE(c, nullptr);
  free(c);
  free(pvalloc(Opaque(0)));
}

TEST_F(MallocFamily, CallocGivesZeroesAlsoWhereThereWasSomethingElse) {
  for (const size_t interval : {0, 1}) {
    const ScopedInterval scoped(interval);
    for (const size_t size : {24, 1000, 40000}) {
      void* dirty = malloc(size);
      std::memset(dirty, 0xFF, size);
      free(dirty);
      auto* clean = static_cast<unsigned char*>(calloc(size / 8, 8));
      for (size_t i = 0; i < size; ++i) ASSERT_EQ(clean[i], 0);
      free(clean);
    }
  }
}

// Each requests more than the maximum.
void* (*const kImpossible[])() = {
    [] { return malloc(Opaque(kTooMuch)); },
    [] { return malloc(Opaque(SIZE_MAX)); },
    [] { return calloc(Opaque(kTooMuch), 1); },
    [] { return calloc(Opaque(SIZE_MAX / 4), 8); },
    [] { return realloc(nullptr, Opaque(kTooMuch)); },
    [] { return reallocarray(nullptr, Opaque(SIZE_MAX / 4), 8); },
    [] { return memalign(64, Opaque(kTooMuch)); },
    [] { return aligned_alloc(64, Opaque(kTooMuch)); },
    [] { return valloc(Opaque(kTooMuch)); },
    [] { return operator new(Opaque(kTooMuch), std::nothrow); },
    [] { return operator new[](Opaque(kTooMuch), k64, std::nothrow); },
};

TEST_F(MallocFamily, TooMuchIsNullAndENOMEMAndNotCounted) {
  for (const size_t interval : {0, 1}) {
    const ScopedInterval scoped(interval);
    for (size_t i = 0; i < std::size(kImpossible); ++i) {
      errno = 0;
      const uint64_t samples = signal_safe::heap_sampler.samples;
      void* block = kImpossible[i]();
      const int error = errno;
      const uint64_t samples_after = signal_safe::heap_sampler.samples;
      EXPECT_EQ(block, nullptr) << i;
      EXPECT_EQ(error, ENOMEM) << i;
      EXPECT_EQ(samples_after, samples) << i;
    }
    void* block = nullptr;
    EXPECT_EQ(posix_memalign(&block, 64, Opaque(kTooMuch)), ENOMEM);
    block = malloc(Opaque(400));
    EXPECT_EQ(IsSampled(block), interval == 1) << "the sampling stopped";
    free(block);
  }
}

TEST_F(MallocFamily, PosixMemalignRefusesAlignmentsThatAreNone) {
  void* block = nullptr;
  EXPECT_EQ(posix_memalign(&block, Opaque(3), 100), EINVAL);
  EXPECT_EQ(posix_memalign(&block, Opaque(4), 100), EINVAL);
  EXPECT_EQ(posix_memalign(&block, Opaque(24), 100), EINVAL);
}

int handler_calls = 0;

class CountingNewHandler {
 public:
  CountingNewHandler() {
    handler_calls = 0;
    before_ = std::set_new_handler([] {
      operator delete(operator new(400));  // a handler may allocate
      if (++handler_calls == 2) throw std::bad_alloc();
    });
  }
  ~CountingNewHandler() { std::set_new_handler(before_); }

 private:
  std::new_handler before_;
};

TEST_F(MallocFamily, NewAsksItsHandlerAndThrows) {
  for (const size_t interval : {0, 1}) {
    const ScopedInterval scoped(interval);
    const CountingNewHandler handler;
    EXPECT_THROW(operator delete(operator new(Opaque(kTooMuch))), std::bad_alloc);
    EXPECT_EQ(handler_calls, 2);
    handler_calls = 0;
    EXPECT_THROW(operator delete[](operator new[](Opaque(kTooMuch), k64), k64), std::bad_alloc);
    EXPECT_EQ(handler_calls, 2);
    handler_calls = 0;
    EXPECT_EQ(operator new(Opaque(kTooMuch), std::nothrow), nullptr);
    EXPECT_EQ(handler_calls, 2);
  }
}

TEST_F(MallocFamily, MallocDoesNotAskTheNewHandler) {
  const CountingNewHandler handler;
  EXPECT_EQ(malloc(Opaque(kTooMuch)), nullptr);
  EXPECT_EQ(handler_calls, 0);
}

TEST_F(MallocFamily, NewWithoutHandlerThrows) {
  EXPECT_THROW(operator delete(operator new(Opaque(kTooMuch))), std::bad_alloc);
}

}  // namespace
}  // namespace pprof
