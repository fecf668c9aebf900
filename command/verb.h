// A verb of the command, and the words that a person wrote after it.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pprof::command {

// The words after a verb, taken apart. A value.
struct Words {
  std::map<std::string, std::string> options;  // without dashes; "" for one without a value
  std::vector<std::string> names;              // the others, in order

  bool Has(const std::string& option) const { return options.count(option) != 0; }
  std::optional<std::string> Value(const std::string& option) const;
  // A whole number within the bounds. Throws Failure.
  int Number(const std::string& option, int otherwise, int least, int most) const;
};

struct Verb {
  const char* name;
  const char* usage;    // what follows the name
  const char* summary;  // one line
  const char* help;     // options and examples
  const char* options;  // "seconds: once": a colon follows the name of one that takes a value
  size_t least_names;
  size_t most_names;
  bool ends_at_first_name;  // what follows belongs to another program
  int (*run)(const Words& words);
};

// All verbs, in the order in which the help shows them.
const std::array<Verb, 10>& Verbs();

// What the verbs do, each in its file in verbs/. All return the exit code or throw Failure.
int Run(const Words& words);       // does not return unless it fails
int Ps(const Words& words);        // one line for each process that can be asked
int Get(const Words& words);       // one profile into a file
int Top(const Words& words);       // a table of functions, again and again
int Stacks(const Words& words);    // the stacks of all threads, as text
int Capture(const Words& words);   // everything into one archive
int Captures(const Words& words);  // lists or fetches captures
int Open(const Words& words);      // one profile in the pprof tool's web page
int Expose(const Words& words);    // a TCP port that leads to a process's socket
int Attach(const Words& words);    // the library into a process that runs

// Reads the words after a verb, with -h for --help and -o for --output: argv[0] is the verb itself.
// Throws Failure.
Words ParseWords(const Verb& verb, int argc, char** argv);

}  // namespace pprof::command
