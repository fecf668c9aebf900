#include <getopt.h>

#include <charconv>
#include <sstream>

#include "command/failure.h"
#include "command/verb.h"

namespace pprof::command {
namespace {

struct Option {
  std::string name;
  bool takes_value = false;
};

std::vector<Option> OptionsOf(const Verb& verb) {
  std::vector<Option> options{{"help"}};
  std::istringstream words(verb.options);
  for (std::string word; words >> word;) {
    const bool takes_value = word.back() == ':';
    if (takes_value) word.pop_back();
    options.push_back({word, takes_value});
  }
  return options;
}

// What getopt_long is told; each option is known by its index.
std::vector<option> LongOptions(const std::vector<Option>& options) {
  std::vector<option> longs(options.size() + 1);  // the last one is empty
  for (size_t i = 0; i < options.size(); ++i) {
    longs[i] = {options[i].name.c_str(), options[i].takes_value ? 1 : 0, nullptr,
                static_cast<int>(i)};
  }
  return longs;
}

// The option of a letter, or of the index that getopt_long found; null if the verb has none.
const Option* Find(const std::vector<Option>& options, int found) {
  if (found < static_cast<int>(options.size())) return &options[static_cast<size_t>(found)];
  const std::string name = found == 'h' ? "help" : "output";
  for (const Option& one : options) {
    if (one.name == name) return &one;
  }
  return nullptr;
}

[[noreturn]] void Refuse(const Verb& verb, const std::string& what) {
  throw Failure(what + "; see pprof-cpp " + verb.name + " --help", kUsage);
}

}  // namespace

std::optional<std::string> Words::Value(const std::string& option) const {
  const auto found = options.find(option);
  return found == options.end() ? std::nullopt : std::optional(found->second);
}

int Words::Number(const std::string& option, int otherwise, int least, int most) const {
  const auto text = Value(option);
  if (!text) return otherwise;
  int number = 0;
  const char* const end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, number);
  if (error != std::errc() || stop != end || number < least || number > most) {
    throw Failure("--" + option + " " + *text + " is not a whole number from " +
                      std::to_string(least) + " to " + std::to_string(most),
                  kUsage);
  }
  return number;
}

Words ParseWords(const Verb& verb, int argc, char** argv) {
  const std::vector<Option> options = OptionsOf(verb);
  const std::vector<option> longs = LongOptions(options);
  // '+' ends the options at the first name; ':' tells a missing value from an unknown option.
  const char* const letters = verb.ends_at_first_name ? "+:ho:" : ":ho:";
  Words words;
  opterr = 0;
  for (;;) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): the command line is read by the only thread
    const int found = getopt_long(argc, argv, letters, longs.data(), nullptr);
    if (found == -1) break;
    if (found == ':') Refuse(verb, std::string(argv[optind - 1]) + " needs a value");
    const Option* const one = found == '?' ? nullptr : Find(options, found);
    if (one == nullptr) Refuse(verb, std::string("unknown option ") + argv[optind - 1]);
    words.options[one->name] = one->takes_value ? optarg : "";
  }
  words.names.assign(argv + optind, argv + argc);
  if (words.Has("help")) return words;
  if (words.names.size() < verb.least_names) Refuse(verb, "something is missing");
  if (words.names.size() > verb.most_names) Refuse(verb, "too many words");
  return words;
}

}  // namespace pprof::command
