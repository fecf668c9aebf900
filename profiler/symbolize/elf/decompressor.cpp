#include "profiler/symbolize/elf/decompressor.h"

#include <algorithm>

#if PPROF_CPP_HAVE_ISAL
#include <isa-l/igzip_lib.h>
#else
#include <zlib.h>
#endif
#if PPROF_CPP_HAVE_ZSTD
#include <zstd.h>
#endif

namespace pprof::symbolize {
namespace {

constexpr size_t kZlibHeader = 2;
constexpr uint8_t kDeflate = 8;               // the method, in the low nibble of the first byte
constexpr size_t kMaxStep = size_t{1} << 30;  // both libraries have 32-bit counters

bool IsDeflate(sys::Bytes stored) {
  return stored.size > kZlibHeader && (stored.data[0] & 15) == kDeflate;
}

// Both start at the deflate stream, after zlib's two-byte header: decoding as a zlib stream would
// spend a fourteenth of the time on a checksum, and wrong names do no harm.
#if PPROF_CPP_HAVE_ISAL
// Takes a third of zlib's time, and 160 KB for tables and history.
class DeflateDecompressor final : public Decompressor {
 public:
  explicit DeflateDecompressor(sys::Bytes stored)
      : stored_(stored.From(kZlibHeader)), usable_(IsDeflate(stored)) {
    isal_inflate_init(&state_);
    state_.next_in = const_cast<uint8_t*>(stored_.data);
  }

  size_t Read(uint8_t* out, size_t size) override {
    size_t done = 0;
    while (usable_ && done < size) {
      const size_t step = std::min(size - done, kMaxStep);
      state_.avail_in = static_cast<uint32_t>(std::min<size_t>(Left(), kMaxStep));
      state_.next_out = out + done;
      state_.avail_out = static_cast<uint32_t>(step);
      const int result = isal_inflate(&state_);
      const size_t got = step - state_.avail_out;
      done += got;
      usable_ = result == ISAL_DECOMP_OK && got != 0;
    }
    return done;
  }
  const uint8_t* position() const override { return state_.next_in; }

 private:
  size_t Left() const { return static_cast<size_t>(stored_.end() - state_.next_in); }

  sys::Bytes stored_;
  inflate_state state_;
  bool usable_;
};
#else
class DeflateDecompressor final : public Decompressor {
 public:
  explicit DeflateDecompressor(sys::Bytes stored)
      : stored_(stored.From(kZlibHeader)),
        usable_(inflateInit2(&stream_, -MAX_WBITS) == Z_OK && IsDeflate(stored)) {
    stream_.next_in = const_cast<Bytef*>(stored_.data);
  }
  ~DeflateDecompressor() override { inflateEnd(&stream_); }
  DeflateDecompressor(const DeflateDecompressor&) = delete;
  DeflateDecompressor& operator=(const DeflateDecompressor&) = delete;

  size_t Read(uint8_t* out, size_t size) override {
    size_t done = 0;
    while (usable_ && done < size) {
      const size_t step = std::min(size - done, kMaxStep);
      stream_.avail_in = static_cast<uInt>(std::min<size_t>(Left(), kMaxStep));
      stream_.next_out = out + done;
      stream_.avail_out = static_cast<uInt>(step);
      const int result = inflate(&stream_, Z_NO_FLUSH);
      const size_t got = step - stream_.avail_out;
      done += got;
      usable_ = result == Z_OK && (got != 0 || Left() != 0);
    }
    return done;
  }
  const uint8_t* position() const override { return stream_.next_in; }

 private:
  size_t Left() const { return static_cast<size_t>(stored_.end() - stream_.next_in); }

  sys::Bytes stored_;
  z_stream stream_ = {};
  bool usable_;
};
#endif

#if PPROF_CPP_HAVE_ZSTD
class ZstdDecompressor final : public Decompressor {
 public:
  explicit ZstdDecompressor(sys::Bytes stored)
      : stream_(ZSTD_createDStream()), input_{stored.data, stored.size, 0} {
    // 8 MB window, as level 19 writes; limits the memory a file can make us use.
    if (stream_ != nullptr) ZSTD_DCtx_setParameter(stream_, ZSTD_d_windowLogMax, 23);
  }
  ~ZstdDecompressor() override { ZSTD_freeDStream(stream_); }
  ZstdDecompressor(const ZstdDecompressor&) = delete;
  ZstdDecompressor& operator=(const ZstdDecompressor&) = delete;

  size_t Read(uint8_t* out, size_t size) override {
    ZSTD_outBuffer output{out, size, 0};
    while (stream_ != nullptr && output.pos < output.size) {
      const size_t in_before = input_.pos;
      const size_t out_before = output.pos;
      if (ZSTD_isError(ZSTD_decompressStream(stream_, &output, &input_))) break;
      if (input_.pos == in_before && output.pos == out_before) break;
    }
    return output.pos;
  }
  const uint8_t* position() const override {
    return static_cast<const uint8_t*>(input_.src) + input_.pos;
  }

 private:
  ZSTD_DStream* stream_;
  ZSTD_inBuffer input_;
};
#endif

}  // namespace

std::unique_ptr<Decompressor> MakeDecompressor(Compression compression, sys::Bytes stored) {
  if (compression == Compression::kZlib) return std::make_unique<DeflateDecompressor>(stored);
#if PPROF_CPP_HAVE_ZSTD
  if (compression == Compression::kZstd) return std::make_unique<ZstdDecompressor>(stored);
#endif
  return nullptr;
}

}  // namespace pprof::symbolize
