#include "command/processes/target.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <vector>

#include "command/ask/progress.h"
#include "command/failure.h"
#include "command/processes/answering.h"

namespace pprof::command {
namespace {

constexpr int kMinuteAfterRecording = 60;
constexpr int kOk = 200;

bool IsNumber(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](unsigned char c) { return std::isdigit(c) != 0; });
}

[[noreturn]] void RefuseSeveral(const std::string& name, const std::vector<Process>& found) {
  std::string pids;
  for (const Process& one : found) pids += " " + std::to_string(one.pid);
  throw Failure("several processes are called " + name + ", choose one:" + pids, kUsage);
}

Target ByPid(const std::string& text) {
  const Process process = FindProcess(text);
  const auto address = WhereItAnswers(process);
  if (address) return {*address, process.pid, process.name};
  const bool foreign = geteuid() != 0 && access((process.Folder() + "/environ").c_str(), R_OK) != 0;
  throw Failure(process.name + " (" + text + ") cannot be asked: " +
                    (foreign ? "it belongs to another user"
                             : "it has no profiler; pprof-cpp attach " + text +
                                   " puts one in, or start it with pprof-cpp run -- " +
                                   process.name + " ..."),
                kNobody);
}

Target ByName(const std::string& name) {
  std::vector<Answering> found;
  for (const Answering& one : AnsweringProcesses()) {
    if (one.process.IsCalled(name)) found.push_back(one);
  }
  if (found.empty()) {
    throw Failure("no process of yours that is called " + name +
                      " can be asked; pprof-cpp ps lists those that can",
                  kNobody);
  }
  if (found.size() == 1) return {found[0].address, found[0].process.pid, found[0].process.name};
  std::vector<Process> processes;
  processes.reserve(found.size());
  for (const Answering& one : found) processes.push_back(one.process);
  RefuseSeveral(name, processes);
}

std::string FirstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace

Process FindProcess(const std::string& text) {
  if (IsNumber(text)) {
    if (const auto process = ProcessOf(std::atoi(text.c_str()))) return *process;
    throw Failure("there is no process " + text, kNobody);
  }
  std::vector<Process> found;
  for (const Process& one : MyProcesses()) {
    if (one.IsCalled(text)) found.push_back(one);
  }
  if (found.empty()) throw Failure("no process of yours is called " + text, kNobody);
  if (found.size() > 1) RefuseSeveral(text, found);
  return found[0];
}

Target FindTarget(const std::string& text) {
  if (IsNumber(text)) return ByPid(text);
  if (!LooksLikeAddress(text)) return ByName(text);
  Target target;
  target.address = ParseAddress(text);
  target.name = target.address.is_unix() ? target.address.Text() : target.address.HostAndPort();
  return target;
}

bool IsRecording(const std::string& profile) {
  return profile == "profile" || profile == "wall" || profile == "fgprof" || profile == "trace";
}

std::string WithSeconds(const std::string& profile, int seconds) {
  if (seconds == 0) return profile;
  const char mark = profile.find('?') == std::string::npos ? '?' : '&';
  return profile + mark + "seconds=" + std::to_string(seconds);
}

Answer Ask(const Target& target, const std::string& path, int seconds) {
  if (std::any_of(path.begin(), path.end(),
                  [](unsigned char c) { return c <= ' ' || c == '\x7f'; })) {
    throw Failure("the profile's name has a blank or a control character", kUsage);
  }
  Progress progress(path.substr(0, path.find('?')) + " of " + target.Text(), seconds);
  const auto patience = std::chrono::seconds(seconds + kMinuteAfterRecording);
  Answer answer =
      Get(target.address, path, patience, [&progress](size_t bytes) { progress.Show(bytes); });
  if (answer.status == kOk) return answer;
  throw Failure(target.Text() + " answers " + std::to_string(answer.status) + ": " +
                FirstLine(answer.body));
}

}  // namespace pprof::command
