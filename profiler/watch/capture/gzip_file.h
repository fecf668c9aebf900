// A gzip stream into a file, with memory that is there already.
#pragma once

#include <cstddef>
#include <string_view>

#include "profiler/sys/files/file_writer.h"
#include "profiler/watch/capture/capture_memory.h"

struct z_stream_s;

namespace pprof::watch {

// Allocates nothing. Thread safety: none.
class GzipFile {
 public:
  // One at a time uses the memory. REQUIRES: `memory` and `out` outlive it.
  GzipFile(CaptureMemory* memory, sys::FileWriter* out);

  void Write(std::string_view bytes);

  // Ends the stream and syncs the file. False: something failed.
  bool Finish();

 private:
  static void* Allocate(void* self, unsigned items, unsigned size);
  int Deflate(int flush);

  CaptureMemory* const memory_;
  sys::FileWriter* const out_;
  size_t zlib_used_ = 0;
  alignas(8) char stream_[128];  // z_stream_s
  bool ok_;
};

}  // namespace pprof::watch
