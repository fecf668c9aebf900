// The list in a captured archive: what is in it, what failed and why.
#pragma once

#include <chrono>
#include <string>

namespace pprof::command {

class Manifest {
 public:
  explicit Manifest(const std::string& title);

  // One line: "ok", "FAILED" or "skipped"; a file's name and size; how long it took.
  void Note(const std::string& status, const std::string& file, size_t bytes,
            std::chrono::steady_clock::time_point begin, const std::string& what);

  // How to read the profiles, for people who find the archive later.
  void Finish(const std::string& profiles, bool has_binaries);

  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace pprof::command
