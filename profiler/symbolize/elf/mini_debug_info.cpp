#include "profiler/symbolize/elf/mini_debug_info.h"

#include <algorithm>
#include <utility>

#if PPROF_CPP_HAVE_LZMA
#include <lzma.h>
#endif

namespace pprof::symbolize {

#if PPROF_CPP_HAVE_LZMA
namespace {

// Symbols of a large program: Fedora's chromium has 6 MB.
constexpr size_t kMaxBytes = size_t{64} << 20;
constexpr uint64_t kMaxDecoderBytes = uint64_t{16} << 20;  // xz -6 needs 9 MB
constexpr size_t kStep = 256 << 10;

bool Decode(lzma_stream& stream, TimeBudget& budget, sys::PageBuffer* out) {
  size_t filled = 0;
  while (filled < kMaxBytes && !budget.Spent()) {
    // Grows by half, so that copying stays cheap.
    if (out->size() == filled && !out->Resize(std::max(2 * kStep, filled + filled / 2))) break;
    stream.next_out = out->data() + filled;
    stream.avail_out = out->size() - filled;
    const lzma_ret result = lzma_code(&stream, LZMA_FINISH);
    filled = out->size() - stream.avail_out;
    if (result == LZMA_STREAM_END) return out->Resize(filled);
    if (result != LZMA_OK) break;
  }
  return false;
}

}  // namespace

std::unique_ptr<ElfFile> OpenMiniDebugInfo(const ElfFile& binary, TimeBudget& budget) {
  const sys::Bytes section = binary.Contents(".gnu_debugdata");
  if (section.empty()) return nullptr;
  lzma_stream stream = LZMA_STREAM_INIT;
  if (lzma_stream_decoder(&stream, kMaxDecoderBytes, 0) != LZMA_OK) return nullptr;
  stream.next_in = section.data;
  stream.avail_in = section.size;
  sys::PageBuffer contents;
  const bool decoded = Decode(stream, budget, &contents);
  lzma_end(&stream);
  return decoded ? ElfFile::FromBuffer(std::move(contents)) : nullptr;
}
#else
std::unique_ptr<ElfFile> OpenMiniDebugInfo(const ElfFile&, TimeBudget&) { return nullptr; }
#endif

}  // namespace pprof::symbolize
