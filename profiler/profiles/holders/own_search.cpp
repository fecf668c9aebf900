#include "profiler/profiles/holders/own_search.h"

#include <cerrno>
#include <system_error>

#include "profiler/sys/process/per_process.h"
#include "profiler/sys/thread/mutex.h"
#include "profiler/sys/thread/own_descriptors.h"
#include "profiler/sys/thread/own_thread.h"

namespace pprof::profiles::holders {
namespace {

constexpr int kLowestPriority = 19;

sys::PerProcess<sys::Mutex> one_search;

}  // namespace

Status RunOneSearch(const std::function<Status()>& body) {
  sys::Mutex& mutex = one_search.Get();
  if (!mutex.try_lock()) {
    return {StatusCode::kUnavailable,
            "holders are being searched for by another request; try again when it has ended"};
  }
  Status status{StatusCode::kInternal, "no holders: the search ended for lack of memory"};
  sys::OwnThread thread = sys::OwnThread::Start("pprof-holders", [&] {
    sys::LowerOwnPriority(kLowestPriority);
    sys::UnshareDescriptors();
    status = body();
  });
  if (!thread.running()) {
    status = {StatusCode::kInternal,
              "no holders: no thread can be created: " + std::generic_category().message(errno)};
  }
  thread.Join();
  mutex.unlock();
  return status;
}

}  // namespace pprof::profiles::holders
