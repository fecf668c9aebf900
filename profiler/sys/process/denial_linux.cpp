#include <sys/prctl.h>
#include <sys/resource.h>

#include <cerrno>
#include <system_error>

#include "profiler/sys/process/denial.h"

namespace pprof::sys {
namespace {

bool HasSeccompFilter() {
  constexpr int kFilter = 2;  // linux/seccomp.h, SECCOMP_MODE_FILTER
  return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == kFilter;
}

std::string PendingSignals() {
  rlimit limit{};
  if (getrlimit(RLIMIT_SIGPENDING, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return {};
  return "; its user may have " + std::to_string(limit.rlim_cur) +
         " timers and queued signals (RLIMIT_SIGPENDING)";
}

}  // namespace

std::string DenialText(const char* call, int error) {
  std::string text = std::string(call) + ": " + std::generic_category().message(error);
  if (error == EAGAIN) return text + PendingSignals();
  if (HasSeccompFilter()) text += "; this process runs under a seccomp filter";
  return text;
}

}  // namespace pprof::sys
