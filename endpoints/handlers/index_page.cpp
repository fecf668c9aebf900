#include "endpoints/handlers/index_page.h"

#include <algorithm>
#include <string>
#include <vector>

#include "endpoints/answers/answers.h"
#include "endpoints/answers/html_escape.h"
#include "endpoints/handlers/ui_files.h"
#include "pprof/pprof.h"
#include "pprof/version.h"

namespace pprof::http {
namespace {

struct Row {
  std::string name;
  int64_t count = 0;
  std::string description;
};

// The registered profiles and the other handlers, sorted by name.
std::vector<Row> Rows(const Options& options) {
  std::vector<Row> rows;
  for (const ProfileType* type : ProfileTypes()) {
    rows.push_back({type->name, type->count ? type->count() : 0, type->description});
  }
  if (options.expose_cmdline) {
    rows.push_back({"cmdline", 0, "The command line invocation of the current program"});
  }
  if (options.history) {
    rows.push_back({"history", 0,
                    "What the process used over time: memory, CPU time, threads and open files, as "
                    "JSON or, with format=csv, as CSV"});
  }
  rows.push_back({"metrics", 0,
                  "Numbers of the process, its allocator and this server, in the text formats of "
                  "Prometheus"});
  rows.push_back({"symbol", 0,
                  "Maps given program counters to function names. Counters can be specified in a "
                  "GET raw query or POST body, multiple counters are separated by '+'."});
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.name < b.name; });
  return rows;
}

std::string Table(const std::vector<Row>& rows) {
  std::string html = "<table>\n<thead><td>Count</td><td>Profile</td></thead>\n";
  for (const Row& row : rows) {
    const std::string name = EscapeHtml(row.name);
    html.append("<tr><td>").append(std::to_string(row.count)).append("</td><td><a href='");
    html.append(name).append("?debug=1'>").append(name).append("</a></td></tr>\n");
  }
  html += "</table>\n";
  if (FindProfileType("goroutine") != nullptr) {
    html += "<a href=\"goroutine?debug=2\">full goroutine stack dump</a>\n<br>\n";
  }
  return html;
}

std::string Descriptions(const std::vector<Row>& rows) {
  std::string html = "<p>\nProfile Descriptions:\n<ul>\n";
  for (const Row& row : rows) {
    html += "<li><div class=profile-name>" + EscapeHtml(row.name) + ": </div> " +
            EscapeHtml(row.description) + "</li>\n";
  }
  return html + "</ul>\n</p>\n";
}

std::string Actions() {
  std::string lines;
  for (const ProfileType* type : ProfileTypes()) {
    for (const ProfileAction& action : type->actions) {
      const std::string path = type->name + (action.name.empty() ? "" : "/" + action.name);
      lines += "<li>POST " + EscapeHtml(path) + ": " + EscapeHtml(action.description) + "</li>\n";
    }
  }
  if (lines.empty()) return "";
  return "<p>\nActions (with Content-Type: application/json):\n<ul>\n" + lines + "</ul>\n</p>\n";
}

std::string Refused(const RefusalCounters& refusals) {
  std::string html = "<p>\nRefused requests:\n<table>\n";
  for (const auto& [cause, count] : refusals.Read()) {
    html += "<tr><td>" + std::to_string(count) + "</td><td>" + cause + "</td></tr>\n";
  }
  return html + "</table>\n</p>\n";
}

// The script waits for no event: it hides the lines below before they are shown.
constexpr char kHeadOfPage[] =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<title>/debug/pprof/</title>\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<link rel=\"icon\" href=\"data:,\">\n"
    "<link rel=\"stylesheet\" href=\"ui/page.css\">\n"
    "<script src=\"ui/page.js\"></script>\n</head>\n";
constexpr char kHead[] = "<html>\n<head>\n<title>/debug/pprof/</title>\n</head>\n";

}  // namespace

Response ServeIndex(const Request& request, const Context& context) {
  const std::vector<Row> rows = Rows(context.options);
  Response response;
  response.headers.emplace("Content-Type", kHtml);
  response.body = std::string(WantsPage(request) ? kHeadOfPage : kHead) +
                  "<body>\n/debug/pprof/<br>\n"
                  "<p>Set debug=1 as a query parameter to export in legacy text format</p>\n<br>\n"
                  "Types of profiles available:\n" +
                  Table(rows) + Descriptions(rows) + Actions() + Refused(context.refusals) +
                  "<p>\npprof-cpp " PPROF_CPP_VERSION_TEXT "\n</p>\n</body>\n</html>\n";
  return response;
}

}  // namespace pprof::http
