// An HTTP request for the middleware. Always shared and on the heap: the request context uses its
// address as the key, so the address must not be reused while an entry exists.
#pragma once

#include <memory>
#include <string>

struct Request {
  std::string method;
  std::string path;
  std::string authorization;  // the header's value; "" if absent
};

using RequestPtr = std::shared_ptr<const Request>;
