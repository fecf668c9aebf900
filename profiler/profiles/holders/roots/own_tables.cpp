#include "profiler/profiles/holders/roots/program_roots.h"
#include "profiler/signal_safe/contention/contention_sampler.h"
#include "profiler/signal_safe/heap/heap_sampler.h"
#include "profiler/signal_safe/hooks/on_dump_signal.h"
#include "profiler/signal_safe/tables/sample_ring.h"
#include "profiler/signal_safe/tables/thread_registry.h"
#include "profiler/sys/memory/pages.h"

namespace pprof::profiles::holders {
namespace {

template <class T>
void Add(const T& table, Ranges* tables) {
  const auto begin = reinterpret_cast<uintptr_t>(&table);
  tables->push_back({begin, begin + sizeof table});
}

}  // namespace

Ranges OwnTables() {
  Ranges tables;
  Add(signal_safe::heap_sampler, &tables);
  Add(signal_safe::pool_sampler, &tables);
  Add(signal_safe::contention, &tables);
  Add(signal_safe::dump_slots, &tables);
  Add(signal_safe::sample_ring, &tables);
  Add(signal_safe::thread_registry, &tables);
  Add(sys::mapped_pages, &tables);
  sys::ForEachMappedPages([&](uintptr_t begin, size_t bytes) {
    tables.push_back({begin, begin + bytes});
  });
  return tables;
}

}  // namespace pprof::profiles::holders
