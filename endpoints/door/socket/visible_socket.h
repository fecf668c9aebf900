// The listening socket's descriptor among those of the program. The server does not use it: its
// thread has descriptors of its own. It shows who listens (ss, lsof and /proc/PID/fd look at it),
// and so it must not survive in a forked child, where nobody would answer.
#pragma once

#include "endpoints/door/socket/file_identity.h"
#include "endpoints/door/socket/unique_fd.h"
#include "pprof/status.h"

namespace pprof::http {

// Closes the descriptor at the end, and in every child that the program forks, if it still is this
// socket: the program may have closed it and reused its number.
// Thread safety: one thread owns the object. Not async-signal-safe: allocates.
class VisibleSocket {
 public:
  VisibleSocket() = default;  // none
  // The same socket with a high number, out of the way of programs that expect certain numbers.
  static UniqueFd MoveUp(UniqueFd socket);
  // Errors: kInternal when the system takes no fork handler.
  static Result<VisibleSocket> Take(UniqueFd socket);

  VisibleSocket(VisibleSocket&& other) noexcept : entry_(std::exchange(other.entry_, nullptr)) {}
  VisibleSocket& operator=(VisibleSocket&& other) noexcept {
    std::swap(entry_, other.entry_);
    return *this;
  }
  VisibleSocket(const VisibleSocket&) = delete;
  VisibleSocket& operator=(const VisibleSocket&) = delete;
  ~VisibleSocket();

  // Its number, whether or not it is still this socket; -1 for none.
  int number() const;

  // An element of the list that the fork handler walks.
  struct Entry;

 private:
  explicit VisibleSocket(Entry* entry) : entry_(entry) {}
  Entry* entry_ = nullptr;
};

}  // namespace pprof::http
