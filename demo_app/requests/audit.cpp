#include "demo_app/requests/audit.h"

#include <string>

namespace audit {
namespace {

struct Entry {
  std::string path;
  std::string user;
  std::string details;
};

}  // namespace

__attribute__((noinline)) void Record(const RequestPtr& request) {
  constexpr size_t kDetails = 2000;
  auto* entry = new Entry{request->path, request->authorization, std::string(kDetails, 'd')};
  // Whoever was to write it to the log and delete it is missing.
  __asm__ volatile("" : : "r"(entry) : "memory");
}  // NOLINT(clang-analyzer-cplusplus.NewDeleteLeaks): the fault on show

}  // namespace audit
