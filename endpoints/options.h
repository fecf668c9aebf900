// Options as the program wrote them become options that are safe to serve, or a sentence.
#pragma once

#include "endpoints/door/listener.h"
#include "pprof/http.h"
#include "pprof/status.h"

namespace pprof::http {

constexpr size_t kMinRemoteTokenBytes = 32;

// `options` with token_file read into `token`.
// Errors: kInvalidArgument for what contradicts itself or would let strangers in.
Result<Options> CheckedOptions(const Options& options, const ListenAddress& address);

}  // namespace pprof::http
