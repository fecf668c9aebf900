// The records of .eh_frame: one for each function (FDE), with a pointer to a shared one (CIE).
// Source: Linux Standard Base 5, section 10.6.
#pragma once

#include <cstdint>

#include "profiler/signal_safe/unwind/cfi/cfi_program.h"

namespace pprof::signal_safe {

// The contents of a CIE.
struct CfiCommon {
  CfiFactors factors;
  bool has_augmentation = false;
  bool signal_frame = false;
  NoRules problem = NoRules::kNone;
  CfiReader instructions{nullptr, nullptr};
};

// The contents of an FDE.
struct CfiFunction {
  CfiCommon common;
  uint64_t start = 0;
  uint64_t length = 0;
  CfiReader instructions{nullptr, nullptr};
};

// A record's bytes after its length; empty for the terminator. Async-signal-safe.
CfiReader BodyOfRecord(const uint8_t* record);

// `record`: the address of an FDE. Its problem, if any, is in common.problem. Async-signal-safe.
CfiFunction ReadFunction(const uint8_t* record);

}  // namespace pprof::signal_safe
