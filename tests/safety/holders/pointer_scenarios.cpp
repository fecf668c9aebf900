// Pointers that are not plain ones to the start of a block.
#include <sys/mman.h>

#include <cstddef>
#include <cstring>
#include <memory>
#include <vector>

#include "scenarios.h"

namespace pprof::holders_test {
namespace {

using Verdict = Expectation::Verdict;

constexpr int kMany = 300;

uintptr_t AddressOf(const void* block) { return reinterpret_cast<uintptr_t>(block); }

uintptr_t xored[kMany];
void Xored(std::mt19937&) {
  for (uintptr_t& word : xored) word = AddressOf(Buffer(120)) ^ 0x5a5a5a5a5a5a5a5aU;
}

uintptr_t tagged_low[kMany];
void TaggedLow(std::mt19937& random) {
  for (uintptr_t& word : tagged_low) word = AddressOf(Buffer(120)) | (1 + random() % 7);
}

uintptr_t tagged_high[kMany];
void TaggedHigh(std::mt19937& random) {
  for (uintptr_t& word : tagged_high) {
    word = AddressOf(Buffer(120)) | (uintptr_t{1 + random() % 65535} << 48);
  }
}

uint32_t compressed[kMany];
void Compressed(std::mt19937&) {
  for (uint32_t& word : compressed) word = static_cast<uint32_t>(AddressOf(Buffer(120)) >> 3);
}

struct __attribute__((packed)) Packed {
  char before;
  void* pointer;
};
Packed packed[kMany];
void Misaligned(std::mt19937&) {
  for (int i = 0; i < kMany; i += 8) packed[i + 3].pointer = Buffer(130);
}

// The mapping itself has no pointer to it.
void InMapping(std::mt19937&) {
  auto** words = static_cast<void**>(
      mmap(nullptr, size_t{1} << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  for (int i = 0; i < kMany; ++i) words[i] = Buffer(140);
}

std::vector<char*> interior;
void Interior(std::mt19937& random) {
  for (int i = 0; i < kMany; ++i) interior.push_back(Buffer(500) + 8 + random() % 490);
}

struct First {
  virtual ~First() = default;
  int number = 1;
};
struct Second {
  virtual ~Second() = default;
  int number = 2;
};
struct Both : First, Second {
  char rest[64];
};
std::vector<Second*> second_bases;
void SecondBase(std::mt19937&) {
  for (int i = 0; i < kMany; ++i) second_bases.push_back(new Both);
}

struct Hook {
  Hook* next;
  Hook* previous;
};
struct Item {
  char before[64];
  Hook hook;
  char after[40];
};
Hook intrusive_list = {&intrusive_list, &intrusive_list};
void IntrusiveList(std::mt19937&) {
  for (int i = 0; i < kMany; ++i) {
    auto* item = new Item{};
    item->hook = {&intrusive_list, intrusive_list.previous};
    intrusive_list.previous->next = &item->hook;
    intrusive_list.previous = &item->hook;
  }
}

// A tree as boost::intrusive makes it: hooks in the items, the colour in the parent pointer.
struct TreeHook {
  uintptr_t parent_and_color;
  TreeHook* left;
  TreeHook* right;
};
struct TreeItem {
  uint64_t key;
  TreeHook hook;
  char rest[50];
};
TreeHook* intrusive_tree;
void IntrusiveTree(std::mt19937& random) {
  for (int i = 0; i < kMany; ++i) {
    auto* item = new TreeItem{random(), {}, {}};
    TreeHook** at = &intrusive_tree;
    uintptr_t parent = 0;
    while (*at != nullptr) {
      parent = AddressOf(*at);
      const auto* other = reinterpret_cast<const TreeItem*>(parent - offsetof(TreeItem, hook));
      at = item->key < other->key ? &(*at)->left : &(*at)->right;
    }
    item->hook.parent_and_color = parent | (parent == 0 ? 0 : 1);
    *at = &item->hook;
  }
}

// A program's own allocator within one block: the block is what is held.
char* volatile arena;
void Arena(std::mt19937&) {
  arena = Buffer(size_t{1} << 20);
  char* last = nullptr;
  for (size_t at = 0; at + 256 < (size_t{1} << 20); at += 256) {
    std::memcpy(const_cast<char*>(arena) + at, &last, sizeof last);
    last = arena + at;
  }
}

struct Plugin {
  const char* name;
  void* state;
};
Plugin plugins[] = {{"one", nullptr}, {"two", nullptr}};
void TableOfStructs(std::mt19937&) {
  for (Plugin& plugin : plugins) plugin.state = Buffer(2000);
}

__attribute__((noinline)) std::vector<std::unique_ptr<char[]>>& Local() {
  static std::vector<std::unique_ptr<char[]>> local_static;
  return local_static;
}
void LocalStatic(std::mt19937&) {
  for (int i = 0; i < kMany; ++i) Local().emplace_back(Buffer(110));
}

}  // namespace

std::vector<Scenario> PointerScenarios() {
  constexpr Verdict kHeld = Verdict::kHeld;
  return {{{"XOR", Verdict::kLost, ""}, Xored},
          {{"low tag", Verdict::kTagged, "::tagged_low"}, TaggedLow},
          {{"high tag", Verdict::kWeak, "::tagged_high"}, TaggedHigh},
          {{"compressed", Verdict::kLost, ""}, Compressed},
          {{"misaligned", Verdict::kLost, ""}, Misaligned},
          {{"mapped memory", kHeld, "memory mapped at"}, InMapping},
          {{"interior", kHeld, "::interior"}, Interior},
          {{"second base", kHeld, "::second_bases"}, SecondBase},
          {{"intrusive list", kHeld, "::intrusive_list"}, IntrusiveList},
          {{"intrusive tree", kHeld, "::intrusive_tree"}, IntrusiveTree},
          {{"arena in a block", kHeld, "::arena"}, Arena},
          {{"table of structs", kHeld, "::plugins"}, TableOfStructs},
          {{"static in a function", kHeld, "Local()::local_static"}, LocalStatic}};
}

}  // namespace pprof::holders_test
