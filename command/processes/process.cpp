#include "command/processes/process.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace pprof::command {
namespace {

// The words of /proc/PID/stat after the name, which may contain anything: words[0] is field 3.
std::vector<std::string> StatWords(const std::string& stat) {
  std::istringstream rest(stat.substr(std::min(stat.rfind(')') + 1, stat.size())));
  std::vector<std::string> words;
  for (std::string word; rest >> word;) words.push_back(word);
  return words;
}

time_t BootTime() {
  return std::strtol(FieldOf(ReadFile("/proc/stat"), "btime ").c_str(), nullptr, 10);
}

std::string ShortName(const std::string& stat) {
  const size_t begin = stat.find('(') + 1;
  return stat.substr(begin, stat.rfind(')') - begin);
}

std::string NameOf(const std::string& folder, const std::string& short_name) {
  const std::string path = ReadLink(folder + "/exe");
  const std::string name = path.substr(path.rfind('/') + 1);
  return name.empty() ? short_name : name.substr(0, name.find(" (deleted)"));
}

}  // namespace

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string FieldOf(const std::string& text, const std::string& name) {
  const size_t at = text.find(name);
  if (at == std::string::npos) return "";
  const size_t begin = at + name.size();
  return text.substr(begin, text.find('\n', begin) - begin);
}

std::string ReadLink(const std::string& path) {
  std::error_code error;
  return std::filesystem::read_symlink(path, error).string();
}

std::optional<Process> ProcessOf(pid_t pid) {
  Process process;
  process.pid = pid;
  const std::string stat = ReadFile(process.Folder() + "/stat");
  const std::vector<std::string> words = StatWords(stat);
  if (words.size() < 22 || words[0] == "Z") return std::nullopt;
  process.short_name = ShortName(stat);
  process.name = NameOf(process.Folder(), process.short_name);
  process.threads = std::atoi(words[17].c_str());  // field 20
  process.since = BootTime() + std::atol(words[19].c_str()) / sysconf(_SC_CLK_TCK);
  process.resident_bytes =
      std::strtoull(words[21].c_str(), nullptr, 10) * static_cast<size_t>(sysconf(_SC_PAGESIZE));
  const std::string status = ReadFile(process.Folder() + "/status");
  const std::string uids = FieldOf(status, "\nUid:\t");  // real, effective, ...
  process.uid = static_cast<uid_t>(std::strtoul(uids.c_str() + uids.find('\t') + 1, nullptr, 10));
  const std::string pids = FieldOf(status, "\nNSpid:");
  process.inner_pid = std::atoi(pids.substr(pids.find_last_of("\t ") + 1).c_str());
  if (process.inner_pid == 0) process.inner_pid = pid;
  return process;
}

std::vector<Process> MyProcesses() {
  std::vector<Process> processes;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const pid_t pid = std::atoi(entry.path().filename().c_str());
    if (pid <= 0 || pid == getpid()) continue;
    const auto process = ProcessOf(pid);
    if (process && (geteuid() == 0 || process->uid == geteuid())) processes.push_back(*process);
  }
  std::sort(processes.begin(), processes.end(),
            [](const Process& a, const Process& b) { return a.pid < b.pid; });
  return processes;
}

}  // namespace pprof::command
