// pprof-cpp captures: what a process wrote before its memory ran out.
#include <iostream>
#include <sstream>
#include <string>

#include "command/failure.h"
#include "command/files/pending_file.h"
#include "command/processes/target.h"
#include "command/readable_text.h"
#include "command/verb.h"

namespace pprof::command {
namespace {

// The name in the last line of the server's list. Throws Failure without one.
std::string LastOf(const Target& target) {
  std::istringstream lines(Ask(target, "captures?debug=1", 0).body);
  std::string last;
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line[0] != '#') last = line.substr(0, line.find('\t'));
  }
  if (last.empty()) throw Failure(target.Text() + " has no captures");
  return last;
}

}  // namespace

int Captures(const Words& words) {
  const Target target = FindTarget(words.names[0]);
  if (words.names.size() == 1) {
    const std::string list = Ask(target, "captures?debug=1", 0).body;
    if (list.empty()) std::cerr << target.Text() << " has no captures\n";
    WriteFile("-", list);
    return 0;
  }
  const std::string& asked = words.names[1];
  const std::string name = asked == "last" ? LastOf(target) : asked;
  const std::string file = words.Value("output").value_or(AsFileName(name) + ".tar.gz");
  WriteFile(file, Ask(target, "captures/" + name + ".tar.gz", 0).body);
  if (file != "-") std::cout << file << std::endl;
  return 0;
}

}  // namespace pprof::command
