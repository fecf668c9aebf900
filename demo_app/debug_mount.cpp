#include "demo_app/debug_mount.h"

#include <httplib.h>
#include <pprof/http.h>

bool IsDebugPath(const httplib::Request& request) {
  return request.path == "/debug/pprof" || request.path.rfind("/debug/", 0) == 0;
}

void ServeDebug(const httplib::Request& http_request, httplib::Response& http_response) {
  pprof::http::Request request;
  request.method = http_request.method;
  request.path = http_request.path;
  const size_t question = http_request.target.find('?');
  if (question != std::string::npos) request.query = http_request.target.substr(question + 1);
  request.body = http_request.body;
  request.headers.insert(http_request.headers.begin(), http_request.headers.end());

  const pprof::http::Response response = pprof::http::Handle(request);
  http_response.status = response.status;
  std::string type = "text/plain; charset=utf-8";
  for (const auto& [name, value] : response.headers) {
    if (name == "Content-Type") {
      type = value;
    } else if (name != "Content-Length" && name != "Connection") {
      http_response.set_header(name, value);
    }
  }
  http_response.set_content(response.body, type);
}
