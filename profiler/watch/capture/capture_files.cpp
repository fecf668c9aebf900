#include "profiler/watch/capture/capture_files.h"

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <ostream>
#include <streambuf>
#include <string>
#include <vector>

#include "pprof/pprof.h"
#include "pprof/version.h"
#include "profiler/monitoring/history.h"
#include "profiler/monitoring/history_text.h"
#include "profiler/sys/files/file_reader.h"
#include "profiler/sys/process/process.h"

namespace pprof::watch {
namespace {

constexpr char kHeap[] = "heap.pb.gz";
constexpr char kPeak[] = "peak.pb.gz";
constexpr char kAllocs[] = "allocs.pb.gz";
constexpr char kAbout[] = "capture.json";
constexpr char kHistory[] = "history.json";

struct SystemFile {
  const char* from;  // without '/': of the memory cgroup
  const char* to;
};
constexpr SystemFile kFirstFiles[] = {
    {"/proc/self/status", "status"}, {"/proc/self/statm", "statm"}, {"/proc/self/limits", "limits"},
    {"/proc/self/cgroup", "cgroup"}, {"/proc/meminfo", "meminfo"},  {"memory.stat", "memory.stat"}};
constexpr SystemFile kFilesOfVersion1[] = {
    {"memory.limit_in_bytes", "memory.limit_in_bytes"},
    {"memory.usage_in_bytes", "memory.usage_in_bytes"},
    {"memory.max_usage_in_bytes", "memory.max_usage_in_bytes"},
    {"memory.failcnt", "memory.failcnt"},
    {"memory.oom_control", "memory.oom_control"}};
constexpr SystemFile kFilesOfVersion2[] = {{"memory.max", "memory.max"},
                                           {"memory.high", "memory.high"},
                                           {"memory.current", "memory.current"},
                                           {"memory.events", "memory.events"},
                                           {"memory.pressure", "memory.pressure"}};

// What an ostream writes goes to the file.
class FileBuffer final : public std::streambuf {
 public:
  explicit FileBuffer(sys::FileWriter* file) : file_(*file) {}

 protected:
  std::streamsize xsputn(const char* data, std::streamsize size) override {
    file_.Write({data, static_cast<size_t>(size)});
    return size;
  }
  int_type overflow(int_type c) override {
    const char byte = traits_type::to_char_type(c);
    if (!traits_type::eq_int_type(c, traits_type::eof())) file_.Write({&byte, 1});
    return traits_type::not_eof(c);
  }

