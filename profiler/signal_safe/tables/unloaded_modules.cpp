#include "profiler/signal_safe/tables/unloaded_modules.h"

#include <cstring>

#include "profiler/signal_safe/tables/stack_table.h"

namespace pprof::signal_safe {

UnloadedModules unloaded_modules;

namespace {

bool SameCode(const sys::LoadedCode& a, const sys::LoadedCode& b) {
  return a.start == b.start && a.limit == b.limit && a.offset == b.offset &&
         std::strcmp(a.build_id, b.build_id) == 0 && std::strcmp(a.path, b.path) == 0;
}

bool Contains(const sys::LoadedCode* codes, size_t count, const sys::LoadedCode& wanted) {
  for (size_t i = 0; i < count; ++i) {
    if (SameCode(codes[i], wanted)) return true;
  }
  return false;
}

bool GoesThrough(const StackNode& stack, const sys::LoadedCode& code) {
  for (uint32_t i = 0; i < stack.depth; ++i) {
    if (stack.pcs()[i] > code.start && stack.pcs()[i] <= code.limit) return true;
  }
  return false;
}

// Calls visit(stack) for the unmarked stacks that go through `code`.
template <class Visit>
void ForEachStackThrough(const sys::LoadedCode& code, Visit visit) {
  StackNodeTable::ForEachOfAllTables([&](StackNode& stack) {
    const bool marked = stack.unloaded_as.load(std::memory_order_relaxed) != 0;
    if (!marked && GoesThrough(stack, code)) visit(stack);
  });
}

}  // namespace

void UnloadedModules::BeforeUnload() {
  if (looking_.exchange(true, std::memory_order_acquire)) return;
  unloaded_before_ = sys::UnloadedCount();
  loaded_count_ = sys::ListLoadedCode(loaded_, kMaxLoaded);
}

void UnloadedModules::AfterUnload() {
  if (!looking_.load(std::memory_order_relaxed)) return;
  if (sys::UnloadedCount() != unloaded_before_) {
    const size_t count = sys::ListLoadedCode(now_, kMaxLoaded);
    for (size_t i = 0; i < loaded_count_; ++i) {
      if (!Contains(now_, count, loaded_[i])) Retire(loaded_[i]);
    }
  }
  looking_.store(false, std::memory_order_release);
}

// Between the unload and this call another module may have been loaded at the address, and its
// stacks be mistaken for the old one's: a window of microseconds.
void UnloadedModules::Retire(const sys::LoadedCode& gone) {
  bool any = false;
  ForEachStackThrough(gone, [&](StackNode&) { any = true; });
  if (!any) return;
  const uint32_t number = NumberOf(gone);
  ForEachStackThrough(
      gone, [&](StackNode& stack) { stack.unloaded_as.store(number, std::memory_order_release); });
}

// A plugin that is reloaded at the same address counts as one module.
uint32_t UnloadedModules::NumberOf(const sys::LoadedCode& gone) {
  const size_t count = size_.load(std::memory_order_relaxed);
  for (size_t i = 0; i < count; ++i) {
    if (SameCode(modules_[i], gone)) return static_cast<uint32_t>(i + 1);
  }
  if (count == kMax) return kForgotten;
  modules_[count] = gone;
  size_.store(count + 1, std::memory_order_release);  // pairs with the acquire in size()
  return static_cast<uint32_t>(count + 1);
}

}  // namespace pprof::signal_safe
