#include "demo_app/requests/session.h"

#include <fmt/format.h>

#include <any>
#include <functional>
#include <string_view>

#include "demo_app/requests/request_context.h"

namespace session {
namespace {

constexpr char kContextKey[] = "session";
constexpr size_t kPagesSeen = 24;

// "Bearer alice" is user alice; in this demo no secret is checked.
std::string UserOf(const Request& request) {
  constexpr std::string_view kBearer = "Bearer ";
  if (request.authorization.compare(0, kBearer.size(), kBearer) != 0) return "guest";
  return request.authorization.substr(kBearer.size());
}

std::string PagesSeen(const std::string& path) {
  std::string pages;
  for (size_t i = 0; i < kPagesSeen; ++i) pages += fmt::format("{}?from=search&page={};", path, i);
  return pages;
}

// Simulates a session store.
Session Load(const Request& request) {
  Session session;
  session.user = UserOf(request);
  session.id = fmt::format("{:016x}", std::hash<std::string>()(session.user + request.path));
  session.values["csrf_token"] = std::string(64, 'c');
  session.values["cart"] = std::string(512, 'x');
  session.values["locale"] = "de_DE.UTF-8, Europe/Berlin, EUR";
  session.values["pages_seen"] = PagesSeen(request.path);
  return session;
}

}  // namespace

__attribute__((noinline)) Session Get(const RequestPtr& request) {
  auto [stored, found] = reqctx::GetOk(request, kContextKey);
  if (found) return std::any_cast<Session>(std::move(stored));
  Session session = Load(*request);
  reqctx::Set(request, kContextKey, session);
  return session;
}

}  // namespace session
