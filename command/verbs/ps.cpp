// pprof-cpp ps.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <string>

#include "command/ask/http_client.h"
#include "command/failure.h"
#include "command/processes/answering.h"
#include "command/readable_text.h"
#include "command/verb.h"

namespace pprof::command {
namespace {

constexpr time_t kDay = 86400;
constexpr std::chrono::seconds kPatience(5);

// The time of day, or the date of what is older than a day.
std::string Since(time_t since) {
  return LocalTimeText(since, time(nullptr) - since < kDay ? "%H:%M:%S" : "%Y-%m-%d");
}

// From the first line of the text form, "heap profile: OBJECTS: BYTES [...". "-" where this
// process has no heap profile.
std::string HeapInUse(const Address& address) {
  const Answer answer = Get(address, "heap?debug=1&symbolize=none", kPatience);
  const std::string begin = "heap profile: ";
  if (answer.status != 200 || answer.body.rfind(begin, 0) != 0) return "-";
  const size_t colon = answer.body.find(": ", begin.size());
  if (colon == std::string::npos) return "-";
  return SizeText(std::strtoll(answer.body.c_str() + colon + 2, nullptr, 10));
}

void Print(const std::string& pid, const std::string& name, const std::string& since,
           const std::string& resident, const std::string& heap, const std::string& threads,
           const std::string& address) {
  fmt::print("{:>8} {:<20} {:<10} {:>10} {:>10} {:>8} {}\n", pid, name, since, resident, heap,
             threads, address);
}

void PrintOne(const Answering& one) {
  const Process& process = one.process;
  std::string heap;
  try {
    heap = HeapInUse(one.address);
  } catch (const Failure&) {
    // It has ended meanwhile, or is stopped: then it cannot be asked.
    if (!ProcessOf(process.pid)) return;
    heap = "?";
  }
  Print(std::to_string(process.pid), process.name, Since(process.since),
        SizeText(static_cast<int64_t>(process.resident_bytes)), heap,
        std::to_string(process.threads), one.address.Text());
}

// True for every process if nobody is named.
bool IsMeant(const Process& process, const std::vector<std::string>& names) {
  return names.empty() || std::any_of(names.begin(), names.end(), [&](const std::string& name) {
           return process.IsCalled(name) || name == std::to_string(process.pid);
         });
}

}  // namespace

int Ps(const Words& words) {
  std::vector<Answering> all;
  for (const Answering& one : AnsweringProcesses()) {
    if (IsMeant(one.process, words.names)) all.push_back(one);
  }
  if (all.empty()) {
    const std::string which = words.names.empty() ? "" : " of that name or number";
    throw Failure(
        "no process of yours" + which + " can be asked; start one with pprof-cpp run -- PROGRAM",
        kNobody);
  }
  Print("PID", "NAME", "SINCE", "RESIDENT", "HEAP", "THREADS", "ADDRESS");
  for (const Answering& one : all) PrintOne(one);
  return 0;
}

}  // namespace pprof::command
