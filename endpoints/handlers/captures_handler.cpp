#include "endpoints/handlers/captures_handler.h"

#include <algorithm>
#include <string>
#include <utility>

#include "endpoints/answers/tar_file.h"
#include "endpoints/handlers/query.h"
#include "pprof/watch.h"
#include "profiler/monitoring/json.h"

namespace pprof::http {
namespace {

using monitoring::JsonString;

constexpr std::string_view kCaptures = "/debug/pprof/captures";
constexpr char kJson[] = "application/json; charset=utf-8";

template <class List, class ToText>
std::string JsonList(const List& list, ToText to_text) {
  std::string json = "[";
  for (const auto& item : list) json += (json.size() == 1 ? "" : ", ") + to_text(item);
  return json + "]";
}

std::string JsonOf(const CaptureInfo& info) {
  return "\n {\"name\": " + JsonString(info.name) + ", \"reason\": " + JsonString(info.reason) +
         ", \"pid\": " + std::to_string(info.pid) +
         ", \"unix_seconds\": " + std::to_string(info.unix_seconds) +
         ", \"bytes\": " + std::to_string(info.bytes) +
         ", \"before_death\": " + (info.before_death ? "true" : "false") +
         ", \"files\": " + JsonList(info.files, JsonString) + "}";
}

Response Json(std::string body) {
  Response response;
  response.headers.emplace("Content-Type", kJson);
  response.body = std::move(body);
  return response;
}

Response List() {
  return Json("{\"captures\": " + JsonList(Watch::Captures(), JsonOf) +
              ",\n\"deaths\": " + JsonList(Watch::Deaths(), JsonString) + "}\n");
}

// For people and for the command: a line for each, its name first.
Response ListText() {
  std::string text;
  for (const std::string& death : Watch::Deaths()) text += "# " + death + "\n";
  for (const CaptureInfo& info : Watch::Captures()) {
    text += info.name + "\t" + std::to_string((info.bytes + 1023) / 1024) + " KiB\t" +
            (info.before_death ? "before the process was killed\n" : "\n");
  }
  return TextAnswer(std::move(text));
}

Response Download(const std::string& name) {
  Response response;
  response.headers.emplace("Content-Type", kBinary);
  response.headers.emplace("Content-Disposition", "attachment; filename=\"" + name + "\"");
  return response;
}

Response OneFile(std::string_view capture, std::string_view file) {
  auto bytes = Watch::Read(capture, file);
  if (!bytes.ok()) return ErrorAnswer(bytes.status());
  Response response = Download(std::string(file));
  response.body = std::move(bytes).value();
  return response;
}

// File by file: a capture is a few hundred KB.
Response WholeCapture(std::string_view capture) {
  for (const CaptureInfo& info : Watch::Captures()) {
    if (info.name != capture) continue;
    TarFile tar;
    for (const std::string& file : info.files) {
      const auto bytes = Watch::Read(info.name, file);
      if (bytes.ok()) tar.Add(info.name + "/" + file, info.unix_seconds, bytes.value());
    }
    Response response = Download(info.name + ".tar.gz");
    response.body = tar.Finish();
    return response;
  }
  return ErrorAnswer(404, "there is no such capture");
}

bool DropSuffix(std::string_view suffix, std::string_view* text) {
  if (text->size() < suffix.size() || text->substr(text->size() - suffix.size()) != suffix) {
    return false;
  }
  text->remove_suffix(suffix.size());
  return true;
}

std::string_view BelowCaptures(std::string_view path) {
  path.remove_prefix(kCaptures.size());
  path.remove_prefix(std::min<size_t>(path.size(), 1));
  return path;
}

}  // namespace

bool IsCapturesPath(std::string_view path) {
  return path.substr(0, kCaptures.size()) == kCaptures &&
         (path.size() == kCaptures.size() || path[kCaptures.size()] == '/');
}

Response ServeCaptures(const Request& request) {
  std::string_view rest = BelowCaptures(request.path);
  if (rest.empty()) {
    const auto query = Query::Parse(request.query);
    if (!query.ok()) return ErrorAnswer(query.status());
    return query.value().LenientInt("debug") > 0 ? ListText() : List();
  }
  const size_t slash = rest.find('/');
  if (slash != std::string_view::npos) {
    return OneFile(rest.substr(0, slash), rest.substr(slash + 1));
  }
  if (DropSuffix(".tar.gz", &rest)) return WholeCapture(rest);
  return ErrorAnswer(404, "ask for captures/NAME.tar.gz or captures/NAME/FILE");
}

Response ChangeCaptures(const Request& request) {
  std::string_view rest = BelowCaptures(request.path);
  if (DropSuffix("/delete", &rest)) {
    const Status removed = Watch::Remove(rest);
    return removed.ok() ? TextAnswer("ok\n") : ErrorAnswer(removed);
  }
  if (!rest.empty()) return MethodNotAllowed("GET, HEAD");
  const auto name = Watch::Capture();
  if (!name.ok()) return ErrorAnswer(name.status());
  return Json("{\"name\": " + JsonString(name.value()) + "}\n");
}

}  // namespace pprof::http
