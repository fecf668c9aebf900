// Writes profiles of this program's own stacks into a folder, for the tools to read.
#include <execinfo.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "pprof/pprof.h"
#include "profiler/model/snapshot_access.h"

namespace {

struct Stack {
  uintptr_t pcs[64];
  size_t depth = 0;
};

Stack g_stack;  // the last one taken

[[gnu::noinline]] void TakeStack() {
  void* pcs[64];
  const int depth = backtrace(pcs, 64);
  g_stack.depth = 0;
  for (int i = 1; i < depth; ++i) {
    g_stack.pcs[g_stack.depth++] = reinterpret_cast<uintptr_t>(pcs[i]);
  }
}

// Prevents tail calls, so that callers stay on the stack.
template <class F>
void NotLast(F&& f) {
  f();
  asm volatile("" ::: "memory");
}

}  // namespace

namespace demo {

template <class K>
struct ContextMap {
  // Always inlined into its caller: a separate line in the same location.
  [[gnu::always_inline]] inline void Insert(K) {
    TakeStack();
    asm volatile("" ::: "memory");
  }
  [[gnu::noinline]] void Set(K key) {
    Insert(key);
    asm volatile("" ::: "memory");
  }
};

[[gnu::noinline]] void LeakyHandler() {
  ContextMap<int> map;
  NotLast([&] { map.Set(1); });
}

namespace {
[[gnu::noinline]] void Hidden() {
  TakeStack();
  asm volatile("" ::: "memory");
}
}  // namespace

[[gnu::noinline]] void ModestHandler() {
  Hidden();
  asm volatile("" ::: "memory");
}

}  // namespace demo

namespace {

using pprof::ValueType;
constexpr auto kCurrent = ValueType::Delta::kAtEnd;

const std::vector<ValueType> kHeap = {{"alloc_objects", "count"},
                                      {"alloc_space", "bytes"},
                                      {"inuse_objects", "count", kCurrent},
                                      {"inuse_space", "bytes", kCurrent}};

pprof::StackView View() { return {g_stack.pcs, g_stack.depth}; }

void AddHeapSamples(pprof::SnapshotBuilder& builder, int64_t scale) {
  demo::LeakyHandler();
  builder.Add(View(), {100 * scale, 1000 * scale, 80 * scale, 800 * scale});
  demo::ModestHandler();
  builder.Add(View(), {50 * scale, 500 * scale, 20 * scale, 200 * scale},
              {{"bytes", "", 10, "bytes"}, {"worker", "w1", 0, ""}});
  builder.AddNamed("pprof::LostSamples", {1 * scale, 10 * scale, 0, 0});
}

pprof::ProfileType TypeOf(const char* name, pprof::TextForm form,
                          const std::vector<ValueType>& values) {
  pprof::ProfileType type;
  type.name = name;
  type.values = values;
  type.text_form = form;
  return type;
}

pprof::Snapshot Heap(int64_t scale) {
  pprof::SnapshotBuilder builder(TypeOf("heap", pprof::TextForm::kHeap, kHeap), {});
  builder.SetPeriod("space", "bytes", 524288);
  builder.AddComment("made by a test");
  AddHeapSamples(builder, scale);
  return pprof::model::SnapshotAccess::Finish(builder);
}

pprof::Snapshot OneForm(const char* name, pprof::TextForm form,
                        const std::vector<ValueType>& values) {
  pprof::SnapshotBuilder builder(TypeOf(name, form, values), {});
  builder.SetPeriod(values[0].type, values[0].unit, 1);
  std::vector<int64_t> numbers(values.size());
  demo::LeakyHandler();
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = i == 0 ? 8 : 8'000'000;
  builder.Add(View(), numbers);
  demo::ModestHandler();
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = i == 0 ? 2 : 2'000'000;
  builder.Add(View(), numbers);
  return pprof::model::SnapshotAccess::Finish(builder);
}

bool Save(const pprof::Snapshot& snapshot, const std::string& path, pprof::Format format) {
  std::ofstream file(path, std::ios::binary);
  const pprof::Status status = snapshot.Symbolize().WriteTo(file, format);
  if (!status.ok()) std::fprintf(stderr, "%s: %s\n", path.c_str(), status.message().c_str());
  return status.ok();
}

bool SaveBoth(const pprof::Snapshot& snapshot, const std::string& path) {
  return Save(snapshot, path + ".pb.gz", pprof::Format::kProto) &&
         Save(snapshot, path + ".txt", pprof::Format::kText);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string folder = std::string(argv[1]) + "/";
  std::vector<pprof::Snapshot> heaps;  // from one call site, so that their stacks are equal
  for (const int64_t scale : {1, 3}) heaps.push_back(Heap(scale));
  const pprof::Snapshot& heap = heaps[0];
  const pprof::Snapshot& later = heaps[1];
  const pprof::Result<pprof::Snapshot> delta = later.Since(heap);
  const std::vector<ValueType> waits = {{"contentions", "count"}, {"delay", "nanoseconds"}};
  using pprof::TextForm;
  const bool good = SaveBoth(heap, folder + "heap") && SaveBoth(later, folder + "later") &&
                    delta.ok() &&
                    Save(delta.value(), folder + "delta.pb.gz", pprof::Format::kProto) &&
                    SaveBoth(OneForm("goroutine", TextForm::kCount, {{"goroutine", "count"}}),
                             folder + "goroutine") &&
                    SaveBoth(OneForm("block", TextForm::kContention, waits), folder + "block") &&
                    SaveBoth(OneForm("mutex", TextForm::kContention, waits), folder + "mutex");
  return good ? 0 : 1;
}