 private:
  sys::FileWriter& file_;
};

struct PartName {
  explicit PartName(const char* name) { std::snprintf(text, sizeof text, ".%s.part", name); }
  char text[64];
};

// Gives a file that was written under its name with ".part" its own.
void Replace(const sys::PrivateFolder& folder, const char* name, bool written) {
  const PartName part(name);
  if (!written || !folder.Replace(part.text, name)) folder.RemoveFile(part.text);
}

}  // namespace

CaptureFiles::CaptureFiles(const sys::PrivateFolder* base, const char* pending,
                           CaptureMemory* memory, const sys::MemoryLevels* levels)
    : base_(*base), pending_(pending), memory_(*memory), levels_(*levels) {}

void CaptureFiles::Miss(const char* file) {
  if (missing_count_ < kMostMissing) missing_[missing_count_++] = file;
}

int CaptureFiles::WriteFirst(const CaptureCause& cause) {
  cause_ = cause;
  missing_count_ = 0;
  base_.RemoveFolder(pending_);  // of a capture that could not be written
  base_.RemoveFile(pending_);    // what else has the name
  errno = 0;
  folder_ = base_.Make(pending_);
  if (!folder_.is_open()) return errno;
  const bool heap = WriteProfile(kHeap, HeapKind::kHeap);
  int error = errno;
  if (heap) {
    WriteCommandLine();
    for (const SystemFile& file : kFirstFiles) CopyFile(file.from, file.to);
    if (levels_.version() == 1) {
      for (const SystemFile& file : kFilesOfVersion1) CopyFile(file.from, file.to);
    } else if (levels_.version() == 2) {
      for (const SystemFile& file : kFilesOfVersion2) CopyFile(file.from, file.to);
    }
    if (WriteAbout(kAbout, false, memory_.file_buffer) && Publish()) return 0;
    error = errno;
  }
  base_.RemoveFolder(pending_);
  folder_ = {};
  return error == 0 ? EIO : error;
}

// A name is taken when the clock was set back, or by a process with this id in another container.
bool CaptureFiles::Publish() {
  constexpr int kMostCopies = 100;
  constexpr int64_t kSecond = 1000000000;
  folder_.Sync();
  for (int copy = 1; copy <= kMostCopies; ++copy) {
    name_ = NameOfCapture(cause_.wall_nanos / kSecond, sys::ProcessId(), cause_.reason, copy);
    if (base_.Rename(pending_, name_.text)) {
      base_.Sync();
      return true;
    }
    if (errno != EEXIST && errno != ENOTEMPTY) return false;
  }
  return false;
}

bool CaptureFiles::WriteProfile(const char* file, HeapKind kind) {
  sys::FileWriter out(folder_.MakeFile(file), memory_.file_buffer);
  GzipFile gzip(&memory_, &out);
  AddressProfile(&memory_, &gzip).Write(kind);
  const bool written = gzip.Finish();
  if (!written) Miss(file);
  return written;
}

// Files of /proc and of cgroups have no size before they are read.
bool CaptureFiles::CopyFile(const char* from, const char* to) {
  char path[512];
  const bool of_group = *from != '/';
  const int length =
      std::snprintf(path, sizeof path, "%s%s%s", of_group ? levels_.folder().c_str() : "",
                    of_group ? "/" : "", from);
  const bool fits = length > 0 && static_cast<size_t>(length) < sizeof path;
  sys::FileReader in(fits ? path : "");
  sys::FileWriter out(in.ok() ? folder_.MakeFile(to) : -1, memory_.file_buffer);
  while (const size_t got = in.Read(memory_.copied, sizeof memory_.copied)) {
    out.Write({memory_.copied, got});
  }
  const bool written = out.Finish();
  if (!written) Miss(to);
  return written;
}

bool CaptureFiles::WriteAbout(const char* file, bool complete, char* buffer) {
  sys::FileWriter out(folder_.MakeFile(file), buffer);
  const auto number = [&out](const char* key, uint64_t value) {
    out.Write(",\n \"");
    out.Write(key);
    out.Write("\": ");
    out.WriteNumber(value);
  };
  out.Write(R"({"reason": ")");
  out.Write(cause_.reason);
  out.Write("\"");
  number("unix_nanos", static_cast<uint64_t>(cause_.wall_nanos));
  number("pid", static_cast<uint64_t>(sys::ProcessId()));
  number("limit_bytes", cause_.level.limit);
  number("used_bytes", cause_.level.used);
  out.Write(",\n \"limit\": \"");
  out.Write(cause_.level.source == nullptr ? "none" : cause_.level.source);
  out.Write("\"");
  number("pprof_cpp_version", PPROF_CPP_VERSION);
  // Otherwise heap, peak and allocs have the names that were known before, and no pools.
  out.Write(complete ? ",\n \"complete\": true" : ",\n \"complete\": false");
  out.Write(",\n \"missing\": [");
  for (size_t i = 0; i < missing_count_; ++i) {
    out.Write(i == 0 ? "\"" : ", \"");
    out.Write(missing_[i]);
    out.Write("\"");
  }
  out.Write("]}\n");
  return out.Finish();
}

void CaptureFiles::AddTables() {
  constexpr char kMemory[] = "smaps_rollup";
  Replace(folder_, kPeak, WriteProfile(PartName(kPeak).text, HeapKind::kPeak));
  Replace(folder_, kAllocs, WriteProfile(PartName(kAllocs).text, HeapKind::kAllocs));
  Replace(folder_, kMemory, CopyFile("/proc/self/smaps_rollup", PartName(kMemory).text));
}

bool CaptureFiles::WriteCommandLine() {
  sys::FileWriter out(folder_.MakeFile("cmdline"), memory_.file_buffer);
  out.Write({memory_.command_line, memory_.command_line_bytes});
  return out.Finish();
}

// False if there is no such profile, or too little memory left.
bool CaptureFiles::Collected(const char* profile, const char* file, Format format,
                             uint64_t least_left) {
  if (levels_.Fullest().left() < least_left) return false;
  const Parameters parameters = format == Format::kDump ? Parameters{{"debug", "2"}} : Parameters{};
  const Result<Snapshot> snapshot = pprof::Collect(profile, parameters);
  return snapshot.ok() && AddProfile(file, snapshot.value(), format);
}

// With a buffer of its own: by now another capture may be written with the memory that is reserved.
bool CaptureFiles::AddProfile(const char* file, const Snapshot& snapshot, Format format) {
  SymbolOptions options;
  options.within = std::chrono::seconds(2);
  const SymbolizedSnapshot symbolized = snapshot.Symbolize(options);
  const PartName part(file);
  std::vector<char> memory(sys::FileWriter::kBufferBytes);
  sys::FileWriter out(folder_.MakeFile(part.text), memory.data());
  FileBuffer buffer(&out);
  std::ostream stream(&buffer);
  const bool written = symbolized.WriteTo(stream, format).ok() && out.Finish();
  Replace(folder_, file, written);
  return written;
}

// False if nobody keeps one, or too little memory is left.
bool CaptureFiles::AddHistory(uint64_t least_left) {
  const monitoring::History* history = monitoring::History::IfMade();
  if (history == nullptr || levels_.Fullest().left() < least_left) return false;
  const PartName part(kHistory);
  std::vector<char> memory(sys::FileWriter::kBufferBytes);
  sys::FileWriter out(folder_.MakeFile(part.text), memory.data());
  monitoring::WriteHistoryJson(history->Read(), {},
                               [&out](std::string_view text) { out.Write(text); });
  const bool written = out.Finish();
  Replace(folder_, kHistory, written);
  return written;
}

void CaptureFiles::AddNames() {
  // Exact profiles only improve what is there, and take up to 8 MiB for a moment.
  constexpr double kFarFromLimit = 0.8;
  constexpr uint64_t kProfileBytes = uint64_t{64} << 20;
  constexpr uint64_t kHistoryBytes = uint64_t{1} << 20;  // the rows, and a line at a time
  constexpr uint64_t kStacksBytes = uint64_t{4} << 20;   // the stacks of some hundred threads
  constexpr char kStacks[] = "goroutine.txt";
  constexpr char kStackProfile[] = "goroutine.pb.gz";
  if (!AddHistory(kHistoryBytes)) Miss(kHistory);
  if (!Collected("goroutine", kStacks, Format::kDump, kStacksBytes)) Miss(kStacks);
  if (!Collected("goroutine", kStackProfile, Format::kProto, kStacksBytes)) Miss(kStackProfile);
  const bool complete = levels_.Fullest().share() < kFarFromLimit &&
                        Collected("heap", kHeap, Format::kProto, kProfileBytes) &&
                        Collected("peak", kPeak, Format::kProto, kProfileBytes) &&
                        Collected("allocs", kAllocs, Format::kProto, kProfileBytes);
  const PartName part(kAbout);
  std::vector<char> memory(sys::FileWriter::kBufferBytes);
  Replace(folder_, kAbout, WriteAbout(part.text, complete, memory.data()));
}

}  // namespace pprof::watch
