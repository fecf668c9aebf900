// Who may ask, decided from the head of a request alone, before anything runs for it.
#pragma once

#include <optional>

#include "endpoints/door/request_head.h"
#include "pprof/http.h"

namespace pprof::http {

// The rules of the server's own door: exactly one Host of the list, nothing that its clients never
// send (Range, Transfer-Encoding, ...), a body only with POST, and what AdmitClient asks.
// `options.token` is the token itself (token_file has been read). Nothing: let in.
std::optional<Refused> Admit(const RequestHead& head, const Options& options);

// The rules that hold in a server of one's own as well: not from a page of another origin, and with
// the token.
std::optional<Refused> AdmitClient(const RequestHead& head, const Options& options);

// The head that Handle() checks: names in lower case.
RequestHead HeadOf(const Request& request);

}  // namespace pprof::http
