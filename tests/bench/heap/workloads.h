// Workloads of the malloc benchmarks, over any allocator: pairs, new and delete, a ring of live
// blocks, and a map of strings. Each runs `count` operations (one operation: one allocation and one
// free; for the map: one key built and looked up, then inserted, erased or assigned another value).
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <string>
#include <unordered_map>
#include <utility>

namespace pprof::bench {

// Prevents the compiler from dropping an allocation.
inline void Use(void* block) { asm volatile("" : : "g"(block) : "memory"); }

// 16 to 4096 bytes, the same sequence for all.
struct Sizes {
  uint32_t state = 12345;
  uint32_t NextRandom() {
    state = state * 1664525 + 1013904223;
    return state >> 8;
  }
  size_t Next() {
    NextRandom();
    return size_t{16} << (state >> 29) | (state >> 20 & 15);
  }
};

struct Malloc {
  static void* Allocate(size_t size) { return malloc(size); }
  static void Free(void* block) { free(block); }
};

struct New {
  static void* Allocate(size_t size) { return operator new(size); }
  static void Free(void* block) { operator delete(block); }
};

template <class Heap>
__attribute__((noinline)) void Pairs(int64_t count) {
  Sizes sizes;
  for (int64_t i = 0; i < count; ++i) {
    void* block = Heap::Allocate(sizes.Next());
    Use(block);
    Heap::Free(block);
  }
}

template <class Heap>
__attribute__((noinline)) void Ring(int64_t count) {
  constexpr size_t kLive = 1024;
  static void* ring[kLive];
  Sizes sizes;
  for (int64_t i = 0; i < count; ++i) {
    void*& place = ring[static_cast<size_t>(i) % kLive];
    Heap::Free(place);
    place = Heap::Allocate(sizes.Next());
    Use(place);
  }
  for (void*& block : ring) {
    Heap::Free(block);
    block = nullptr;
  }
}

// An allocator for containers over `Heap`.
template <class T, class Heap>
struct ContainerAllocator {
  using value_type = T;
  ContainerAllocator() = default;
  template <class U>
  ContainerAllocator(const ContainerAllocator<U, Heap>&) {}
  T* allocate(size_t count) { return static_cast<T*>(Heap::Allocate(count * sizeof(T))); }
  void deallocate(T* block, size_t) { Heap::Free(block); }
  bool operator==(const ContainerAllocator&) const { return true; }
  bool operator!=(const ContainerAllocator&) const { return false; }
};

template <class Heap>
__attribute__((noinline)) void StringMap(int64_t count) {
  using String = std::basic_string<char, std::char_traits<char>, ContainerAllocator<char, Heap>>;
  struct Hash {
    size_t operator()(const String& key) const {
      return std::_Hash_bytes(key.data(), key.size(), 0xc70f6907);
    }
  };
  using Map = std::unordered_map<String, String, Hash, std::equal_to<String>,
                                 ContainerAllocator<std::pair<const String, String>, Heap>>;
  // kept across calls, like a server's map; about half of the keys are present
  static auto& map = *new Map;
  constexpr uint32_t kKeys = 2000;
  Sizes random;
  for (int64_t i = 0; i < count; ++i) {
    const uint32_t number = random.NextRandom() % kKeys;
    char digits[16];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    String key("user/");
    key.append(digits, static_cast<size_t>(end - digits)).append("/session/profile");
    const auto found = map.find(key);
    if (found == map.end()) {
      map.emplace(std::move(key), String(20 + random.NextRandom() % 60, 'v'));
    } else if (number % 2 == 0) {
      map.erase(found);
    } else {
      found->second = String(20 + random.NextRandom() % 60, 'w');
    }
  }
}

}  // namespace pprof::bench
