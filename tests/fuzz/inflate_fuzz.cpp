// libFuzzer target: arbitrary bytes as a zlib section, in pieces of a size given by the first byte.
//
// The decompressor is a library without instrumentation, partly in assembler. The sanitizers cannot
// check it, so guard pages follow its input and output. zlib's output is the reference.
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "profiler/symbolize/elf/decompressor.h"

namespace {

constexpr size_t kPage = 4096;
constexpr size_t kMaxOutput = 64 * kPage;

// `size` bytes that end at an inaccessible page.
class Guarded {
 public:
  explicit Guarded(size_t size) : size_(size), room_((size + kPage - 1) / kPage * kPage + kPage) {
    base_ = mmap(nullptr, room_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base_ == MAP_FAILED || mprotect(end(), kPage, PROT_NONE) != 0) std::abort();
  }
  ~Guarded() { munmap(base_, room_); }
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;
  uint8_t* data() const { return end() - size_; }
  uint8_t* end() const { return static_cast<uint8_t*>(base_) + room_ - kPage; }

 private:
  size_t size_;
  size_t room_;
  void* base_;
};

std::vector<uint8_t> Ours(const uint8_t* data, size_t size, size_t step) {
  const Guarded input(size);
  std::memcpy(input.data(), data, size);
  const auto source = pprof::symbolize::MakeDecompressor(pprof::symbolize::Compression::kZlib,
                                                         {input.data(), size});
  const Guarded output(step);
  std::vector<uint8_t> all;
  size_t got = step;
  while (got == step && all.size() < kMaxOutput) {
    got = source->Read(output.data(), step);
    if (got > step || source->position() > input.end()) std::abort();
    all.insert(all.end(), output.data(), output.data() + got);
  }
  return all;
}

// *whole: the stream ended correctly, within kMaxOutput.
std::vector<uint8_t> Zlibs(const uint8_t* data, size_t size, bool* whole) {
  std::vector<uint8_t> all(kMaxOutput);
  z_stream stream = {};
  inflateInit2(&stream, -MAX_WBITS);
  stream.next_in = const_cast<Bytef*>(data + 2);
  stream.avail_in = static_cast<uInt>(size - 2);
  stream.next_out = all.data();
  stream.avail_out = kMaxOutput;
  *whole = inflate(&stream, Z_NO_FLUSH) == Z_STREAM_END;
  all.resize(kMaxOutput - stream.avail_out);
  inflateEnd(&stream);
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 4) return 0;
  const size_t step = data[0] * size_t{37} + 1;
  std::vector<uint8_t> stored(data + 1, data + size);
  stored[0] = 0x78;  // input that is rejected at once is useless
  const std::vector<uint8_t> ours = Ours(stored.data(), stored.size(), step);
  bool whole = false;
  const std::vector<uint8_t> zlibs = Zlibs(stored.data(), stored.size(), &whole);
  if (whole && ours.size() != zlibs.size()) std::abort();
  const size_t both = std::min(ours.size(), zlibs.size());
  // For a damaged stream the libraries return different amounts of the data before the damage.
  if (!std::equal(ours.begin(), ours.begin() + static_cast<long>(both), zlibs.begin()))
    std::abort();
  return 0;
}
