// Serializes answers with cpp-httplib (httplib_writer.cpp). It gets no client bytes: the request
// that its code needs is a constant, so its parser cannot be reached from the network
// (docs/decisions/0007-httplib-writes-the-gate-reads.md). The preload library, which must need no
// library but the C library, writes the same bytes without it (plain_writer.cpp).
//
// exit() destroys httplib's statics while our threads still run. Before it does, it waits for the
// calls of Write that have begun, up to a second; later ones return nothing.
#pragma once

#include <memory>
#include <string>

#include "endpoints/answers/answers.h"

namespace pprof::http {

// Thread safety: none; one per thread.
class AnswerWriter {
 public:
  AnswerWriter();
  ~AnswerWriter();
  AnswerWriter(AnswerWriter&&) noexcept;
  AnswerWriter& operator=(AnswerWriter&&) = delete;
  AnswerWriter(const AnswerWriter&) = delete;
  AnswerWriter& operator=(const AnswerWriter&) = delete;

  // The status line, the headers with Connection: close, and the body unless `head_only`. The bytes
  // of `answer.profile` are not included, but their number is in the headers.
  std::string Write(const Answer& answer, bool head_only);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pprof::http
