// One HTTP request as the middleware sees it. Always on the heap and shared: the request context
// keys its table by the address, so the address may not be used again while an entry is there.
#pragma once

#include <map>
#include <memory>
#include <string>

struct Request {
  std::string method;
  std::string path;
  std::map<std::string, std::string> headers;

  // The header's value, or "" when there is none.
  std::string Header(const std::string& name) const {
    auto it = headers.find(name);
    return it == headers.end() ? std::string() : it->second;
  }
};

using RequestPtr = std::shared_ptr<const Request>;
