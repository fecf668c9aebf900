#include <getopt.h>

#include <charconv>

#include "command/failure.h"
#include "command/verb.h"

namespace pprof::command {
namespace {

constexpr int kFirstLong = 256;  // beyond every letter

struct Grammar {
  std::string letters;
  std::vector<option> longs;
};

Grammar GrammarOf(const Verb& verb) {
  // '+' ends the options at the first name; ':' tells a missing value from an unknown option.
  Grammar grammar{verb.ends_at_first_name ? "+:" : ":", {}};
  int value = kFirstLong;
  for (const Option& one : verb.options) {
    grammar.longs.push_back({one.name, one.takes_value ? 1 : 0, nullptr, value++});
    if (one.letter != 0) grammar.letters.append(1, one.letter).append(one.takes_value ? ":" : "");
  }
  grammar.longs.push_back({nullptr, 0, nullptr, 0});
  return grammar;
}

[[noreturn]] void Refuse(const Verb& verb, const std::string& what) {
  throw Failure(what + "; see pprof-cpp " + verb.name + " --help", kUsage);
}

const Option* OptionOf(const Verb& verb, int found) {
  if (found >= kFirstLong) return &verb.options[static_cast<size_t>(found - kFirstLong)];
  for (const Option& one : verb.options) {
    if (one.letter == found) return &one;
  }
  return nullptr;
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
  const Grammar grammar = GrammarOf(verb);
  Words words;
  opterr = 0;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): the command line is read by the only thread
  for (int found = 0; (found = getopt_long(argc, argv, grammar.letters.c_str(),
                                           grammar.longs.data(), nullptr)) != -1;) {
    if (found == ':') Refuse(verb, std::string(argv[optind - 1]) + " needs a value");
    const Option* const one = found == '?' ? nullptr : OptionOf(verb, found);
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
