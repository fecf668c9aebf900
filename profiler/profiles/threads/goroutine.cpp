// "goroutine": the stacks of all threads, now. Named like Go's, so that Go's clients find it.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "profiler/labels/label_table.h"
#include "profiler/model/snapshot_access.h"
#include "profiler/profiles/builtin.h"
#include "profiler/profiles/stack_view.h"
#include "profiler/profiles/threads/deadlocks.h"
#include "profiler/profiles/threads/thread_dump.h"
#include "profiler/profiles/threads/wait_reason.h"
#include "profiler/sys/thread/own_descriptors.h"
#include "profiler/sys/thread/tasks.h"
#include "profiler/sys/thread/wait_time.h"

namespace pprof::profiles {
namespace {

// Labels of 10,000 threads take megabytes, and make as many series in a database of profiles. The
// grouped text needs states only; the full one, in which each thread is a sample, has its own
// header.
std::vector<Label> LabelsFor(const ThreadView& thread, const std::string& state, int debug,
                             bool all) {
  if (debug >= 2) return {{"tid", {}, thread.tid, {}}};
  std::vector<Label> labels = labels::LabelsOf(thread.label_set);
  if (debug == 0 && !all) return labels;
  if (debug == 0) {
    labels.push_back({"thread", thread.stat.name, 0, {}});
    labels.push_back({"tid", std::to_string(thread.tid), 0, {}});
  }
  labels.push_back({"state", state, 0, {}});
  return labels;
}

// Makes untrusted text safe for one header line.
std::string Harmless(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7F || c == '"' || c == ']') c = '?';
  }
  return text;
}

// "goroutine 7 [sleep, 3 minutes, "worker", cpu 1.20s] {route: "/orders"}", like Go since 1.27.
std::string HeaderOf(const ThreadView& thread, const WaitReason& reason, bool deadlocked,
                     bool for_go_tools, sys::WaitTimeReader& wait_times) {
  std::string header = fmt::format("goroutine {} [{}", thread.tid, reason.state);
  uint64_t waited = 0;
  constexpr uint64_t kMinute = 60'000'000'000;
  if (thread.last_ran != 0 &&
      wait_times.NanosSince(thread.last_ran, thread.stat.processor, &waited)) {
    if (waited >= kMinute) {
      header += fmt::format(", {} minutes", waited / kMinute);
    } else {
      header += fmt::format(", {:.3f}s", static_cast<double>(waited) / 1e9);
    }
  }
  if (!reason.detail.empty()) header += ", " + Harmless(reason.detail);
  if (deadlocked) header += ", deadlock";
  header += fmt::format(", \"{}\", cpu {:.2f}s", Harmless(thread.stat.name),
                        static_cast<double>(thread.cpu_nanos) / 1e9);
  std::string labels;
  for (const Label& label : labels::LabelsOf(thread.label_set)) {
    labels += fmt::format("{}{}: \"{}\"", labels.empty() ? "" : ", ", Harmless(label.key),
                          Harmless(label.text));
  }
  if (labels.empty()) return header + "]";
  return for_go_tools ? header + ", {" + labels + "}]" : header + "] {" + labels + "}";
}

std::string PrefaceOf(const std::vector<std::vector<int32_t>>& deadlocks) {
  std::string text;
  for (const std::vector<int32_t>& cycle : deadlocks) {
    text += fmt::format("[deadlock] goroutine {}", cycle.front());
    for (size_t i = 1; i <= cycle.size(); ++i) {
      text += fmt::format("{} waits for {}", i == 1 ? "" : ", which", cycle[i % cycle.size()]);
    }
    text += "\n\n";
  }
  return text;
}

bool IsIn(const std::vector<std::vector<int32_t>>& cycles, int32_t tid) {
  return std::any_of(cycles.begin(), cycles.end(), [&](const std::vector<int32_t>& cycle) {
    return std::find(cycle.begin(), cycle.end(), tid) != cycle.end();
  });
}

