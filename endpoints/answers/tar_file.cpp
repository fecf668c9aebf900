#include "endpoints/answers/tar_file.h"

#include <zlib.h>

#include <algorithm>
#include <cstdio>

namespace pprof::http {
namespace {

// POSIX.1-1988 (ustar): a header of 512 bytes, then the bytes in blocks of 512.
constexpr size_t kBlock = 512;
constexpr size_t kSumAt = 148;
constexpr size_t kSumBytes = 8;

void Put(std::string* header, size_t at, const std::string& text) {
  std::copy(text.begin(), text.end(), header->begin() + static_cast<ptrdiff_t>(at));
}

std::string Octal(uint64_t number, int digits) {
  char text[32];
  const int length =
      std::snprintf(text, sizeof text, "%0*llo", digits, static_cast<unsigned long long>(number));
  return {text, static_cast<size_t>(length)};
}

std::string HeaderOf(const std::string& name, int64_t unix_seconds, size_t size) {
  constexpr size_t kMostName = 100;
  std::string header(kBlock, '\0');
  Put(&header, 0, name.substr(0, kMostName));
  Put(&header, 100, "0000600");
  Put(&header, 108, "0000000");
  Put(&header, 116, "0000000");
  Put(&header, 124, Octal(size, 11));
  Put(&header, 136, Octal(static_cast<uint64_t>(std::max<int64_t>(unix_seconds, 0)), 11));
  Put(&header, kSumAt, std::string(kSumBytes, ' '));
  Put(&header, 156, "0");
  Put(&header, 257, "ustar");
  Put(&header, 263, "00");
  uint64_t sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  Put(&header, kSumAt, Octal(sum, 6) + std::string("\0 ", 2));
  return header;
}

}  // namespace

void TarFile::Add(const std::string& name, int64_t unix_seconds, std::string_view bytes) {
  bytes_ += HeaderOf(name, unix_seconds, bytes.size());
  bytes_ += bytes;
  bytes_.resize((bytes_.size() + kBlock - 1) / kBlock * kBlock);
}

std::string TarFile::Finish() {
  constexpr int kGzipWindow = 15 + 16;  // zlib.h: adding 16 writes a gzip header
  constexpr int kMemoryLevel = 8;
  bytes_.resize(bytes_.size() + 2 * kBlock);
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzipWindow, kMemoryLevel,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    return {};
  }
  std::string packed(deflateBound(&stream, bytes_.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(bytes_.data());
  stream.avail_in = static_cast<uInt>(bytes_.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const bool done = deflate(&stream, Z_FINISH) == Z_STREAM_END;
  packed.resize(done ? stream.total_out : 0);
  deflateEnd(&stream);
  return packed;
}

}  // namespace pprof::http
