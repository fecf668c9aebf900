// Decides from the head of a request whether to admit it, before any other work is done for it.
#pragma once

#include <optional>

#include "endpoints/door/request_head.h"
#include "pprof/http.h"

namespace pprof::http {

// The rules of Server: exactly one allowed Host, no headers that clients never send (Range,
// Transfer-Encoding, ...), a body only with POST, and those of AdmitClient. `options.token` is the
// token itself (token_file has been read). Empty result: admitted.
std::optional<Refused> Admit(const RequestHead& head, const Options& options);

// The rules that also apply to Handle(): not from a page of another origin, and with the token.
std::optional<Refused> AdmitClient(const RequestHead& head, const Options& options);

// The head that Handle() checks, with names in lower case.
RequestHead HeadOf(const Request& request);

}  // namespace pprof::http
