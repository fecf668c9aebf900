#include "profiler/watch/folder/run_record.h"

#include <algorithm>
#include <cstdio>

#include "profiler/sys/files/file_writer.h"
#include "profiler/sys/process/process.h"
#include "profiler/watch/folder/capture_name.h"

namespace pprof::watch {
namespace {

constexpr char kRunPrefix[] = ".run.";
constexpr char kPendingPrefix[] = ".part.";
constexpr size_t kRecordBytes = 256;
constexpr int64_t kSecond = 1000000000;
// At a death for lack of memory the last look was a moment before.
constexpr double kNearLimit = 0.9;

// `text` has room for kRecordBytes.
void Print(const RunState& state, char* text) {
  const int length = std::snprintf(
      text, kRecordBytes, "%lld %llu %llu %lld %d %s", static_cast<long long>(state.wall_nanos),
      static_cast<unsigned long long>(state.used), static_cast<unsigned long long>(state.limit),
      static_cast<long long>(state.kills), state.ended ? 1 : 0, state.capture);
  std::fill(text + length, text + kRecordBytes, ' ');
  text[kRecordBytes - 1] = '\n';
}

std::string Share(const RunState& state) {
  return std::to_string(state.limit == 0 ? 0 : state.used * 100 / state.limit) + " %";
}

// "last capture 20261128T093000Z.4711.memory95, 3 s before"
std::string LastCapture(const RunState& state) {
  CaptureNameParts parts;
  if (!ParseCaptureName(state.capture, &parts)) return "it has no capture";
  const int64_t before = std::max<int64_t>(state.wall_nanos / kSecond - parts.unix_seconds, 0);
  return "last capture " + std::string(state.capture) + ", " + std::to_string(before) + " s before";
}

void LeaveIn(const sys::PrivateFolder& folder, const char* capture, const std::string& sentence) {
  CaptureNameParts parts;
  if (!ParseCaptureName(capture, &parts)) return;
  char buffer[sys::FileWriter::kBufferBytes];
  sys::FileWriter out(folder.Enter(capture).MakeFile(kDeathFile), buffer);
  out.Write(sentence);
  out.Write("\n");
  out.Finish();
}

}  // namespace

RunRecord::~RunRecord() { sys::CloseFile(fd_); }

// In the containers of a pod several processes have the same id.
bool RunRecord::Make(const sys::PrivateFolder& folder) {
  constexpr int kMost = 100;
  for (int copy = 1; copy <= kMost; ++copy) {
    char id[32];
    std::snprintf(id, sizeof id, copy == 1 ? "%d" : "%d-%d", sys::ProcessId(), copy);
    std::snprintf(name_, sizeof name_, "%s%s", kRunPrefix, id);
    std::snprintf(pending_, sizeof pending_, "%s%s", kPendingPrefix, id);
    fd_ = folder.OpenOrMakeFile(name_);
    if (fd_ < 0) return false;
    // One that was removed between the two calls is nobody's.
    if (sys::LockFile(fd_) && sys::HasName(fd_)) return true;
    sys::CloseFile(fd_);
    fd_ = -1;
  }
  return false;
}

void RunRecord::Write(const RunState& state) {
  char text[kRecordBytes];
  Print(state, text);
  sys::WriteAtStart(fd_, text, sizeof text);
}

std::string TextOf(const RunState& state) {
  char text[kRecordBytes];
  Print(state, text);
  return {text, sizeof text};
}

bool ParseRunState(const std::string& text, RunState* state) {
  long long wall = 0;
  unsigned long long used = 0;
  unsigned long long limit = 0;
  long long kills = 0;
  int ended = 0;
  RunState read;
  const int fields = std::sscanf(text.c_str(), "%lld %llu %llu %lld %d %79s", &wall, &used, &limit,
                                 &kills, &ended, read.capture);
  if (fields < 5) return false;
  read.wall_nanos = wall;
  read.used = used;
  read.limit = limit;
  read.kills = kills;
  read.ended = ended != 0;
  *state = read;
  return true;
}

std::string SentenceOfDeath(const RunState& state, std::string_view pid, int64_t kills) {
  if (state.ended || state.limit == 0) return {};
  const bool near = static_cast<double>(state.used) > kNearLimit * static_cast<double>(state.limit);
  const std::string who = "process " + std::string(pid);
  const bool counted = state.kills >= 0 && kills > state.kills;
  if (counted) return who + " was killed at its memory limit; " + LastCapture(state);
  if (!near) return {};
  return who + " ended without a word at " + Share(state) +
         " of its memory limit, as the kernel ends processes; " + LastCapture(state);
}

std::vector<std::string> ReadDeaths(const sys::PrivateFolder& folder, int64_t kills) {
  std::vector<std::string> sentences;
  for (const std::string& name : folder.List()) {
    if (name.compare(0, sizeof kRunPrefix - 1, kRunPrefix) != 0) continue;
    const std::string id = name.substr(sizeof kRunPrefix - 1);
    const int fd = folder.OpenOrMakeFile(name.c_str());
    if (fd >= 0 && sys::LockFile(fd) && sys::HasName(fd)) {
      RunState state;
      if (ParseRunState(sys::ReadWhole(fd, kRecordBytes), &state)) {
        std::string sentence = SentenceOfDeath(state, id.substr(0, id.find('-')), kills);
        if (!sentence.empty()) {
          LeaveIn(folder, state.capture, sentence);
          sentences.push_back(std::move(sentence));
        }
      }
      folder.RemoveFolder((kPendingPrefix + id).c_str());
      folder.RemoveFile(name.c_str());
    }
    sys::CloseFile(fd);
  }
  return sentences;
}

}  // namespace pprof::watch
