// Accuracy of the estimates: sites of one size each, from 16 bytes to 3 MiB, and sites of mixed
// sizes in one stack, where averaging would be wrong by up to 1000 times.
#include <cmath>
#include <functional>
#include <memory>
#include <random>
#include <vector>

#include "tests/safety/heap/deadline.h"
#include "tests/unit/signal_safe/heap_test_support.h"

namespace pprof {
namespace {

constexpr uint64_t kInterval = 512 * 1024;

// A distinct call site for each number.
template <int kSite>
__attribute__((noinline)) void* Allocate(size_t size) {
  void* block = malloc(size);
  asm volatile("" : : "i"(kSite), "r"(block) : "memory");
  return block;
}

struct Four {
  double alloc_objects = 0, alloc_bytes = 0, inuse_objects = 0, inuse_bytes = 0;
};

using Field = double Four::*;
const struct {
  const char* name;
  Field field;
} kFields[] = {{"alloc_objects", &Four::alloc_objects},
               {"alloc_bytes", &Four::alloc_bytes},
               {"inuse_objects", &Four::inuse_objects},
               {"inuse_bytes", &Four::inuse_bytes}};

struct Site {
  const char* name;
  void* (*allocate)(size_t);
  std::function<size_t(std::mt19937_64&)> next_size;
};

std::function<size_t(std::mt19937_64&)> Always(size_t size) {
  return [size](std::mt19937_64&) { return size; };
}

size_t LogUniform(std::mt19937_64& random) {  // 16 .. 4096
  return static_cast<size_t>(16 * std::exp2(std::uniform_real_distribution<>(0, 8)(random)));
}

size_t SmallAndRarelyLarge(std::mt19937_64& random) {
  return random() % 1000 == 0 ? 256 * 1024 : 24;
}

const std::vector<Site>& Sites() {
  static const auto& sites = *new std::vector<Site>{
      {"16 B", Allocate<0>, Always(16)},
      {"17 B", Allocate<1>, Always(17)},
      {"100 B", Allocate<2>, Always(100)},
      {"1000 B", Allocate<3>, Always(1000)},
      {"40 kB", Allocate<4>, Always(40000)},
      {"600 kB", Allocate<5>, Always(600000)},
      {"3 MiB", Allocate<6>, Always(3 << 20)},
      {"log-uniform 16..4096 B", Allocate<7>, LogUniform},
      {"99.9 % 24 B, 0.1 % 256 KiB", Allocate<8>, SmallAndRarelyLarge},
  };
  return sites;
}

// The return address of the site's call of malloc.
uintptr_t ReturnAddressOf(const Site& site) {
  const ScopedInterval all(1);
  void* block = site.allocate(1000);
  const uintptr_t pc = RecordOf(block)->stack->pcs()[0];
  free(block);
  return pc;
}

Four ReadEstimates(uintptr_t pc) {
  Four sum;
  for (const profiles::HeapUse& stack : profiles::ReadHeap().Uses()) {
    if (stack.stack->depth == 0 || stack.stack->pcs()[0] != pc) continue;
    sum.alloc_objects += static_cast<double>(stack.allocated_objects);
    sum.alloc_bytes += static_cast<double>(stack.allocated_bytes);
    sum.inuse_objects += static_cast<double>(stack.in_use_objects);
    sum.inuse_bytes += static_cast<double>(stack.in_use_bytes);
  }
  return sum;
}

// Estimates minus truth, and their variance under Poisson sampling: an object hit with probability
// p contributes (1/p - 1) times the square of its value.
struct Deviation {
  Four truth, error, variance;
};

void AddObject(double value_of_bytes, double factor, bool kept, Four* four) {
  four->alloc_objects += factor;
  four->alloc_bytes += factor * value_of_bytes;
  if (!kept) return;
  four->inuse_objects += factor;
  four->inuse_bytes += factor * value_of_bytes;
}

Deviation RunOnce(const Site& site, uintptr_t pc, uint64_t seed, size_t bytes) {
  const ScopedInterval scoped(kInterval);
  signal_safe::thread_state.random_state = seed * 0x9E3779B97F4A7C15 | 1;  // the same in every run
  signal_safe::thread_state.bytes_left = 0;
  signal_safe::thread_state.sample_at_zero = false;
  Deviation deviation;
  const Four before = ReadEstimates(pc);
  std::mt19937_64 random(seed);
  std::vector<void*> kept;
  for (size_t done = 0; done < bytes;) {
    const size_t size = site.next_size(random);
    void* block = site.allocate(size);
    const bool keep = random() % 4 == 0;
    if (keep) {
      kept.push_back(block);
    } else {
      free(block);
    }
    const auto value = static_cast<double>(size);
    AddObject(value, 1, keep, &deviation.truth);
    AddObject(value * value, 1 / -std::expm1(-value / kInterval) - 1, keep, &deviation.variance);
    done += size;
  }
  const Four after = ReadEstimates(pc);
  for (void* block : kept) free(block);
  for (const auto& [name, field] : kFields) {
    deviation.error.*field = after.*field - before.*field - deviation.truth.*field;
  }
  return deviation;
}

class AccuracyTest : public HeapTest {};

TEST_F(AccuracyTest, EveryEstimateIsWithinFourStandardErrorsOfTheTruth) {
  const int seeds = LongTests() ? 40 : 6;
  const size_t bytes = LongTests() ? size_t{256} << 20 : size_t{48} << 20;
  std::printf("%d seeds, %zu MiB a site: estimate / truth, and the error in standard errors\n",
              seeds, bytes >> 20);
  for (const Site& site : Sites()) {
    const uintptr_t pc = ReturnAddressOf(site);
    Deviation sum;
    for (int seed = 1; seed <= seeds; ++seed) {
      const Deviation one = RunOnce(site, pc, static_cast<uint64_t>(seed), bytes);
      for (const auto& [name, field] : kFields) {
        sum.truth.*field += one.truth.*field;
        sum.error.*field += one.error.*field;
        sum.variance.*field += one.variance.*field;
      }
    }
    std::printf("%-28s", site.name);
    for (const auto& [name, field] : kFields) {
      // Rounding to whole objects and bytes is at most 1 per stack and reading.
      const double error = std::max(0.0, std::fabs(sum.error.*field) - 2 * seeds);
      const double standard_error = std::sqrt(sum.variance.*field);
      EXPECT_LE(error, 4 * standard_error) << site.name << " " << name;
      std::printf("  %.4f (%+.2f)", 1 + sum.error.*field / (sum.truth.*field),
                  standard_error == 0 ? 0 : sum.error.*field / standard_error);
    }
    std::printf("\n");
  }
}

}  // namespace
}  // namespace pprof
