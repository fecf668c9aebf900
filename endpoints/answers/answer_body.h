// The body of a profile's answer while it waits for its client.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "profiler/sys/memory/page_buffer.h"

struct z_stream_s;

namespace pprof::http {

// Texts are kept deflated: 41 MB of debug=1 take 2 MB, so a slow client costs little. The memory is
// pages of our own, each of which goes back to the system as soon as its bytes are taken.
// Errors: throws std::bad_alloc. Thread safety: none; one thread fills it, then one empties it.
class AnswerBody {
 public:
  // `deflate`: for texts, not for what is compressed already.
  explicit AnswerBody(bool deflate);
  ~AnswerBody();
  AnswerBody(const AnswerBody&) = delete;
  AnswerBody& operator=(const AnswerBody&) = delete;

  void Append(std::string_view bytes);
  // Ends the filling. Everything that can fail for lack of memory has happened then.
  void Finish();

  // Replaces `out` by the next bytes; false at the end. REQUIRES: Finish() was called.
  bool Take(std::string& out);

  uint64_t size() const { return size_; }  // of all bytes, as appended
  size_t memory() const { return chunks_.size() * kChunk; }

  static constexpr size_t kChunk = size_t{64} << 10;

 private:
  void Deflate(int flush);
  void Store(std::string_view bytes);
  bool Inflate(std::string& out);

  std::deque<sys::PageBuffer> chunks_;
  size_t filled_ = 0;  // bytes in the last chunk
  size_t taken_ = 0;   // bytes of the first chunk that were taken
  uint64_t size_ = 0;
  std::unique_ptr<z_stream_s> deflate_;  // null if not used, and once finished
  std::unique_ptr<z_stream_s> inflate_;
  std::unique_ptr<char[]> deflated_;
};

}  // namespace pprof::http
