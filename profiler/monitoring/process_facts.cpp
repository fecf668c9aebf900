#include "profiler/monitoring/process_facts.h"

#include "profiler/encode/text_quote.h"
#include "profiler/sys/process/process.h"
#include "profiler/sys/thread/own_descriptors.h"
#include "profiler/sys/thread/tasks.h"

namespace pprof::monitoring {

ProcessFacts ReadProcessFacts() {
  const size_t threads = sys::CountTasks();  // without the one that reads the rest
  return sys::WithOwnDescriptors([threads] {
    ProcessFacts facts;
    facts.id = sys::ProcessId();
    facts.program = encode::OneLine(sys::ProgramName());
    facts.start_boot_nanos = sys::ProcessStartBootNanos();
    facts.usage = sys::ProcessUsageReader().Read();
    if (threads > 0) facts.usage.threads = static_cast<int64_t>(threads);
    facts.limit = sys::ReadMemoryLimit();
    return facts;
  });
}

}  // namespace pprof::monitoring
