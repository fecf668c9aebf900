// One request, one answer, over TCP or a Unix socket. No library: the command must run in images
// that have nothing but libc, and the server closes after each answer anyway.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "command/ask/address.h"

namespace pprof::command {

struct Answer {
  int status = 0;
  std::string content_type;
  std::string body;
};

// Called about five times a second while an answer is awaited, with the bytes that have come.
using Watcher = std::function<void(size_t bytes)>;

// An open socket, or -1 with errno. Ownership: the caller's.
int Connect(const Address& address);

// Asks for `path`, which follows the address's base: "heap?debug=1". Any status is an answer.
// Throws Failure, with kNobody if nobody listens, if nothing comes for `patience`, or if the
// answer ends early. Blocks. Thread safety: safe.
Answer Get(const Address& address, const std::string& path,
           std::chrono::seconds patience = std::chrono::seconds(60), const Watcher& watcher = {});

}  // namespace pprof::command
