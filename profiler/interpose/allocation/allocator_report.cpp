// glibc's questions about the heap, answered for tcmalloc, which lacks most of these functions.
// glibc's own would speak of an empty heap: a cache that limits itself by mallinfo2 would grow
// without bound.
#include "profiler/interpose/allocation/allocator_report.h"

#include "profiler/signal_safe/hooks/on_alloc.h"

#if !PPROF_CPP_SANITIZER_OWNS_MALLOC

#include <gperftools/malloc_extension_c.h>
#include <gperftools/tcmalloc.h>
#include <malloc.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <string_view>

#include "profiler/interpose/allocation/real_allocator.h"
#include "profiler/interpose/next.h"

// gperftools' variable; absent in builds of it that hide it.
namespace tcmalloc {
extern void (*log_message_writer)(const char* message, int length) __attribute__((weak));
}  // namespace tcmalloc

namespace pprof::interpose {
namespace {

constexpr char kMallinfo[] = "mallinfo", kMallinfo2[] = "mallinfo2";
constexpr char kMallocTrim[] = "malloc_trim", kMallocInfo[] = "malloc_info";
constexpr char kMallocStats[] = "malloc_stats", kMallopt[] = "mallopt";
using NextMallinfo = Next<struct mallinfo() noexcept, kMallinfo>;
using NextMallinfo2 = Next<struct mallinfo2() noexcept, kMallinfo2>;
using NextMallocTrim = Next<int(size_t) noexcept, kMallocTrim>;
using NextMallocInfo = Next<int(int, FILE*) noexcept, kMallocInfo>;
using NextMallocStats = Next<void() noexcept, kMallocStats>;
using NextMallopt = Next<int(int, int) noexcept, kMallopt>;

void WriteUnlessRequestFailed(const char* message, int length) {
  const std::string_view text(message, static_cast<size_t>(length));
  if (text.find("allocation failed") != std::string_view::npos) return;
  if (text.find("large alloc") != std::string_view::npos) return;
  if (write(STDERR_FILENO, message, text.size()) < 0) return;  // stderr is closed
}

size_t Bytes(const char* property) {
  size_t bytes = 0;
  return MallocExtension_GetNumericProperty(property, &bytes) != 0 ? bytes : 0;
}

struct mallinfo2 TcmallocInfo() {
  const size_t unmapped = Bytes("tcmalloc.pageheap_unmapped_bytes");
  const size_t from_system = Bytes("generic.heap_size") - unmapped;
  const size_t in_use = Bytes("generic.current_allocated_bytes");
  struct mallinfo2 info = {};
  info.arena = from_system;
  info.uordblks = in_use;
  info.fordblks = from_system > in_use ? from_system - in_use : 0;
  info.keepcost = Bytes("tcmalloc.pageheap_free_bytes");
  return info;
}

// The fields of old are int; the largest one is nearer to the truth than a number that wrapped.
int Narrow(size_t bytes) { return bytes > INT_MAX ? INT_MAX : static_cast<int>(bytes); }

}  // namespace

void DropLinesOnFailedRequests() noexcept {
  if (&tcmalloc::log_message_writer == nullptr) return;
  tcmalloc::log_message_writer = &WriteUnlessRequestFailed;
}

}  // namespace pprof::interpose

using namespace pprof::interpose;  // NOLINT(google-build-using-namespace): global functions follow

extern "C" {

PPROF_ALLOCATOR struct mallinfo2 mallinfo2() noexcept {
  return TcmallocAnswers() ? TcmallocInfo() : NextMallinfo2::Call();
}

PPROF_ALLOCATOR struct mallinfo mallinfo() noexcept {
  if (!TcmallocAnswers()) return NextMallinfo::Call();
  const struct mallinfo2 wide = TcmallocInfo();
  struct mallinfo info = {};
  info.arena = Narrow(wide.arena);
  info.uordblks = Narrow(wide.uordblks);
  info.fordblks = Narrow(wide.fordblks);
  info.keepcost = Narrow(wide.keepcost);
  return info;
}

// tcmalloc keeps no block at the top whose size `keep` could be: it gives back all that is free.
PPROF_ALLOCATOR int malloc_trim(size_t keep) noexcept {
  if (!TcmallocAnswers()) return NextMallocTrim::Call(keep);
  MallocExtension_MarkThreadTemporarilyIdle();
  const size_t before = Bytes("tcmalloc.pageheap_unmapped_bytes");
  MallocExtension_ReleaseFreeMemory();
  return Bytes("tcmalloc.pageheap_unmapped_bytes") > before ? 1 : 0;
}

PPROF_ALLOCATOR int malloc_info(int options, FILE* out) noexcept {
  if (!TcmallocAnswers()) return NextMallocInfo::Call(options, out);
  if (options != 0) return EINVAL;
  const struct mallinfo2 info = TcmallocInfo();
  std::fprintf(out,
               "<malloc version=\"1\">\n<total type=\"rest\" count=\"1\" size=\"%zu\"/>\n"
               "<system type=\"current\" size=\"%zu\"/>\n<aspace type=\"total\" size=\"%zu\"/>\n"
               "</malloc>\n",
               info.fordblks, info.arena, Bytes("generic.heap_size"));
  return 0;
}

PPROF_ALLOCATOR void malloc_stats() noexcept {
  return TcmallocAnswers() ? tc_malloc_stats() : NextMallocStats::Call();
}

PPROF_ALLOCATOR int mallopt(int option, int value) noexcept {
  return TcmallocAnswers() ? tc_mallopt(option, value) : NextMallopt::Call(option, value);
}

}  // extern "C"

#endif  // !PPROF_CPP_SANITIZER_OWNS_MALLOC
