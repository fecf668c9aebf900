// One HTTP request as the middleware sees it. Always on the heap and shared: the request context
// keys its table by the address, so the address may not be used again while an entry is there.
#pragma once

#include <memory>
#include <string>

struct Request {
  std::string method;
  std::string path;
  std::string authorization;  // the header's value, "" without one
};

using RequestPtr = std::shared_ptr<const Request>;
