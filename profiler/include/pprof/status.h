// Status and Result<T>: the return types of all fallible functions of pprof-cpp. No exceptions
// cross the API.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <variant>

#ifdef _LIBCPP_VERSION
#error \
    "pprof-cpp, like the libraries that it uses, has libstdc++'s strings in its functions; a \
program with libc++ cannot call them. Build with -stdlib=libstdc++, or build without this header and \
start the program with LD_PRELOAD=libpprof_preload.so."
#endif

namespace pprof {

// The kind of failure.
enum class StatusCode {
  kOk,
  kInvalidArgument,  // malformed or out-of-range argument; retrying does not help
  kNotFound,         // no profile of that name
  kUnavailable,      // busy (another recording, too many requests); retry later
  kConflict,         // other code in the process holds the resource, e.g. SIGPROF
  kUnsupported,      // this process cannot provide the profile; the message says why and what to do
  kCancelled,        // the client left or the server is stopping
  kInternal,
};

// Success, or a code with a message: what failed, with which value, and what to do next.
// Thread safety: a value, like std::string. Not async-signal-safe: holds a string.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(StatusCode code, std::string message) : code_(code), message_(std::move(message)) {}

  bool ok() const { return code_ == StatusCode::kOk; }
  StatusCode code() const { return code_; }
  const std::string& message() const { return message_; }

 private:
  StatusCode code_ = StatusCode::kOk;
  std::string message_;
};

// A value, or the Status explaining why there is none.
// REQUIRES: `value()` only after `ok()`; otherwise the process aborts with the message.
// Thread safety: a value. Not async-signal-safe: may hold a string.
template <class T>
class [[nodiscard]] Result {
 public:
  // Implicit, so that functions return the one or the other as it is.
  Result(T value) : state_(std::move(value)) {}         // NOLINT(google-explicit-constructor)
  Result(Status status) : state_(std::move(status)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return std::holds_alternative<T>(state_); }
  Status status() const { return ok() ? Status() : std::get<Status>(state_); }
  T& value() & { return Checked(); }
  const T& value() const& { return const_cast<Result*>(this)->Checked(); }
  T&& value() && { return std::move(Checked()); }

 private:
  T& Checked() {
    if (!ok()) {
      std::fprintf(stderr, "pprof: value() of a failed Result: %s\n",
                   std::get<Status>(state_).message().c_str());
      std::abort();
    }
    return std::get<T>(state_);
  }

  std::variant<Status, T> state_;
};

}  // namespace pprof