model::ThreadNote NoteOf(const ThreadView& thread, std::string header, SnapshotBuilder& builder) {
  model::ThreadNote note;
  note.header = std::move(header);
  note.no_stack_because = thread.pcs.empty() ? thread.no_stack_because : "";
  note.creator = thread.creator_tid;
  if (thread.created_at != nullptr) {
    note.created_at = model::SnapshotAccess::BuilderOf(builder).AddLocations(
        ViewOf(*thread.created_at), thread.created_at->unloaded_as.load());
  }
  return note;
}

// "labels=all", or no such parameter.
Result<bool> WantsAllLabels(const SnapshotBuilder& builder) {
  const std::string* wanted = builder.parameter("labels");
  if (wanted == nullptr || *wanted == "all") return wanted != nullptr;
  return Status(StatusCode::kInvalidArgument,
                "labels=" + *wanted + " is not all, which adds thread, tid and state");
}

Status CollectGoroutine(SnapshotBuilder& builder) {
  const std::string* self = builder.parameter("self");
  const std::string* debug = builder.parameter("debug");
  const Result<bool> all_labels = WantsAllLabels(builder);
  if (!all_labels.ok()) return all_labels.status();
  const int form = debug == nullptr ? 0 : std::max(0, std::atoi(debug->c_str()));
  const bool full = form >= 2;
  Result<std::vector<ThreadView>> dumped = DumpThreads({self != nullptr && *self != "0", full});
  if (!dumped.ok()) return dumped.status();
  std::vector<ThreadView> threads = std::move(dumped).value();
  std::vector<WaitReason> reasons;
  reasons.reserve(threads.size());
  for (const ThreadView& thread : threads) reasons.push_back(ReasonOf(thread));
  const auto deadlocks = FindDeadlocks(threads, reasons);

  builder.SetPeriod("goroutine", "count", 1);
  model::ProfileBuilder& profile = model::SnapshotAccess::BuilderOf(builder);
  model::Profile& head = profile.head();
  head.labels_not_in_text = {"thread", "tid"};
  head.dump_preface = PrefaceOf(deadlocks);
  const std::string* go = builder.parameter("go");
  head.dump_for_go_tools = go != nullptr && *go != "0";
  sys::WaitTimeReader wait_times;
  for (size_t i = 0; i < threads.size(); ++i) {
    const ThreadView thread = std::move(threads[i]);  // frees its memory for the profile
    const auto labels = LabelsFor(thread, reasons[i].state, form, all_labels.value());
    if (thread.pcs.empty()) {
      profile.AddNamed(fmt::format("[no stack: {}]", thread.no_stack_because),
                       std::vector<int64_t>{1}.data(), labels);
    } else {
      builder.Add(ViewOf(thread.pcs, thread.end), {1}, labels);
    }
    if (!full) continue;
    const bool deadlocked = IsIn(deadlocks, thread.tid);
    head.thread_notes.push_back(
        NoteOf(thread, HeaderOf(thread, reasons[i], deadlocked, head.dump_for_go_tools, wait_times),
               builder));
  }
  return {};
}

}  // namespace

ProfileType GoroutineProfile() {
  ProfileType type;
  type.name = "goroutine";
  type.description =
      "Stack traces of all current threads. Use debug=2 as a query parameter for a full dump with "
      "states, and go=1 with it for panicparse; labels=all for thread, tid and state of each "
      "sample; "
      "self=1 shows the profiler's own threads, too.";
  type.values = {{"goroutine", "count", ValueType::Delta::kDifference}};
  type.has_dump = true;
  type.parameters = {"self", "debug", "go", "labels"};
  type.count = [] { return static_cast<int64_t>(sys::CountTasks()); };
  type.collect = [](SnapshotBuilder& builder) {
    return sys::WithOwnDescriptors([&builder] { return CollectGoroutine(builder); });
  };
  return type;
}

}  // namespace pprof::profiles
