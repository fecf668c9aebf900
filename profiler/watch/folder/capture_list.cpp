#include "profiler/watch/folder/capture_list.h"

#include <algorithm>
#include <string>
#include <utility>

#include "profiler/watch/folder/capture_name.h"
#include "profiler/watch/folder/run_record.h"

namespace pprof::watch {
namespace {

constexpr char kGone[] = ".gone.";

}  // namespace

// From the first moment on it has no name of a capture: a half one would look whole.
bool RemoveCapture(const sys::PrivateFolder& folder, const std::string& name) {
  const std::string hidden = kGone + name;
  return folder.Rename(name.c_str(), hidden.c_str()) && folder.RemoveFolder(hidden.c_str());
}

void RemoveLeftovers(const sys::PrivateFolder& folder) {
  for (const std::string& name : folder.List()) {
    if (name.compare(0, sizeof kGone - 1, kGone) == 0) folder.RemoveFolder(name.c_str());
  }
}

std::vector<CaptureInfo> ListCaptures(const sys::PrivateFolder& folder) {
  std::vector<CaptureInfo> captures;
  for (const std::string& name : folder.List()) {
    CaptureNameParts parts;
    if (!ParseCaptureName(name, &parts) || !folder.IsFolder(name.c_str())) continue;
    CaptureInfo info;
    info.name = name;
    info.reason = std::string(parts.reason);
    info.pid = parts.pid;
    info.unix_seconds = parts.unix_seconds;
    const sys::PrivateFolder capture = folder.Enter(name.c_str());
    for (const std::string& file : capture.List()) {
      if (file.front() == '.') continue;  // not finished
      info.bytes += capture.SizeOf(file.c_str());
      info.before_death = info.before_death || file == kDeathFile;
      info.files.push_back(file);
    }
    captures.push_back(std::move(info));
  }
  return captures;
}

}  // namespace pprof::watch
