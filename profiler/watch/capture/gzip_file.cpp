#include "profiler/watch/capture/gzip_file.h"

#include <zlib.h>

#include <new>

namespace pprof::watch {
namespace {

constexpr int kGzipWindow = 15 + 16;  // zlib.h: adding 16 writes a gzip header
constexpr int kMemoryLevel = 8;       // 256 KB in total, the default
constexpr size_t kAlignment = 16;

void FreeNothing(void*, void*) {}

}  // namespace

GzipFile::GzipFile(CaptureMemory* memory, sys::FileWriter* out) : memory_(memory), out_(out) {
  static_assert(sizeof(z_stream_s) <= sizeof stream_ && alignof(z_stream_s) <= 8);
  auto* stream = new (stream_) z_stream_s{};
  stream->zalloc = Allocate;
  stream->zfree = FreeNothing;
  stream->opaque = this;
  ok_ = deflateInit2(stream, Z_BEST_SPEED, Z_DEFLATED, kGzipWindow, kMemoryLevel,
                     Z_DEFAULT_STRATEGY) == Z_OK;
}

void* GzipFile::Allocate(void* self, unsigned items, unsigned size) {
  auto* file = static_cast<GzipFile*>(self);
  const size_t bytes = (size_t{items} * size + kAlignment - 1) / kAlignment * kAlignment;
  if (bytes > CaptureMemory::kZlibBytes - file->zlib_used_) return Z_NULL;
  file->zlib_used_ += bytes;
  return file->memory_->zlib + file->zlib_used_ - bytes;
}

int GzipFile::Deflate(int flush) {
  auto* stream = reinterpret_cast<z_stream_s*>(stream_);
  stream->next_out = reinterpret_cast<Bytef*>(memory_->deflated);
  stream->avail_out = sizeof memory_->deflated;
  const int code = deflate(stream, flush);
  ok_ = ok_ && (code == Z_OK || code == Z_STREAM_END);
  out_->Write({memory_->deflated, sizeof memory_->deflated - stream->avail_out});
  return code;
}

void GzipFile::Write(std::string_view bytes) {
  if (!ok_) return;
  auto* stream = reinterpret_cast<z_stream_s*>(stream_);
  stream->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream->avail_in = static_cast<uInt>(bytes.size());
  while (ok_ && stream->avail_in > 0) Deflate(Z_NO_FLUSH);
}

bool GzipFile::Finish() {
  while (ok_ && Deflate(Z_FINISH) != Z_STREAM_END) {
  }
  return out_->Finish() && ok_;
}

}  // namespace pprof::watch
