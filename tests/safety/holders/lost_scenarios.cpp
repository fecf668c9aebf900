// Memory that nothing holds any more.
#include <dlfcn.h>
#include <pprof/labels.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <thread>
#include <vector>

#include "scenarios.h"

namespace pprof::holders_test {
namespace {

using Verdict = Expectation::Verdict;

constexpr int kMany = 300;

struct Node {
  Node* next;
  Node* previous;
  char data[100];
};

// Many small ones: an old word that points to a list or a ring holds all behind it.
constexpr int kNodes = 5;

void LostLists(std::mt19937&) {
  for (int list = 0; list < kMany / kNodes; ++list) {
    Node* head = nullptr;
    for (int i = 0; i < kNodes; ++i) head = new Node{head, nullptr, {}};
    __asm__ volatile("" ::"r"(head));
  }
}

void LostRings(std::mt19937&) {
  for (int ring = 0; ring < kMany / kNodes; ++ring) {
    auto* first = new Node{};
    Node* last = first;
    for (int i = 1; i < kNodes; ++i) {
      last->next = new Node{nullptr, last, {}};
      last = last->next;
    }
    last->next = first;
    first->previous = last;
    __asm__ volatile("" ::"r"(last));
  }
}

void SharedCycle(std::mt19937&) {
  struct Member {
    std::shared_ptr<Member> other;
    char rest[80];
  };
  for (int i = 0; i < kMany; ++i) {
    auto one = std::make_shared<Member>();
    auto two = std::make_shared<Member>();
    one->other = two;
    two->other = one;
  }
}

// Each lost block lies behind a vector that fills its size class, so that the vector's end points
// to it.
std::vector<std::vector<uint64_t>> neighbours;
void BehindVectors(std::mt19937&) {
  constexpr size_t kWords = 28;  // 224 bytes, a class of tcmalloc
  neighbours.reserve(kMany);
  for (int i = 0; i < kMany; ++i) {
    {
      const ScopedLabels others(LabelSet{{"scenario", "vectors"}});
      neighbours.emplace_back(kWords, uint64_t{9});
    }
    Node** lost = reinterpret_cast<Node**>(Buffer(kWords * sizeof(uint64_t)));
    __asm__ volatile("" ::"r"(lost));
  }
}

thread_local char* of_ended_thread[kMany];
void EndedThread(std::mt19937&) {
  const auto fill = [] {
    for (char*& pointer : of_ended_thread) pointer = Buffer(160);
  };
  std::thread(fill).join();
}

void ClosedModule(std::mt19937&) {
  void* module = dlopen(PPROF_TEST_HOLDING_MODULE, RTLD_NOW);
  if (module == nullptr) {
    std::fprintf(stderr, "%s\n", dlerror());
    std::abort();
  }
  auto** slots = static_cast<void**>(dlsym(module, "pprof_test_slots"));
  for (int i = 0; i < 100; ++i) slots[i] = Buffer(190);
  dlclose(module);
}

std::vector<std::unique_ptr<char[]>>* dropped;
void DroppedOwner(std::mt19937&) {
  dropped = new std::vector<std::unique_ptr<char[]>>;
  for (int i = 0; i < kMany; ++i) dropped->emplace_back(Buffer(210));
  dropped = nullptr;
}

}  // namespace

std::vector<Scenario> LostScenarios() {
  return {
      {{"lost lists", Verdict::kLost, ""}, LostLists},
      {{"lost rings", Verdict::kLost, ""}, LostRings},
      {{"shared_ptr cycle", Verdict::kLost, ""}, SharedCycle},
      {{"vectors", Verdict::kHeld, "::neighbours"}, [](std::mt19937&) {}},
      {{"behind full vectors", Verdict::kLost, ""}, BehindVectors},
      {{"thread_local of an ended thread", Verdict::kLost, "control block of thread"}, EndedThread},
      {{"closed module", Verdict::kLost, "_dlfo_|_rtld_"}, ClosedModule},
      {{"dropped owner", Verdict::kLost, ""}, DroppedOwner}};
}

}  // namespace pprof::holders_test
