// A tar.gz of small files, in memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pprof::http {

// Thread safety: none.
class TarFile {
 public:
  // `name`: a path of at most 100 bytes.
  void Add(const std::string& name, int64_t unix_seconds, std::string_view bytes);

  // Ends the archive and compresses it. REQUIRES: called once.
  std::string Finish();

 private:
  std::string bytes_;
};

}  // namespace pprof::http
