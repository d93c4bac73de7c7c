// SPDX-License-Identifier: Apache-2.0
#include "tools/manual/command_facts.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/text/ascii.hpp"

namespace weir {
namespace {

/// Values of which there are few.
struct known_words {
  std::string_view option;
  std::string_view words;
};
constexpr auto word_values = std::to_array<known_words>({
    {"--precision", "ns us ms s m h"},
    {"--color", "auto always never"},
    {"--utf8", "reject pass"},
    {"--shape", "tsbs tsbs_float flink mix tiny text"},
    {"--bad-kinds", "space tag field number type seconds time"},
    {"SHELL", "bash zsh fish"},
});

std::vector<std::string> split(std::string_view words) {
  std::vector<std::string> out;
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    out.emplace_back(words.substr(0, end));
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return out;
}

void find_kind(option_facts& option) {
  const std::string& name = option.long_names.empty() ? option.value : option.long_names.front();
  const auto* const few =
      std::find_if(word_values.begin(), word_values.end(),
                   [&](const known_words& each) { return each.option == name; });
  if (few != word_values.end()) {
    option.kind = value_kind::words;
    option.words = split(few->words);
  } else if (option.value.starts_with("FILE") || option.value == "OUT") {
    option.kind = value_kind::file;
  } else if (option.value == "DIRECTORY") {
    option.kind = value_kind::directory;
  } else if (option.value == "KEY=VALUE") {
    option.kind = value_kind::key;
  } else if (option.value.starts_with("CODE")) {
    option.kind = value_kind::code;
  }
}

/// CLI11's own words for types say nothing to a person.
std::string shown_type(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  return type == "TEXT" ? "WORD" : type == "UINT" || type == "INT" || type == "FLOAT" ? "N" : type;
}

option_facts facts_of(const CLI::Option& option) {
  option_facts out;
  for (const std::string& name : option.get_lnames()) {
    out.long_names.push_back("--" + name);
  }
  for (const std::string& name : option.get_snames()) {
    out.short_names.push_back("-" + name);
  }
  if (option.get_positional()) {
    out.value = option.get_name(true);
  } else if (option.get_items_expected_max() > 0 && option.get_type_size_max() > 0) {
    out.value = shown_type(option);
  }
  out.help = option.get_description();
  out.standard = option.get_default_str();
  out.required = option.get_required();
  // An option with an optional value ([FILE]) is read once; a list stands for one value each.
  out.repeated = option.get_items_expected_max() > 1;
  find_kind(out);
  return out;
}

bool is_help(const option_facts& option) {
  return std::find(option.long_names.begin(), option.long_names.end(), "--help") !=
         option.long_names.end();
}

command_facts facts_below(const CLI::App& app, const std::string& above) {
  command_facts out;
  out.name = app.get_name();
  out.path = above.empty() ? out.name : above + " " + out.name;
  out.help = app.get_description();
  out.footer = app.get_footer();
  std::optional<option_facts> help;
  for (const CLI::Option* each : app.get_options([](const CLI::Option*) { return true; })) {
    option_facts option = facts_of(*each);
    if (is_help(option)) {
      help = std::move(option);
    } else {
      (each->get_positional() ? out.arguments : out.options).push_back(std::move(option));
    }
  }
  if (help) {
    out.options.push_back(std::move(*help));
  }
  for (const CLI::App* each : app.get_subcommands([](const CLI::App*) { return true; })) {
    out.commands.push_back(facts_below(*each, out.path));
  }
  return out;
}

void flatten(const command_facts& command, std::vector<const command_facts*>& out) {
  out.push_back(&command);
  for (const command_facts& each : command.commands) {
    flatten(each, out);
  }
}

}  // namespace

command_facts facts_of(const CLI::App& app) {
  return facts_below(app, "");
}

std::vector<const command_facts*> flattened(const command_facts& command) {
  std::vector<const command_facts*> out;
  flatten(command, out);
  return out;
}

footer_parts read_footer(std::string_view footer) {
  constexpr std::string_view indent = "  ";
  constexpr std::string_view status = "Exit status: ";
  footer_parts out;
  while (!footer.empty()) {
    const std::size_t end = std::min(footer.find('\n'), footer.size());
    const std::string_view line = footer.substr(0, end);
    footer.remove_prefix(std::min(end + 1, footer.size()));
    if (line.starts_with(indent)) {
      out.examples.emplace_back(line.substr(indent.size()));
    } else if (line.starts_with(status)) {
      out.status = line.substr(status.size());
    } else if (!line.empty() && line != "Example:" && line != "Examples:") {
      out.notes.emplace_back(line);
    }
  }
  return out;
}

}  // namespace weir
