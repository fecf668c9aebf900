// A stream buffer that fails instead of growing over its bound: the answer of one request.
#pragma once

#include <cstddef>
#include <streambuf>
#include <string>

namespace pprof::http {

class CappedBuffer : public std::streambuf {
 public:
  explicit CappedBuffer(size_t max_bytes) : max_bytes_(max_bytes) {}

  bool overflowed() const { return overflowed_; }
  std::string Take() { return std::move(bytes_); }

 protected:
  std::streamsize xsputn(const char* data, std::streamsize size) override {
    if (static_cast<size_t>(size) > max_bytes_ - bytes_.size()) {
      overflowed_ = true;
      return 0;
    }
    bytes_.append(data, static_cast<size_t>(size));
    return size;
  }

  int_type overflow(int_type c) override {
    const char byte = traits_type::to_char_type(c);
    if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
    return xsputn(&byte, 1) == 1 ? c : traits_type::eof();
  }

 private:
  const size_t max_bytes_;
  std::string bytes_;
  bool overflowed_ = false;
};

}  // namespace pprof::http
