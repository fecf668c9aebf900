#include "command/ask/progress.h"

#include <unistd.h>

#include <cstdio>
#include <utility>

namespace pprof::command {
namespace {

constexpr char kClearLine[] = "\r\x1b[K";

}  // namespace

Progress::Progress(std::string what, int seconds)
    : what_(std::move(what)), seconds_(seconds), visible_(isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (shown_) std::fputs(kClearLine, stderr);
}

void Progress::Show(size_t bytes_received) {
  const auto passed =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - begin_)
          .count();
  if (!visible_ || passed < 1) return;
  shown_ = true;
  std::fprintf(stderr, "%s%s: %lld", kClearLine, what_.c_str(), static_cast<long long>(passed));
  if (seconds_ > 0 && passed <= seconds_) std::fprintf(stderr, " of %d", seconds_);
  std::fputs(" s", stderr);
  if (bytes_received > 0) std::fprintf(stderr, ", %zu KiB", bytes_received / 1024);
  std::fflush(stderr);
}

}  // namespace pprof::command
