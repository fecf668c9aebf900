// pprof-cpp get, and stacks, which is get for people.
#include <iostream>

#include "command/files/pending_file.h"
#include "command/processes/target.h"
#include "command/readable_text.h"
#include "command/verb.h"

namespace pprof::command {
namespace {

bool IsText(const Answer& answer) { return answer.content_type.rfind("text/", 0) == 0; }

// "redis-server.1234.heap.20261122T182329Z.pb.gz"
std::string FileName(const Target& target, const std::string& profile) {
  const std::string pid = target.pid == 0 ? "" : "." + std::to_string(target.pid);
  const std::string kind = profile.substr(0, profile.find('?'));
  return AsFileName(target.name + pid + "." + kind + "." + FileTimeText()) + ".pb.gz";
}

}  // namespace

int Get(const Words& words) {
  const Target target = FindTarget(words.names[0]);
  const std::string& profile = words.names[1];
  const int asked = words.Number("seconds", 0, 1, kMostSeconds);
  const int expected = asked == 0 && IsRecording(profile) ? kDefaultRecording : asked;
  const Answer answer = Ask(target, WithSeconds(profile, asked), expected);
  if (const auto file = words.Value("output")) {
    WriteFile(*file, answer.body);
  } else if (IsText(answer)) {
    WriteFile("-", answer.body);
  } else {
    const std::string name = FileName(target, profile);
    WriteFile(name, answer.body);
    std::cout << name << std::endl;
  }
  return 0;
}

int Stacks(const Words& words) {
  const std::string path = words.Has("self") ? "goroutine?debug=2&self=1" : "goroutine?debug=2";
  WriteFile("-", Ask(FindTarget(words.names[0]), path, 0).body);
  return 0;
}

}  // namespace pprof::command
