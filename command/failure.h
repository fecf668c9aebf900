// How a verb ends when it cannot do its work: one sentence for the person, one number for the
// script.
#pragma once

#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>

namespace pprof::command {

// Exit codes, as the manual page lists them.
constexpr int kFailed = 1;         // the server's answer, a file or the system stood in the way
constexpr int kUsage = 2;          // the command line makes no sense
constexpr int kNobody = 3;         // nobody answers for this process, name or address
constexpr int kCannotStart = 126;  // run: the program is there and cannot be profiled or started
constexpr int kNotFound = 127;     // run: there is no such program

// The system's words for errno.
inline std::string ErrorText() { return std::generic_category().message(errno); }

class Failure : public std::runtime_error {
 public:
  explicit Failure(const std::string& sentence, int code = kFailed)
      : std::runtime_error(sentence), exit_code(code) {}

  int exit_code;
};

}  // namespace pprof::command
