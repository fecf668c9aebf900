// The session of a request: loaded at the first Get and kept in the request context, like
// gorilla/sessions.
#pragma once

#include <map>
#include <string>

#include "demo_app/requests/request.h"

namespace session {

struct Session {
  std::string id;
  std::string user;
  std::map<std::string, std::string> values;  // about 2 kB: cart, preferences, pages seen
};

// The session of this request. Stores it in the request context, which is not cleared
// automatically: this is the leak.
Session Get(const RequestPtr& request);

}  // namespace session
