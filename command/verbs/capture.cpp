// pprof-cpp capture: the archive that scripts/capture.sh makes, with the same names in it.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <optional>
#include <set>

#include "command/failure.h"
#include "command/files/archive.h"
#include "command/files/manifest.h"
#include "command/processes/answering.h"
#include "command/processes/mapped_files.h"
#include "command/processes/target.h"
#include "command/readable_text.h"
#include "command/verb.h"

namespace pprof::command {
namespace {

using std::chrono::steady_clock;

constexpr int kDefaultSeconds = 5;

// "pprof-capture-redis-server-17-20261122T182329Z": nothing in it needs quotes.
std::string ArchiveName(const Target& target) {
  std::string name = target.name + (target.pid == 0 ? "" : "-" + std::to_string(target.pid));
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '.') c = '-';
  }
  return "pprof-capture-" + name + "-" + FileTimeText();
}

// The profiles that the index page links, the most important ones first in case the process dies
// meanwhile, recordings last.
std::vector<std::string> ListedProfiles(const std::string& page) {
  std::set<std::string> listed;
  const std::string end = "?debug=1";
  for (size_t at = page.find(end); at != std::string::npos; at = page.find(end, at + 1)) {
    const size_t begin = page.find_last_of("'\"", at) + 1;
    listed.insert(page.substr(begin, at - begin));
  }
  // "symbol" answers questions about addresses only; the others look through all memory, which
  // nobody asked for.
  for (const char* const left_out : {"symbol", "holders", "leak"}) listed.erase(left_out);
  std::vector<std::string> order;
  for (const char* const first : {"heap", "peak"}) {
    if (listed.erase(first) != 0) order.emplace_back(first);
  }
  order.insert(order.end(), listed.begin(), listed.end());
  std::stable_partition(order.begin(), order.end(),
                        [](const std::string& name) { return !IsRecording(name); });
  return order;
}

class Capturing {
 public:
  Capturing(const Target& target, const std::string& folder, int seconds)
      : target_(target),
        name_(ArchiveName(target)),
        path_(folder + "/" + name_ + ".tar.gz"),
        seconds_(seconds),
        archive_(path_, name_),
        manifest_("Captured from " + target.Text() + " at " + target.address.Text() + " at " +
                  FileTimeText() + " with pprof-cpp") {}

  void Run() {
    for (const std::string& profile : Profiles()) GetProfile(profile);
    if (fetched_ == 0) throw Failure("nothing could be fetched from " + target_.Text(), kNobody);
    AddProcess();
    manifest_.Finish(commands_, has_binaries_);
    archive_.Add("manifest.txt", manifest_.text());
    archive_.Commit();
    std::cout << manifest_.text() << "\n" << path_ << std::endl;
  }

 private:
  std::vector<std::string> Profiles() {
    const auto begin = steady_clock::now();
    try {
      const Answer page = Ask(target_, "", 0);
      archive_.Add("index.html", page.body);
      manifest_.Note("ok", "index.html", page.body.size(), begin, "the index page");
      return ListedProfiles(page.body);
    } catch (const Failure& failure) {
      if (failure.exit_code == kNobody) throw;
      manifest_.Note("FAILED", "-", 0, begin, failure.what());
      return {"heap", "allocs", "goroutine", "cmdline", "profile"};
    }
  }

  void GetProfile(const std::string& profile) {
    if (profile == "cmdline") return GetOne(profile, "", ".txt", 0);
    if (profile == "trace") return GetOne(profile, Seconds(), ".out", seconds_);
    if (IsRecording(profile)) return GetOne(profile, Seconds(), ".pb.gz", seconds_);
    GetOne(profile, "", ".pb.gz", 0);
    if (profile == "goroutine") GetOne(profile, "?debug=2", ".stacks.txt", 0);
  }

  std::string Seconds() const { return WithSeconds("", seconds_); }

  void GetOne(const std::string& profile, const std::string& query, const std::string& ending,
              int seconds) {
    std::string file = profile + "." + FileTimeText() + ending;
    std::replace(file.begin(), file.end(), '/', '_');
    const auto begin = steady_clock::now();
    try {
      const Answer answer = Ask(target_, profile + query, seconds);
      archive_.Add(file, answer.body);
      manifest_.Note("ok", file, answer.body.size(), begin, profile + query);
      if (ending == ".pb.gz") commands_ += "  go tool pprof -top " + file + "\n";
      ++fetched_;
    } catch (const Failure& failure) {
      manifest_.Note("FAILED", "-", 0, begin, profile + query + ": " + failure.what());
      std::cerr << "pprof-cpp: " << profile << ": " << failure.what() << std::endl;
    }
  }

  // The process's mappings and binaries, if it is one of this machine.
  void AddProcess() {
    const auto begin = steady_clock::now();
    const auto process = OfTarget();
    const std::string maps = process ? ReadFile(process->Folder() + "/maps") : "";
    if (maps.empty()) {
      return manifest_.Note("skipped", "binaries", 0, begin,
                            "the process is not on this machine or not ours to read");
    }
    archive_.Add("maps.txt", maps);
    manifest_.Note("ok", "maps.txt", maps.size(), begin, process->Folder() + "/maps");
    std::string build_ids;
    for (const MappedFile& file : MappedFilesOf(*process, maps)) AddBinary(file, build_ids);
    if (build_ids.empty()) return;
    archive_.Add("build_ids.txt", build_ids);
    manifest_.Note("ok", "build_ids.txt", build_ids.size(), begin, "build ids of the mapped files");
  }

  void AddBinary(const MappedFile& file, std::string& build_ids) {
    const auto begin = steady_clock::now();
    const int64_t size = archive_.AddFile("binaries" + file.path, file.readable_at);
    if (size < 0) {
      return manifest_.Note("FAILED", "-", 0, begin, file.path + " cannot be read");
    }
    has_binaries_ = true;
    manifest_.Note("ok", "binaries" + file.path, static_cast<size_t>(size), begin,
                   "executable mapping");
    build_ids += BuildIdOf(file.readable_at) + " " + file.path + "\n";
  }

  // The process behind an address: the one that listens there.
  std::optional<Process> OfTarget() const {
    if (target_.pid != 0) return ProcessOf(target_.pid);
    for (const Answering& one : AnsweringProcesses()) {
      if (one.address.Text() == target_.address.Text()) return one.process;
    }
    return std::nullopt;
  }

  const Target& target_;
  const std::string name_;
  const std::string path_;
  const int seconds_;
  Archive archive_;
  Manifest manifest_;
  std::string commands_;
  int fetched_ = 0;
  bool has_binaries_ = false;
};

}  // namespace

int Capture(const Words& words) {
  const Target target = FindTarget(words.names[0]);
  const std::string folder = words.Value("output").value_or(".");
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw Failure("cannot make the folder " + folder + ": " + error.message());
  Capturing(target, folder, words.Number("seconds", kDefaultSeconds, 1, kMostSeconds)).Run();
  return 0;
}

}  // namespace pprof::command
