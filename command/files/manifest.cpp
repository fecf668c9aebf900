#include "command/files/manifest.h"

#include <fmt/format.h>

#include <iterator>

namespace pprof::command {

Manifest::Manifest(const std::string& title)
    : text_(fmt::format("{}\n\n{:<7} {:>10} {:>5}  {:<44} {}\n", title, "status", "bytes", "time",
                        "file", "what")) {}

void Manifest::Note(const std::string& status, const std::string& file, size_t bytes,
                    std::chrono::steady_clock::time_point begin, const std::string& what) {
  const auto passed =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - begin)
          .count();
  fmt::format_to(std::back_inserter(text_), "{:<7} {:>10} {:>4}s  {:<44} {}\n", status, bytes,
                 passed, file, what);
}

void Manifest::Finish(const std::string& profiles, bool has_binaries) {
  text_ += "\nTo read it, in this folder:\n" + profiles +
           "  go tool pprof -http=: FILE          (graph, flame graph and source in the browser)\n"
           "  go tool pprof -top -diff_base OLDER NEWER\n";
  if (has_binaries) {
    text_ += "With PPROF_BINARY_PATH=binaries pprof uses the files fetched here.\n";
  }
}

}  // namespace pprof::command
