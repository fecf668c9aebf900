// What "holders" and "leak" cost, and how right they are, on a map of sessions.
//
//   holders_bench time MEBIBYTES              CPU time, tables, resident memory
//   holders_bench pages MEBIBYTES             the same with memory that is not present
//   holders_bench busy MEBIBYTES RATE RUNS    while RATE sessions a second are replaced
#include <pprof/labels.h>
#include <pprof/pprof.h>
#include <sys/mman.h>

#include <any>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "profiler/model/snapshot_access.h"
#include "tests/bench/memory_watch.h"

namespace {

using Clock = std::chrono::steady_clock;

struct Request {
  std::string path;
};
struct Session {
  std::string user;
  std::map<std::string, std::string> values;
};
struct Entry {
  std::shared_ptr<Request> request;
  std::unordered_map<std::string, std::any> values;
};
struct Table {
  std::mutex mutex;
  std::unordered_map<uint64_t, Entry> sessions;
};
Table& SessionTable() {
  static auto* table = new Table;
  return *table;
}

void AddSession(uint64_t id) {
  auto request = std::make_shared<Request>();
  request->path = "/orders/" + std::to_string(id) + std::string(30, 'p');
  Session session;
  session.user = "user" + std::string(20, 'u');
  session.values["csrf_token"] = std::string(64, 'c');
  session.values["cart"] = std::string(512, 'x');
  session.values["locale"] = std::string(31, 'l');
  session.values["pages_seen"] = std::string(1000, 'v');
  Entry entry;
  entry.request = std::move(request);
  entry.values["session"] = std::move(session);
  const std::lock_guard<std::mutex> lock(SessionTable().mutex);
  SessionTable().sessions[id] = std::move(entry);
}

uint64_t Build(uint64_t mebibytes) {
  const pprof::ScopedLabels labels(pprof::LabelSet{{"of", "session"}});
  uint64_t id = 0;
  const long wanted_kb = static_cast<long>(mebibytes * 1024);
  const long before_kb = pprof::bench::StatusKb("RssAnon:");
  while (pprof::bench::StatusKb("RssAnon:") - before_kb < wanted_kb) {
    for (int i = 0; i < 500; ++i) AddSession(id++);
  }
  return id;
}

struct Outcome {
  int64_t samples = 0;
  int64_t right = 0;
  int64_t unknown = 0;
  int64_t wrong = 0;
};

Outcome Look(const char* profile_name, bool print) {
  Outcome outcome;
  auto snapshot = pprof::Collect(profile_name);
  if (!snapshot.ok()) {
    std::printf("%s\n", snapshot.status().message().c_str());
    std::exit(1);
  }
  const pprof::model::Profile& profile = pprof::model::SnapshotAccess::ProfileOf(snapshot.value());
  for (size_t i = 0; i < profile.samples.size(); ++i) {
    bool ours = false;
    std::string holder;
    for (const pprof::Label& label : profile.label_sets[profile.samples[i].label_set]) {
      ours |= label.key == "of" && label.text == "session";
      if (label.key == "holder") holder = label.text;
    }
    if (!ours) continue;
    ++outcome.samples;
    if (holder.find("SessionTable()::table") != std::string::npos) {
      ++outcome.right;
    } else if (holder.empty() || holder[0] == '[') {
      ++outcome.unknown;
    } else {
      ++outcome.wrong;
      std::printf("wrong: %s\n", holder.c_str());
    }
  }
  for (const std::string& comment : profile.comments) {
    if (print) std::printf("  %s\n", comment.c_str());
  }
  return outcome;
}

void Time(uint64_t sessions) {
  std::printf("%lu sessions, RssAnon %ld kB\n", sessions, pprof::bench::StatusKb("RssAnon:"));
  for (const char* name : {"holders", "holders", "leak"}) {
    const long before_kb = pprof::bench::StatusKb("RssAnon:");
    const double cpu = pprof::bench::CpuSeconds();
    const Outcome outcome = Look(name, true);
    std::printf("%s: %ld right, %ld unknown, %ld wrong; %.2f s of CPU in all; RssAnon %+ld kB\n",
                name, outcome.right, outcome.unknown, outcome.wrong,
                pprof::bench::CpuSeconds() - cpu, pprof::bench::StatusKb("RssAnon:") - before_kb);
  }
}

void Pages(uint64_t sessions) {
  constexpr size_t kUntouched = size_t{4} << 30;
  void* untouched = mmap(nullptr, kUntouched, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  std::printf("4 GiB untouched at %p\n", untouched);
  Time(sessions);
  // A part of the heap goes to the swap device, if there is one.
  const auto heap = reinterpret_cast<uintptr_t>(&SessionTable()) >> 12 << 12;
  const long swapped_before_kb = pprof::bench::StatusKb("VmSwap:");
  madvise(reinterpret_cast<void*>(heap), size_t{64} << 20, MADV_PAGEOUT);
  std::printf("after MADV_PAGEOUT: VmSwap %+ld kB\n",
              pprof::bench::StatusKb("VmSwap:") - swapped_before_kb);
  const long swapped_kb = pprof::bench::StatusKb("VmSwap:");
  Time(sessions);
  std::printf("VmSwap %+ld kB\n", pprof::bench::StatusKb("VmSwap:") - swapped_kb);
}

// Replaces sessions, and notes the longest time between two.
class Churn {
 public:
  Churn(uint64_t sessions, double rate)
      : sessions_(sessions), rate_(rate), thread_([this] { Run(); }) {}
  ~Churn() {
    stop_ = true;
    thread_.join();
  }
  double TakeLongestGapMs() { return longest_ns_.exchange(0) / 1e6; }
  uint64_t done() const { return done_; }

 private:
  void Run() {
    const pprof::ScopedLabels labels(pprof::LabelSet{{"of", "session"}});
    std::mt19937_64 random(5);
    const auto begun = Clock::now();
    auto last = begun;
    while (!stop_) {
      {
        std::unordered_map<uint64_t, Entry>::node_type old;
        const uint64_t id = random() % sessions_;
        {
          const std::lock_guard<std::mutex> lock(SessionTable().mutex);
          old = SessionTable().sessions.extract(id);
        }
        AddSession(id);
      }
      ++done_;
      const auto now = Clock::now();
      const double gap = std::chrono::duration<double, std::nano>(now - last).count();
      if (gap > longest_ns_) longest_ns_ = gap;
      last = now;
      const auto due = begun + std::chrono::duration<double>(static_cast<double>(done_) / rate_);
      if (due > now) {
        std::this_thread::sleep_until(due);
        last = Clock::now();
      }
    }
  }

  const uint64_t sessions_;
  const double rate_;
  std::atomic<bool> stop_{false};
  std::atomic<uint64_t> done_{0};
  std::atomic<double> longest_ns_{0};
  std::thread thread_;
};

void Busy(uint64_t sessions, double rate, int runs) {
  Churn churn(sessions, rate);
  std::this_thread::sleep_for(std::chrono::seconds(2));
  std::printf("alone: longest gap %.2f ms\n", churn.TakeLongestGapMs());
  Outcome sum;
  int64_t leaked = 0;
  double longest = 0;
  const uint64_t done_before = churn.done();
  const auto begun = Clock::now();
  for (int i = 0; i < runs; ++i) {
    const Outcome outcome = Look("holders", i == 0);
    sum.samples += outcome.samples;
    sum.right += outcome.right;
    sum.unknown += outcome.unknown;
    sum.wrong += outcome.wrong;
    leaked += Look("leak", i == 0).samples;
    longest = std::max(longest, churn.TakeLongestGapMs());
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - begun).count();
  std::printf(
      "%d runs: %ld samples, %ld wrong, %ld unknown (%.2f %%), %ld leaked; longest gap %.2f ms; "
      "%.0f replaced a second\n",
      runs, sum.samples, sum.wrong, sum.unknown,
      100.0 * static_cast<double>(sum.unknown) / static_cast<double>(sum.samples), leaked, longest,
      static_cast<double>(churn.done() - done_before) / seconds);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const uint64_t sessions = Build(std::strtoull(argv[2], nullptr, 10));
  if (std::strcmp(argv[1], "time") == 0) Time(sessions);
  if (std::strcmp(argv[1], "pages") == 0) Pages(sessions);
  if (std::strcmp(argv[1], "busy") == 0 && argc == 5) {
    Busy(sessions, std::atof(argv[3]), std::atoi(argv[4]));
  }
}
