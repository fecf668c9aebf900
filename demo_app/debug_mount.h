// The profiles on the service's own port (--debug-mount): how a program serves them without a
// second port.
#pragma once

namespace httplib {
struct Request;
struct Response;
}  // namespace httplib

// Whether the path is one of the profiles'.
bool IsDebugPath(const httplib::Request& request);

// Answers it. Blocks for the `seconds` of a recording.
void ServeDebug(const httplib::Request& request, httplib::Response& response);
