// The outermost middleware: identifies the user from the session and passes the request on.
#pragma once

#include <string>

#include "demo_app/requests/request.h"
#include "demo_app/requests/request_context.h"

namespace auth {

// Sets the user (see User) and calls `next`.
void Authenticate(const RequestPtr& request, const reqctx::Handler& next);

// The user of an authenticated request; "" for others.
std::string User(const RequestPtr& request);

}  // namespace auth
