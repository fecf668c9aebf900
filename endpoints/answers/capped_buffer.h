// A stream buffer for the answer to one request. Fails when its limit would be exceeded or the
// request is cancelled.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <new>
#include <streambuf>
#include <utility>

#include "endpoints/answers/answer_body.h"

namespace pprof::http {

class CappedBuffer : public std::streambuf {
 public:
  // `deflate`: see AnswerBody.
  CappedBuffer(size_t max_bytes, bool deflate, std::function<bool()> cancelled = nullptr)
      : max_bytes_(max_bytes),
        cancelled_(std::move(cancelled)),
        body_(std::make_unique<AnswerBody>(deflate)) {}

  bool overflowed() const { return overflowed_; }
  bool was_cancelled() const { return was_cancelled_; }
  // std::ostream keeps exceptions of its buffer to itself.
  bool out_of_memory() const { return out_of_memory_; }

  // Ends the body. REQUIRES: nothing is written afterwards.
  std::unique_ptr<AnswerBody> Take() {
    body_->Finish();
    return std::move(body_);
  }

 protected:
  std::streamsize xsputn(const char* data, std::streamsize size) override {
    if (cancelled_ && cancelled_()) {
      was_cancelled_ = true;
      return 0;
    }
    if (static_cast<size_t>(size) > max_bytes_ - body_->size()) {
      overflowed_ = true;
      return 0;
    }
    try {
      body_->Append({data, static_cast<size_t>(size)});
    } catch (const std::bad_alloc&) {
      out_of_memory_ = true;
      return 0;
    }
    return size;
  }

  int_type overflow(int_type c) override {
    const char byte = traits_type::to_char_type(c);
    if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
    return xsputn(&byte, 1) == 1 ? c : traits_type::eof();
  }

 private:
  const size_t max_bytes_;
  const std::function<bool()> cancelled_;
  std::unique_ptr<AnswerBody> body_;
  bool overflowed_ = false;
  bool was_cancelled_ = false;
  bool out_of_memory_ = false;
};

}  // namespace pprof::http
