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

// Input is loaded and handed over in pieces of this size.
constexpr size_t kInputStep = size_t{256} << 10;

bool IsDeflate(const SectionData& section) {
  const sys::Bytes header = section.file->Load(section.stored.Slice(0, kZlibHeader));
  return section.stored.size > kZlibHeader && (header.data[0] & 15) == kDeflate;
}

// The next piece of input at `next`.
sys::Bytes InputAt(const SectionData& section, const uint8_t* next) {
  const auto left = static_cast<size_t>(section.stored.end() - next);
  return section.file->Load({next, std::min(left, kInputStep)});
}

// Both start at the deflate stream, after zlib's two-byte header: decoding as a zlib stream would
// spend a fourteenth of the time on a checksum, and wrong names do no harm.
#if PPROF_CPP_HAVE_ISAL
// Takes a third of zlib's time, and 160 KB for tables and history.
class DeflateDecompressor final : public Decompressor {
 public:
  explicit DeflateDecompressor(const SectionData& section)
      : section_(section), usable_(IsDeflate(section)) {
    isal_inflate_init(&state_);
    state_.next_in = const_cast<uint8_t*>(section.stored.From(kZlibHeader).data);
  }

  size_t Read(uint8_t* out, size_t size) override {
    size_t done = 0;
    while (usable_ && done < size) {
      const size_t step = std::min(size - done, kMaxStep);
      const sys::Bytes input = InputAt(section_, state_.next_in);
      state_.avail_in = static_cast<uint32_t>(input.size);
      state_.next_out = out + done;
      state_.avail_out = static_cast<uint32_t>(step);
      const int result = isal_inflate(&state_);
      const size_t got = step - state_.avail_out;
      done += got;
      const bool read = state_.next_in != input.data;
      usable_ = result == ISAL_DECOMP_OK && (got != 0 || read);
    }
    return done;
  }
  const uint8_t* position() const override { return state_.next_in; }

 private:
  const SectionData section_;
  inflate_state state_;
  bool usable_;
};
#else
class DeflateDecompressor final : public Decompressor {
 public:
  explicit DeflateDecompressor(const SectionData& section)
      : section_(section),
        usable_(inflateInit2(&stream_, -MAX_WBITS) == Z_OK && IsDeflate(section)) {
    stream_.next_in = const_cast<Bytef*>(section.stored.From(kZlibHeader).data);
  }
  ~DeflateDecompressor() override { inflateEnd(&stream_); }
  DeflateDecompressor(const DeflateDecompressor&) = delete;
  DeflateDecompressor& operator=(const DeflateDecompressor&) = delete;

  size_t Read(uint8_t* out, size_t size) override {
    size_t done = 0;
    while (usable_ && done < size) {
      const size_t step = std::min(size - done, kMaxStep);
      const sys::Bytes input = InputAt(section_, stream_.next_in);
      stream_.avail_in = static_cast<uInt>(input.size);
      stream_.next_out = out + done;
      stream_.avail_out = static_cast<uInt>(step);
      const int result = inflate(&stream_, Z_NO_FLUSH);
      const size_t got = step - stream_.avail_out;
      done += got;
      const bool read = stream_.next_in != input.data;
      usable_ = result == Z_OK && (got != 0 || read);
    }
    return done;
  }
  const uint8_t* position() const override { return stream_.next_in; }

 private:
  const SectionData section_;
  z_stream stream_ = {};
  bool usable_;
};
#endif

#if PPROF_CPP_HAVE_ZSTD
class ZstdDecompressor final : public Decompressor {
 public:
  explicit ZstdDecompressor(const SectionData& section)
      : section_(section), stream_(ZSTD_createDStream()), next_(section.stored.data) {
    // 8 MB window, as level 19 writes; limits the memory a file can make us use.
    if (stream_ != nullptr) ZSTD_DCtx_setParameter(stream_, ZSTD_d_windowLogMax, 23);
  }
  ~ZstdDecompressor() override { ZSTD_freeDStream(stream_); }
  ZstdDecompressor(const ZstdDecompressor&) = delete;
  ZstdDecompressor& operator=(const ZstdDecompressor&) = delete;

  size_t Read(uint8_t* out, size_t size) override {
    ZSTD_outBuffer output{out, size, 0};
    while (stream_ != nullptr && output.pos < output.size) {
      const sys::Bytes piece = InputAt(section_, next_);
      ZSTD_inBuffer input{piece.data, piece.size, 0};
      const size_t out_before = output.pos;
      if (ZSTD_isError(ZSTD_decompressStream(stream_, &output, &input))) break;
      next_ += input.pos;
      if (input.pos == 0 && output.pos == out_before) break;
    }
    return output.pos;
  }
  const uint8_t* position() const override { return next_; }

 private:
  const SectionData section_;
  ZSTD_DStream* stream_;
  const uint8_t* next_;
};
#endif

}  // namespace

std::unique_ptr<Decompressor> MakeDecompressor(const SectionData& section) {
  const Compression compression = section.compression;
  if (compression == Compression::kZlib) return std::make_unique<DeflateDecompressor>(section);
#if PPROF_CPP_HAVE_ZSTD
  if (compression == Compression::kZstd) return std::make_unique<ZstdDecompressor>(section);
#endif
  return nullptr;
}

}  // namespace pprof::symbolize
