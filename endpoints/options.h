// Validates the program's options.
#pragma once

#include "endpoints/door/socket/listener.h"
#include "pprof/http.h"
#include "pprof/status.h"

namespace pprof::http {

constexpr size_t kMinRemoteTokenBytes = 32;

// `options` with the contents of token_file in `token`. Errors: kInvalidArgument for options that
// contradict each other or would admit strangers.
Result<Options> CheckedOptions(const Options& options, const ListenAddress& address);

}  // namespace pprof::http
