#include "demo_app/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdio>
#include <map>
#include <optional>

#include "demo_app/address.h"

namespace {

using std::chrono::milliseconds;

constexpr int kUsageError = 2;

// "250ms", "60s", "10m", "1h".
std::optional<milliseconds> ParseDuration(const std::string& text) {
  static const std::map<std::string, int64_t> milliseconds_of = {
      {"ms", 1}, {"s", 1000}, {"m", 60 * 1000}, {"h", 3600 * 1000}};
  int64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  auto unit = milliseconds_of.find(std::string(end, text.data() + text.size()));
  constexpr int64_t kMost = 1'000'000'000;  // 1e9 hours in milliseconds do not overflow
  if (error != std::errc() || unit == milliseconds_of.end() || number < 0 || number > kMost) {
    return std::nullopt;
  }
  return milliseconds(number * unit->second);
}

CLI::Option* AddDuration(CLI::App& app, const std::string& name, milliseconds& value,
                         const std::string& description) {
  auto read = [name, &value](const std::string& text) {
    auto parsed = ParseDuration(text);
    if (!parsed) {
      throw CLI::ValidationError(
          fmt::format("{} '{}' is not a duration; write 250ms, 60s or 10m", name, text));
    }
    value = *parsed;
  };
  return app.add_option_function<std::string>(name, read, description)->type_name("DURATION");
}

CLI::Option* AddAddress(CLI::App& app, const std::string& name, std::string& value,
                        const std::string& description) {
  auto read = [name, &value](const std::string& text) {
    if (!ParseAddress(text)) {
      throw CLI::ValidationError(
          fmt::format("{} '{}' is not HOST:PORT, for example 127.0.0.1:8080", name, text));
    }
    value = text;
  };
  return app.add_option_function<std::string>(name, read, description)->type_name("HOST:PORT");
}

CLI::Option* AddFix(CLI::App& app, Fix& value) {
  auto read = [&value](const std::string& text) {
    static const std::map<std::string, Fix> fixes = {
        {"none", Fix::kNone}, {"clear", Fix::kClear}, {"purge", Fix::kPurge}};
    auto fix = fixes.find(text);
    if (fix == fixes.end()) {
      throw CLI::ValidationError(fmt::format("--fix '{}' is none of none, clear, purge", text));
    }
    value = fix->second;
  };
  return app
      .add_option_function<std::string>(
          "--fix", read, "none: leak; clear: each request clears its context; purge: periodically")
      ->type_name("none|clear|purge");
}

CLI::Option* AddLeak(CLI::App& app, Leak& value) {
  auto read = [&value](const std::string& text) {
    if (text != "table" && text != "lost") {
      throw CLI::ValidationError(fmt::format("--leak '{}' is none of table, lost", text));
    }
    value = text == "lost" ? Leak::kLost : Leak::kTable;
  };
  return app
      .add_option_function<std::string>(
          "--leak", read, "table: a global table keeps all requests; lost: nothing keeps them")
      ->type_name("table|lost");
}

}  // namespace

ParsedOptions ParseOptions(int argc, char** argv) {
  ParsedOptions parsed;
  Options& options = parsed.options;
  CLI::App app("demo_app: an order service that leaks, and profiles that identify the leak");
  AddAddress(app, "--listen", options.listen, "address of the service [127.0.0.1:8080]");
  AddFix(app, options.fix);
  AddLeak(app, options.leak);
  AddDuration(app, "--purge-max-age", options.purge_max_age, "age of contexts to purge [60s]");
  AddDuration(app, "--purge-interval", options.purge_interval, "time between two purges [60s]");
  app.add_flag("--debug-mount", options.debug_mount,
               "serve the profiles on the service's own port, below /debug/pprof/");
  app.add_flag("--debug", options.debug, "serve profiles; without it nothing listens for them");
  AddAddress(app, "--debug-listen", options.debug_listen,
             "address of the profiles [$PPROF_CPP_LISTEN or 127.0.0.1:6060]");
  try {
    app.parse(argc, argv);
    if (options.purge_interval.count() == 0) {
      throw CLI::ValidationError("--purge-interval must be longer than 0ms");
    }
    parsed.run = true;
  } catch (const CLI::CallForHelp&) {
    std::fputs(app.help().c_str(), stdout);
  } catch (const CLI::ParseError& error) {
    fmt::print(stderr, "demo_app: {}. See demo_app --help.\n", error.what());
    parsed.exit_code = kUsageError;
  }
  return parsed;
}
