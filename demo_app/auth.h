// Who asks? The outermost middleware; it looks at the session and hands the request on.
#pragma once

#include <string>

#include "demo_app/request.h"
#include "demo_app/request_context.h"

namespace auth {

// Makes the user known to `next` (see User) and calls it.
void Authenticate(const RequestPtr& request, const reqctx::Handler& next);

// The user of an authenticated request; "" for others.
std::string User(const RequestPtr& request);

}  // namespace auth
