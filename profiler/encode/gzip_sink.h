// Writes a gzip stream to an ostream in chunks of 64 KB.
//
//   GzipSink sink(out);
//   sink.Write(bytes);
//   if (Status status = sink.Finish(); !status.ok()) ...
#pragma once

#include <array>
#include <iosfwd>
#include <memory>
#include <string_view>

#include "pprof/status.h"

struct z_stream_s;

namespace pprof::encode {

// Memory: zlib's 256 KB and a buffer of 64 KB. Writes after the first failure are ignored.
// Thread safety: none. Not async-signal-safe: allocates.
class GzipSink {
 public:
  // REQUIRES: `out` outlives the sink. Errors: std::bad_alloc.
  explicit GzipSink(std::ostream& out);
  ~GzipSink();
  GzipSink(const GzipSink&) = delete;
  GzipSink& operator=(const GzipSink&) = delete;

  void Write(std::string_view bytes);

  // Ends the stream and flushes `out`. Errors: the first failed write. REQUIRES: called once.
  Status Finish();

  bool ok() const { return status_.ok(); }

 private:
  bool Deflate(int flush);
  void Fail(const char* what, int code);

  std::ostream& out_;
  Status status_;
  std::unique_ptr<z_stream_s> stream_;
  std::array<char, size_t{64} * 1024> buffer_;
};

}  // namespace pprof::encode
