#include "profiler/watch/folder/retention.h"

#include <algorithm>

namespace pprof::watch {
namespace {

// The index of the next one to remove; captures.size(): none may be.
size_t NextSurplus(const std::vector<CaptureInfo>& captures, const std::string& newest) {
  size_t oldest_death = captures.size();
  size_t last_death = captures.size();
  for (size_t i = 0; i < captures.size(); ++i) {
    if (captures[i].name == newest) continue;
    if (!captures[i].before_death) return i;
    if (oldest_death == captures.size()) oldest_death = i;
    last_death = i;
  }
  return oldest_death == last_death ? captures.size() : oldest_death;
}

uint64_t BytesOf(const std::vector<CaptureInfo>& captures) {
  uint64_t bytes = 0;
  for (const CaptureInfo& capture : captures) bytes += capture.bytes;
  return bytes;
}

}  // namespace

std::vector<std::string> SurplusOf(const std::vector<CaptureInfo>& captures,
                                   const std::string& newest, const RetentionLimits& limits) {
  std::vector<CaptureInfo> left = captures;
  std::vector<std::string> surplus;
  while (left.size() > limits.captures || BytesOf(left) > limits.bytes) {
    const size_t next = NextSurplus(left, newest);
    if (next == left.size()) break;
    surplus.push_back(left[next].name);
    left.erase(left.begin() + static_cast<ptrdiff_t>(next));
  }
  return surplus;
}

std::string RampUp::Add(const std::string& name, uint64_t used) {
  constexpr uint64_t kPart = 10;
  if (used < used_ - used_ / kPart) names_.clear();
  used_ = names_.empty() ? used : std::max(used_, used);
  names_.push_back(name);
  if (names_.size() <= kMost) return {};
  std::string oldest = names_.front();
  names_.erase(names_.begin());
  return oldest;
}

}  // namespace pprof::watch
