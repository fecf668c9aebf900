#include "profiler/encode/gzip_sink.h"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>
#include <ostream>
#include <string>

namespace pprof::encode {
namespace {

constexpr int kLevel = Z_BEST_SPEED;  // level 6 takes 1.5 to 3 times as long and saves 4 to 14 %
constexpr int kGzipWindow = 15 + 16;  // zlib.h: adding 16 writes a gzip header
constexpr int kMemoryLevel = 8;       // 256 KB in total, the default

}  // namespace

GzipSink::GzipSink(std::ostream& out) : out_(out), stream_(std::make_unique<z_stream_s>()) {
  const int code = deflateInit2(stream_.get(), kLevel, Z_DEFLATED, kGzipWindow, kMemoryLevel,
                                Z_DEFAULT_STRATEGY);
  if (code != Z_OK) Fail("deflateInit2", code);
}

GzipSink::~GzipSink() { deflateEnd(stream_.get()); }

void GzipSink::Write(std::string_view bytes) {
  while (ok() && !bytes.empty()) {
    const size_t most = std::numeric_limits<uInt>::max();
    const auto count = static_cast<uInt>(std::min(bytes.size(), most));
    stream_->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_->avail_in = count;
    while (ok() && stream_->avail_in > 0) Deflate(Z_NO_FLUSH);
    bytes.remove_prefix(count);
  }
}

Status GzipSink::Finish() {
  while (ok() && !Deflate(Z_FINISH)) {
  }
  if (ok() && !out_.flush()) status_ = {StatusCode::kInternal, "writing the profile failed"};
  return status_;
}

// Compresses pending input into one buffer at most. True at the end of the stream.
bool GzipSink::Deflate(int flush) {
  stream_->next_out = reinterpret_cast<Bytef*>(buffer_.data());
  stream_->avail_out = static_cast<uInt>(buffer_.size());
  const int code = deflate(stream_.get(), flush);
  if (code != Z_OK && code != Z_STREAM_END) {
    Fail("deflate", code);
    return false;
  }
  const size_t made = buffer_.size() - stream_->avail_out;
  if (!out_.write(buffer_.data(), static_cast<std::streamsize>(made))) {
    status_ = {StatusCode::kInternal, "writing the profile failed"};
  }
  return code == Z_STREAM_END;
}

void GzipSink::Fail(const char* what, int code) {
  if (code == Z_MEM_ERROR) throw std::bad_alloc();
  status_ = {StatusCode::kInternal, std::string(what) + ": " + zError(code)};
}

}  // namespace pprof::encode
