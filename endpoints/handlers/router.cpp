#include "endpoints/handlers/router.h"

#include <exception>
#include <functional>

#include "endpoints/answers/answers.h"
#include "endpoints/handlers/captures_handler.h"
#include "endpoints/handlers/history_handler.h"
#include "endpoints/handlers/index_page.h"
#include "endpoints/handlers/info_handlers.h"
#include "endpoints/handlers/metrics_handler.h"
#include "endpoints/handlers/profile_handler.h"
#include "endpoints/handlers/ui_files.h"

namespace pprof::http {
namespace {

bool IsRead(const Request& request) { return request.method == "GET" || request.method == "HEAD"; }

bool Under(std::string_view prefix, std::string_view& path) {
  if (path.substr(0, prefix.size()) != prefix) return false;
  path.remove_prefix(prefix.size());
  return true;
}

// The action for a POST to `path`, or nullptr.
const ProfileAction* ActionAt(std::string_view path) {
  if (!Under(kRoot, path)) return nullptr;
  for (const ProfileType* type : ProfileTypes()) {
    std::string_view rest = path;
    if (!Under(type->name, rest)) continue;
    const bool own_path = rest.empty();
    if (!own_path && !Under("/", rest)) continue;
    for (const ProfileAction& action : type->actions) {
      if (action.name == rest && own_path == action.name.empty()) return &action;
    }
  }
  return nullptr;
}

Response RedirectToIndex() {
  Response response;
  response.status = 301;
  response.headers.emplace("Content-Type", kHtml);
  response.headers.emplace("Location", kRoot);
  response.body = "<a href=\"/debug/pprof/\">Moved Permanently</a>.\n\n";
  return response;
}

bool IsJson(const Request& request) {
  const std::string* type = FindHeader(request.headers, "Content-Type");
  return type != nullptr && type->substr(0, type->find_first_of("; ")) == "application/json";
}

// Requires a header that an HTML form or a script of another origin cannot send without a CORS
// preflight.
Response Guarded(const Request& request, const Context& context,
                 const std::function<Response()>& act) {
  if (IsJson(request)) return act();
  context.refusals.Count(Refusal::kContentType);
  return ErrorAnswer(415,
                     "a POST needs the header Content-Type: application/json, "
                     "e.g. curl -X POST -H 'Content-Type: application/json'");
}

// Look-ups have a bucket of their own: a client that asks in a loop must not take away the profiles
// of others.
Answer Cheap(const Context& context, const std::function<Answer()>& serve) {
  if (context.lookups.Take()) return serve();
  context.refusals.Count(Refusal::kDumps);
  return ErrorAnswer(
      Status(StatusCode::kUnavailable, "too many look-ups were asked for; try again in 1 s"));
}

Answer ServePost(const Request& request, const Context& context) {
  if (IsSymbolPath(request.path)) {
    return Cheap(context, [&] { return ServeSymbol(request.body); });
  }
  if (const ProfileAction* action = ActionAt(request.path)) {
    return Guarded(request, context, [&] { return RunAction(*action, request); });
  }
  if (IsCapturesPath(request.path)) {
    return Cheap(context, [&] {
      return Guarded(request, context, [&] { return ChangeCaptures(request); });
    });
  }
  context.refusals.Count(Refusal::kMethod);
  return MethodNotAllowed("GET, HEAD");
}

Answer ServeRead(const Request& request, const Context& context) {
  if (request.path == kRoot) return Cheap(context, [&] { return ServeIndex(request, context); });
  if (const UiFile* file = UiFileAt(request.path)) return ServeUiFile(*file);
  if (request.path == "/debug/pprof/cmdline" && context.options.expose_cmdline) {
    return ServeCmdline();
  }
  if (IsMetricsPath(request.path, context.options)) {
    return Cheap(context, [&] { return ServeMetrics(request, context); });
  }
  if (request.path == kHistoryPath) return Cheap(context, [&] { return ServeHistory(request); });
  if (IsSymbolPath(request.path)) {
    return Cheap(context, [&] { return ServeSymbol(request.query); });
  }
  if (IsCapturesPath(request.path)) {
    return Cheap(context, [&] { return ServeCaptures(request); });
  }
  if (const ProfileType* type = ProfileAt(request.path)) {
    return ServeProfile(*type, request, context);
  }
  context.refusals.Count(Refusal::kMethod);
  return MethodNotAllowed("POST");  // a known path without a profile: an action
}

bool IsKnown(std::string_view path, const Options& options) {
  if (path == "/debug/pprof/cmdline") return options.expose_cmdline;
  if (path == kHistoryPath) return options.history;
  return path == kRoot || IsMetricsPath(path, options) || IsCapturesPath(path) ||
         UiFileAt(path) != nullptr || IsSymbolPath(path) || ProfileAt(path) != nullptr ||
         ActionAt(path) != nullptr;
}

Answer Answered(const Request& request, const Context& context) {
  if (request.path == "/debug/pprof" && IsRead(request)) return RedirectToIndex();
  if (!IsKnown(request.path, context.options)) return ErrorAnswer(404, "Unknown profile");
  if (IsRead(request)) return ServeRead(request, context);
  if (request.method == "POST") return ServePost(request, context);
  context.refusals.Count(Refusal::kMethod);
  return MethodNotAllowed("GET, HEAD");
}

}  // namespace

Answer Route(const Request& request, const Context& context) {
  Answer response;
  try {
    response = Answered(request, context);
  } catch (const std::exception&) {
    // A custom profile type threw, or out of memory. The reason is not disclosed.
    response = ErrorAnswer(500, "internal error");
  } catch (...) {
    response = ErrorAnswer(500, "internal error");
  }
  if (request.method == "HEAD") response.body.clear();
  AddSecurityHeaders(response);
  return response;
}

const ProfileType* ProfileAt(std::string_view path) {
  if (path == "/debug/fgprof") return FindProfileType("wall");
  if (!Under(kRoot, path)) return nullptr;
  if (const ProfileType* type = FindProfileType(path)) return type;
  return path == "threads" ? FindProfileType("goroutine") : nullptr;
}

bool IsSymbolPath(std::string_view path) { return path == "/debug/pprof/symbol"; }

}  // namespace pprof::http
