// What PPROF_CPP_LISTEN and PPROF_CPP_CHILDREN ask of a process, and the server that follows.
//
// A fixed address belongs to one process of a tree: the first one, or the child that it leaves
// behind when it becomes a daemon. An address with %p, and the sockets of children, are there for
// each process. docs/preload.md has the whole table.
#pragma once

#include <sys/types.h>

#include <string>

#include "pprof/http.h"
#include "pprof/status.h"

namespace pprof::preload {

// One per process, made at load and never freed. Thread safety: none, one thread after the other.
// Not async-signal-safe unless stated.
class Listening {
 public:
  // What the process's own environment asks for; nullptr: nothing. Errors are kept for Serve():
  // a setting that cannot be read means that nothing listens. Ownership: the caller's.
  // REQUIRES: one thread, before main; file descriptor 2 is what the process was started with.
  static Listening* FromEnvironment();

  // In a forked child: its parent's server is not its own. Async-signal-safe.
  void OnForkedChild();
  // Whether Serve() could start a server here. Async-signal-safe.
  bool MayServe() const { return !is_fork_ || children_serve_ || !parent_served_; }

  // Starts the server that this process is meant to have, if any; it serves until the process
  // ends. One line on stderr when that was asked of this process and fails. Never throws.
  void Serve() noexcept;
  // Writes that line, if stderr is what it was at the start.
  void Complain(const std::string& why) const;

  // Removes the server's socket file. Async-signal-safe.
  void OnExit() const;

 private:
  Listening();
  Status ServeWhereMeant();
  Status ServeAt(std::string address);
  Status ServeAtOwnSocket(const std::string& address);
  bool ParentIsMeant() const;

  Result<http::Options> options_;
  bool children_serve_ = false;
  bool has_own_address_ = false;  // each process of the tree has another one
  bool is_child_ = false;         // of a process that the same was asked of
  bool is_fork_ = false;
  bool parent_served_ = false;  // before the fork
  bool serves_ = false;
  pid_t parent_ = 0;  // that forked this process; it may have ended since
  uid_t first_user_;
  pid_t process_;
  dev_t stderr_device_ = 0;
  ino_t stderr_inode_ = 0;
  char socket_path_[sizeof "/" + 107] = "";
};

}  // namespace pprof::preload
