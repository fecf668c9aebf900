#include "endpoints/answers/answer_body.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace pprof::http {
namespace {

void Require(bool enough_memory) {
  if (!enough_memory) throw std::bad_alloc();
}

Bytef* BytesOf(const void* data) {
  return static_cast<Bytef*>(const_cast<void*>(data));  // zlib does not write to its input
}

}  // namespace

AnswerBody::AnswerBody(bool deflate) {
  if (!deflate) return;
  deflated_ = std::make_unique<char[]>(kChunk);
  auto stream = std::make_unique<z_stream_s>();
  Require(deflateInit(stream.get(), Z_BEST_SPEED) == Z_OK);
  deflate_ = std::move(stream);
}

AnswerBody::~AnswerBody() {
  if (deflate_ != nullptr) deflateEnd(deflate_.get());
  if (inflate_ != nullptr) inflateEnd(inflate_.get());
}

void AnswerBody::Append(std::string_view bytes) {
  size_ += bytes.size();
  if (deflate_ == nullptr) return Store(bytes);
  while (!bytes.empty()) {
    const std::string_view part = bytes.substr(0, size_t{1} << 20);  // zlib counts in 32 bits
    deflate_->next_in = BytesOf(part.data());
    deflate_->avail_in = static_cast<uInt>(part.size());
    Deflate(Z_NO_FLUSH);
    bytes.remove_prefix(part.size());
  }
}

void AnswerBody::Deflate(int flush) {
  do {
    deflate_->next_out = BytesOf(deflated_.get());
    deflate_->avail_out = kChunk;
    deflate(deflate_.get(), flush);
    Store({deflated_.get(), kChunk - deflate_->avail_out});
  } while (deflate_->avail_out == 0);
}

void AnswerBody::Store(std::string_view bytes) {
  while (!bytes.empty()) {
    if (chunks_.empty() || filled_ == kChunk) {
      sys::PageBuffer chunk;
      Require(chunk.Resize(kChunk));
      chunks_.push_back(std::move(chunk));
      filled_ = 0;
    }
    const size_t part = std::min(bytes.size(), kChunk - filled_);
    std::memcpy(chunks_.back().data() + filled_, bytes.data(), part);
    filled_ += part;
    bytes.remove_prefix(part);
  }
}

void AnswerBody::Finish() {
  if (deflate_ == nullptr) return;
  Deflate(Z_FINISH);
  deflateEnd(deflate_.get());
  deflate_ = nullptr;
  deflated_ = nullptr;
  auto stream = std::make_unique<z_stream_s>();
  Require(inflateInit(stream.get()) == Z_OK);
  inflate_ = std::move(stream);
}

bool AnswerBody::Take(std::string& out) {
  if (inflate_ != nullptr) return Inflate(out);
  if (chunks_.empty()) return false;
  const size_t bytes = chunks_.size() == 1 ? filled_ : kChunk;
  out.assign(reinterpret_cast<const char*>(chunks_.front().data()), bytes);
  chunks_.pop_front();
  return true;
}

bool AnswerBody::Inflate(std::string& out) {
  out.resize(kChunk);
  inflate_->next_out = BytesOf(out.data());
  inflate_->avail_out = kChunk;
  int result = Z_OK;
  while (result == Z_OK && inflate_->avail_out > 0 && !chunks_.empty()) {
    const size_t end = chunks_.size() == 1 ? filled_ : kChunk;
    inflate_->next_in = BytesOf(chunks_.front().data() + taken_);
    inflate_->avail_in = static_cast<uInt>(end - taken_);
    result = inflate(inflate_.get(), Z_NO_FLUSH);
    taken_ = end - inflate_->avail_in;
    if (taken_ < end) continue;
    chunks_.pop_front();
    taken_ = 0;
  }
  out.resize(kChunk - inflate_->avail_out);
  return !out.empty();
}

}  // namespace pprof::http
