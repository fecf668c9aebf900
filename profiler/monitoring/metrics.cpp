#include "profiler/monitoring/metrics.h"

#include <atomic>
#include <limits>

#include "pprof/recording.h"
#include "pprof/version.h"
#include "profiler/encode/text_quote.h"
#include "profiler/monitoring/process_facts.h"
#include "profiler/profiles/heap/allocator_stats.h"
#include "profiler/signal_safe/contention/contention_sampler.h"
#include "profiler/signal_safe/heap/heap_sampler.h"
#include "profiler/signal_safe/tables/sample_ring.h"
#include "profiler/sys/process/per_process.h"
#include "profiler/sys/process/process_usage.h"
#include "profiler/sys/time/clock.h"

namespace pprof::monitoring {
namespace {

using signal_safe::contention;
using signal_safe::heap_sampler;
using signal_safe::pool_sampler;
using sys::ProcessUsage;
using Type = Metric::Type;
using Values = std::vector<Metric::Value>;

constexpr double kNanos = 1e9;

double NumberOf(const std::atomic<uint64_t>& counter) {
  return static_cast<double>(counter.load(std::memory_order_relaxed));
}

void AddGauge(const char* name, const char* help, int64_t value, std::vector<Metric>* metrics) {
  if (value == ProcessUsage::kUnknown) return;
  metrics->push_back({name, help, Type::kGauge, {{{}, static_cast<double>(value)}}});
}

// The same for the life of a process, though the wall clock is set: otherwise it would look like
// another process. In nanoseconds; 0: not read yet.
sys::PerProcess<std::atomic<int64_t>> start_of_process;

int64_t StartNanos(int64_t start_boot_nanos) {
  std::atomic<int64_t>& kept = start_of_process.Get();
  const int64_t fresh =
      sys::WallNanos() - static_cast<int64_t>(sys::BootNanos()) + start_boot_nanos;
  int64_t start = 0;
  return kept.compare_exchange_strong(start, fresh) ? fresh : start;
}

void AddProcess(const ProcessUsage& usage, std::vector<Metric>* metrics) {
  if (usage.cpu_nanos != ProcessUsage::kUnknown) {
    metrics->push_back({"process_cpu_seconds_total",
                        "Total user and system CPU time spent in seconds.",
                        Type::kCounter,
                        {{{}, static_cast<double>(usage.cpu_nanos) / kNanos}}});
  }
  AddGauge("process_open_fds", "Number of open file descriptors.", usage.open_files, metrics);
  AddGauge("process_max_fds", "Maximum number of open file descriptors.", sys::MostOpenFiles(),
           metrics);
  AddGauge("process_threads", "Number of threads of the process.", usage.threads, metrics);
  AddGauge("process_resident_memory_bytes", "Resident memory size in bytes.", usage.resident_bytes,
           metrics);
  AddGauge("process_virtual_memory_bytes", "Virtual memory size in bytes.", usage.virtual_bytes,
           metrics);
  // Without a limit the client libraries say what the kernel does: the largest number.
  const int64_t most = sys::MostVirtualBytes();
  const double most_virtual = most == ProcessUsage::kUnknown
                                  ? static_cast<double>(std::numeric_limits<uint64_t>::max())
                                  : static_cast<double>(most);
  metrics->push_back({"process_virtual_memory_max_bytes",
                      "Maximum amount of virtual memory available in bytes.",
                      Type::kGauge,
                      {{{}, most_virtual}}});
}

void AddAllocator(std::vector<Metric>* metrics) {
  for (const profiles::AllocatorProperty& property : profiles::ReadAllocatorProperties()) {
    AddGauge(property.metric, property.help, static_cast<int64_t>(property.bytes), metrics);
  }
}

void AddSamples(std::vector<Metric>* metrics) {
  metrics->push_back(
      {"pprof_cpp_samples_total",
       "Samples taken. Those of cpu include a record at the end of each thread.",
       Type::kCounter,
       {{{{"profile", "heap"}}, NumberOf(heap_sampler.samples)},
        {{{"profile", "pools"}}, NumberOf(pool_sampler.samples)},
        {{{"profile", "cpu"}}, static_cast<double>(signal_safe::sample_ring.taken())}}});
  metrics->push_back(
      {"pprof_cpp_lost_samples_total",
       "Samples, waits and live blocks that the profiles lack, by cause.",
       Type::kCounter,
       {{{{"profile", "heap"}, {"cause", "reentered"}}, NumberOf(heap_sampler.lost_samples)},
        {{{"profile", "heap"}, {"cause", "table_full"}}, NumberOf(heap_sampler.untracked_samples)},
        {{{"profile", "pools"}, {"cause", "table_full"}}, NumberOf(pool_sampler.untracked_samples)},
        {{{"profile", "cpu"}, {"cause", "ring_full"}},
         static_cast<double>(signal_safe::sample_ring.lost())},
        {{{"profile", "block"}, {"cause", "reentered"}}, NumberOf(contention.lost_events)},
        {{{"profile", "mutex"}, {"cause", "table_full"}}, NumberOf(contention.lost_waits)}}});
}

std::string AllocatorName() {
  if (profiles::TcmallocServes()) return "tcmalloc";
  const char* kept = heap_sampler.allocator.load(std::memory_order_relaxed);
  return kept == nullptr ? "other" : encode::OneLine(kept);
}

void AddProfiler(const ProcessFacts& facts, std::vector<Metric>* metrics) {
  AddSamples(metrics);
  metrics->push_back({"pprof_cpp_captures_total",
                      "Captures that pprof::Watch took.",
                      Type::kCounter,
                      {{{}, NumberOf(captures_taken)}}});
  AddGauge("pprof_cpp_recordings", "Recordings that run now.", Recording::Running(), metrics);
  if (!facts.limit.source.empty()) {
    const std::vector<std::pair<std::string, std::string>> source = {
        {"source", facts.limit.source}};
    metrics->push_back({"pprof_cpp_memory_limit_bytes",
                        "The least of the memory limits of the cgroups and of the machine.",
                        Type::kGauge,
                        {{source, static_cast<double>(facts.limit.bytes)}}});
    metrics->push_back({"pprof_cpp_memory_limit_used_bytes",
                        "What is used of that limit, by all whom it is for, without file caches.",
                        Type::kGauge,
                        {{source, static_cast<double>(facts.limit.used)}}});
  }
  metrics->push_back(
      {"pprof_cpp_build_info",
       "Always 1. The labels say what is built in.",
       Type::kGauge,
       {{{{"version", PPROF_CPP_VERSION_TEXT}, {"allocator", AllocatorName()}}, 1}}});
}

}  // namespace

std::vector<Metric> ReadMetrics() {
  const ProcessFacts facts = ReadProcessFacts();
  std::vector<Metric> metrics;
  AddProcess(facts.usage, &metrics);
  if (facts.start_boot_nanos != ProcessUsage::kUnknown) {
    const auto start = static_cast<double>(StartNanos(facts.start_boot_nanos)) / kNanos;
    metrics.push_back({"process_start_time_seconds",
                       "Start time of the process since unix epoch in seconds.",
                       Type::kGauge,
                       {{{}, start}}});
  }
  if (profiles::TcmallocServes()) AddAllocator(&metrics);
  AddProfiler(facts, &metrics);
  return metrics;
}

}  // namespace pprof::monitoring
