// Serves the profiles on the service's own port (--debug-mount), without a second port.
#pragma once

namespace httplib {
struct Request;
struct Response;
}  // namespace httplib

// Whether the path belongs to the profiles.
bool IsDebugPath(const httplib::Request& request);

// Answers the request. Blocks for the `seconds` of a recording.
void ServeDebug(const httplib::Request& request, httplib::Response& response);
