// Keeps RTLD_DEEPBIND from dlopen.
//
// A module loaded with it calls the C library's malloc while all others call the profiler's, and
// the first block that crosses between them ends the program. Without it, the module's memory is
// sampled, too. Not under sanitizers, which refuse or drop the flag themselves.
#include <dlfcn.h>

#include "profiler/interpose/allocation/real_allocator.h"
#include "profiler/interpose/next.h"
#include "profiler/signal_safe/hooks/on_alloc.h"

#if !PPROF_CPP_SANITIZER_OWNS_MALLOC

namespace pprof::interpose {
namespace {

constexpr char kDlopen[] = "dlopen";
using NextDlopen = Next<void*(const char*, int) noexcept, kDlopen>;

}  // namespace
}  // namespace pprof::interpose

// A jump, not a call: glibc looks for the file on behalf of the module that called.
extern "C" PPROF_EXPORT_WEAK void* dlopen(const char* file, int mode) noexcept {
  using namespace pprof::interpose;  // NOLINT(google-build-using-namespace): a global function
  const int unwanted = TcmallocAnswers() ? RTLD_DEEPBIND : 0;
  return NextDlopen::Call(file, mode & ~unwanted);
}

#endif  // !PPROF_CPP_SANITIZER_OWNS_MALLOC
