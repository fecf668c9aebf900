#include "profiler/symbolize/elf/section_stream.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "profiler/sys/memory/lazy_file.h"

namespace pprof::symbolize {
namespace {

// Small steps keep the deadline: 256 KB take about a millisecond.
constexpr uint64_t kStep = 256 << 10;
// Windows are mostly requested in rising order with small gaps, so contents are read ahead...
constexpr uint64_t kReadAhead = 64 << 10;
// ... and contents before the window are discarded only occasionally.
constexpr uint64_t kKeepBehind = 64 << 10;
constexpr uint64_t kTrimFrom = 1 << 20;
constexpr uint64_t kFirstLook = 256;         // most names are shorter
constexpr uint64_t kMaxTextBytes = 1 << 20;  // the longest mangled name seen has 15 KB
constexpr uint64_t kDropInputEvery = 1 << 20;
constexpr uint64_t kDropPlainEvery = 512 << 10;

}  // namespace

sys::Bytes SectionStream::Window(uint64_t offset, uint64_t length) {
  if (offset > section_.size || length > section_.size - offset) return {};
  if (!compressed()) {
    const sys::Bytes window = section_.stored.Slice(offset, length);
    return section_.file == nullptr ? window : section_.file->Load(window);
  }
  if (length > kMaxWindow) return {};
  if ((source_ == nullptr || offset < buffer_offset_) && !Restart()) return {};
  if (!SkipTo(offset) || !FillTo(offset + length)) return {};
  DropInput();
  return {buffer_.data() + (offset - buffer_offset_), static_cast<size_t>(length)};
}

std::string_view SectionStream::CStringAt(uint64_t offset) {
  for (uint64_t look = kFirstLook; look <= kMaxTextBytes; look *= 4) {
    if (offset >= size()) return {};
    const uint64_t length = std::min(look, size() - offset);
    const sys::Bytes window = Window(offset, length);
    sys::ByteCursor cursor(window);
    const std::string_view text = cursor.CString();
    if (cursor.ok()) return text;
    if (window.empty() || length < look) return {};
  }
  return {};
}

bool SectionStream::Restart() {
  source_ = MakeDecompressor(section_);
  buffer_offset_ = 0;
  filled_ = 0;
  input_kept_ = section_.stored.data;
  return source_ != nullptr;
}

// Moves the buffer so that `offset` is in it or at its end.
bool SectionStream::SkipTo(uint64_t offset) {
  while (offset > buffer_offset_ + filled_) {
    const uint64_t step = std::min(kStep, offset - (buffer_offset_ + filled_));
    if (budget_->SpentNow()) return false;
    if (buffer_.size() < step && !buffer_.Resize(kStep)) return false;
    buffer_offset_ += filled_;
    filled_ = source_->Read(buffer_.data(), step);
    DropInput();
    if (filled_ < step) return false;
  }
  const uint64_t behind = offset - buffer_offset_;
  if (behind != 0 && (behind == filled_ || behind > kKeepBehind)) {
    std::memmove(buffer_.data(), buffer_.data() + behind, filled_ - behind);
    buffer_offset_ += behind;
    filled_ -= behind;
  }
  return true;
}

bool SectionStream::FillTo(uint64_t end) {
  const uint64_t needed = end - buffer_offset_;
  const uint64_t wanted = std::min(needed + kReadAhead, section_.size - buffer_offset_);
  if (filled_ >= needed) return true;
  if (!Trim(wanted)) return false;
  if (buffer_.size() < wanted && !buffer_.Resize(wanted)) return false;
  while (filled_ < wanted) {
    if (budget_->SpentNow()) return false;
    const uint64_t step = std::min(kStep, wanted - filled_);
    const size_t got = source_->Read(buffer_.data() + filled_, step);
    filled_ += got;
    if (got < step) break;
  }
  return filled_ >= needed;
}

// Releases the pages of an exceptionally large window.
bool SectionStream::Trim(uint64_t wanted) {
  if (buffer_.size() < kTrimFrom || wanted > buffer_.size() / 4) return true;
  sys::PageBuffer smaller;
  if (!smaller.Resize(std::max(wanted, kStep))) return false;
  std::memcpy(smaller.data(), buffer_.data(), filled_);
  buffer_ = std::move(smaller);
  return true;
}

void SectionStream::DropInput() {
  const uint8_t* used = source_->position();
  if (used < input_kept_ + kDropInputEvery) return;
  section_.file->Drop({input_kept_, static_cast<size_t>(used - input_kept_)});
  input_kept_ = used;
}

// Pieces of the file that two windows share are freed with the second one: units of 100 KB would
// otherwise leave two each. A smaller offset than before begins another pass.
void SectionStream::DropBefore(uint64_t offset) {
  if (compressed() || section_.file == nullptr) return;
  if (offset < dropped_) dropped_ = 0;
  if (offset - dropped_ < kDropPlainEvery) return;
  section_.file->Drop(section_.stored.Slice(dropped_, offset - dropped_));
  dropped_ = offset - sys::LazyFile::kPiece;
}

void SectionStream::Close() {
  if (!compressed() && section_.file != nullptr) {
    section_.file->Drop(section_.stored.From(dropped_));
    dropped_ = 0;
  }
  source_.reset();
  buffer_ = sys::PageBuffer();
}

sys::Bytes LoadedSection::Part(uint64_t offset, uint64_t length) {
  if (section_.compression != Compression::kNone) {
    const sys::Bytes rest = Get().From(offset);
    return rest.Slice(0, std::min<uint64_t>(length, rest.size));
  }
  if (offset >= section_.size) return {};
  if (stream_ == nullptr) stream_ = std::make_unique<SectionStream>(section_, budget_);
  return stream_->Window(offset, std::min(length, section_.size - offset));
}

sys::Bytes LoadedSection::Get() {
  if (tried_) return bytes_;
  tried_ = true;
  const bool compressed = section_.compression != Compression::kNone;
  if (compressed && section_.size > kMaxLoaded) return bytes_;
  stream_ = std::make_unique<SectionStream>(section_, budget_);
  bytes_ = stream_->Window(0, section_.size);
  return bytes_;
}

}  // namespace pprof::symbolize
