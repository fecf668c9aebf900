// pprof-cpp top.
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <ctime>
#include <map>
#include <optional>
#include <string>
#include <thread>

#include "command/failure.h"
#include "command/processes/target.h"
#include "command/profile/function_table.h"
#include "command/readable_text.h"
#include "command/verb.h"

namespace pprof::command {
namespace {

constexpr int kDefaultSeconds = 5;
constexpr int kDefaultRows = 20;
constexpr int kMostRows = 10000;
constexpr int kHeadRows = 3;  // two lines above the table, and one for the prompt
constexpr char kClear[] = "\x1b[H\x1b[J";

struct Settings {
  Target target;
  std::string profile;
  int seconds;
  size_t rows;
  size_t columns;  // 0: no limit
  SortBy by;
  bool once;
  bool terminal;
};

SortBy SortByOf(const Words& words) {
  static const std::map<std::string, SortBy> names = {
      {"flat", SortBy::kFlat}, {"cum", SortBy::kCum}, {"grew", SortBy::kGrew}};
  const auto found = names.find(words.Value("by").value_or("flat"));
  if (found == names.end()) throw Failure("--by must be flat, cum or grew", kUsage);
  return found->second;
}

Settings SettingsOf(const Words& words) {
  winsize size{};
  const bool terminal = isatty(STDOUT_FILENO) == 1;
  const bool known = terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0;
  const int rows = known ? std::max(size.ws_row - kHeadRows, 1) : kDefaultRows;
  return {FindTarget(words.names[0]),
          words.names.size() > 1 ? words.names[1] : "heap",
          words.Number("seconds", kDefaultSeconds, 1, kMostSeconds),
          static_cast<size_t>(words.Number("rows", rows, 1, kMostRows)),
          known ? size.ws_col : size_t{0},
          SortByOf(words),
          words.Has("once"),
          terminal};
}

ReadProfile Fetch(const Settings& settings) {
  const int seconds = IsRecording(settings.profile) ? settings.seconds : 0;
  return ReadGzippedProfile(
      Ask(settings.target, WithSeconds(settings.profile, seconds), seconds).body);
}

std::string Signed(int64_t value, const std::string& unit) {
  if (value == 0) return "";
  return (value > 0 ? "+" : "") + ValueText(value, unit);
}

std::string Percent(int64_t value, int64_t total) {
  if (total == 0) return "";
  return fmt::format("{:.1f} %", 100.0 * static_cast<double>(value) / static_cast<double>(total));
}

void PrintLine(const Settings& settings, std::string line) {
  if (settings.columns > 0 && line.size() > settings.columns) line.resize(settings.columns);
  fmt::print("{}\n", line);
}

void Print(const Settings& settings, const ReadProfile& profile, const FunctionTable& table) {
  if (settings.terminal && !settings.once) fmt::print("{}", kClear);
  PrintLine(settings, fmt::format("{}  {} of {}: {} {}", LocalTimeText(time(nullptr), "%H:%M:%S"),
                                  settings.profile, settings.target.Text(),
                                  ValueText(table.total, profile.unit), profile.type));
  PrintLine(settings, fmt::format("{:>11} {:>8} {:>11} {:>8} {:>12}  {}", "FLAT", "", "CUM", "",
                                  "GREW", "FUNCTION"));
  for (const FunctionRow& row : FirstRows(table, settings.by, settings.rows)) {
    PrintLine(settings,
              fmt::format("{:>11} {:>8} {:>11} {:>8} {:>12}  {}", ValueText(row.flat, profile.unit),
                          Percent(row.flat, table.total), ValueText(row.cum, profile.unit),
                          Percent(row.cum, table.total), Signed(row.grew, profile.unit), row.name));
  }
  if (!settings.terminal && !settings.once) fmt::print("\n");
  if (std::fflush(stdout) != 0) throw Failure("stdout cannot be written");
}

}  // namespace

int Top(const Words& words) {
  const Settings settings = SettingsOf(words);
  std::optional<FunctionTable> before;
  for (;;) {
    const ReadProfile profile = Fetch(settings);
    FunctionTable table = TableOf(profile);
    if (before) Compare(table, *before);
    Print(settings, profile, table);
    if (settings.once) return 0;
    before = std::move(table);
    if (!IsRecording(settings.profile)) {
      std::this_thread::sleep_for(std::chrono::seconds(settings.seconds));
    }
  }
}

}  // namespace pprof::command
