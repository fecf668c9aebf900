#include "demo_app/requests/auth.h"

#include <any>

#include "demo_app/requests/session.h"

namespace auth {
namespace {

constexpr char kContextKey[] = "user";

}  // namespace

// noinline, here and on the functions below it, so that the profile shows every frame on the path
// to the leak.
__attribute__((noinline)) void Authenticate(const RequestPtr& request,
                                            const reqctx::Handler& next) {
  const session::Session session = session::Get(request);
  reqctx::Set(request, kContextKey, session.user);
  next(request);
}

std::string User(const RequestPtr& request) {
  const std::any user = reqctx::Get(request, kContextKey);
  return user.has_value() ? std::any_cast<std::string>(user) : std::string();
}

}  // namespace auth
