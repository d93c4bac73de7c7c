// SPDX-License-Identifier: Apache-2.0
#include "tools/command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>

#include "base/text/terminal_text.hpp"
#include "config/checks/suggest.hpp"

namespace weir {
namespace {

std::vector<CLI::App*> commands_of(CLI::App& app) {
  return app.get_subcommands([](CLI::App*) { return true; });
}

std::vector<std::string> command_names(CLI::App& app) {
  std::vector<std::string> out;
  for (const CLI::App* each : commands_of(app)) {
    out.push_back(each->get_name());
  }
  return out;
}

/// "weir letters list".
std::string path_of(const CLI::App& app) {
  const CLI::App* parent = app.get_parent();
  return parent == nullptr ? "weir" : path_of(*parent) + " " + app.get_name();
}

int refuse(const CLI::App& at, const std::string& words) {
  std::fprintf(stderr, "%s: %s\n`%s --help` says more and has an example.\n", path_of(at).c_str(),
               words.c_str(), path_of(at).c_str());
  return exit_wrong_arguments;
}

std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> out;
  for (const CLI::Option* each : command.get_options()) {
    for (const std::string& name : each->get_lnames()) {
      out.push_back("--" + name);
    }
    for (const std::string& name : each->get_snames()) {
      out.push_back("-" + name);
    }
  }
  return out;
}

std::string no_such_option(const CLI::App& command, const std::string& name) {
  const std::vector<std::string> names = option_names(command);
  std::string nearest = name.starts_with("--") ? nearest_name(name, names) : std::string{};
  if (!nearest.starts_with("--")) {
    nearest.clear();  // a short option is no long one mistyped
  }
  return fmt::format("there is no option {}; the options are {}{}", name, fmt::join(names, ", "),
                     did_you_mean(nearest));
}

/// The first command at or below `app` that has an option of its own of this name.
const CLI::App* command_with(CLI::App& app, const std::string& option) {
  for (CLI::App* each : commands_of(app)) {
    const std::vector<std::string> names = option_names(*each);
    if (std::find(names.begin(), names.end(), option) != names.end()) {
      return each;
    }
    if (const CLI::App* below = command_with(*each, option); below != nullptr) {
      return below;
    }
  }
  return nullptr;
}

std::string words_for_early_option(CLI::App& at, const std::string& argument,
                                   const std::vector<std::string>& arguments) {
  const std::string name = argument.substr(0, argument.find('='));
  const CLI::App* owner = command_with(at, name);
  for (CLI::App* each : commands_of(at)) {  // the command that stands behind it, if it has it
    const std::vector<std::string> names = option_names(*each);
    if (std::find(arguments.begin(), arguments.end(), each->get_name()) != arguments.end() &&
        std::find(names.begin(), names.end(), name) != names.end()) {
      owner = each;
    }
  }
  return owner == nullptr ? no_such_option(at, name)
                          : fmt::format("{} stands before the command; write it behind: {} {} ...",
                                        argument, path_of(*owner), argument);
}

bool asks_for_help_or_version(const std::string& argument) {
  return argument == "-h" || argument == "--help" || argument == "-V" || argument == "--version";
}

/// Goes down the commands that the arguments name, to the last one. A failure is said.
struct descent {
  CLI::App* at;
  std::optional<int> status{};
  bool help = false;
};

descent go_down(CLI::App& app, const std::vector<std::string>& arguments) {
  descent down{&app};
  for (const std::string& argument : arguments) {
    const std::vector<std::string> names = command_names(*down.at);
    if (names.empty()) {
      return down;
    }
    if (asks_for_help_or_version(argument)) {
      down.help = true;
      return down;
    }
    if (argument.starts_with('-')) {
      down.status = refuse(*down.at, words_for_early_option(*down.at, argument, arguments));
      return down;
    }
    const auto known = commands_of(*down.at);
    const auto next = std::find_if(known.begin(), known.end(), [&](const CLI::App* each) {
      return each->get_name() == argument;
    });
    if (next == known.end()) {
      down.status =
          refuse(*down.at,
                 fmt::format("there is no command \"{}\"; the commands are {}{}", argument,
                             fmt::join(names, ", "), did_you_mean(nearest_name(argument, names))));
      return down;
    }
    down.at = *next;
  }
  return down;
}

/// What is said about arguments that CLI11 could place nowhere.
std::string words_for_extras(const CLI::App& command, const std::vector<std::string>& extras) {
  const auto option = std::find_if(extras.begin(), extras.end(), [](const std::string& each) {
    return each.size() > 1 && each.starts_with('-');
  });
  if (option == extras.end()) {
    return fmt::format("\"{}\" is one argument too many; quote what has spaces in it",
                       extras.empty() ? "" : extras.front());
  }
  return no_such_option(command, option->substr(0, option->find('=')));
}

}  // namespace

void add_configuration_options(CLI::App& command, configuration_arguments& given) {
  command
      .add_option(
          "-c,--config", given.config,
          fmt::format("Configuration (TOML). Without it, that of the environment's {}, else "
                      "{}, else the built-in defaults (/dev/null: those in any case)",
                      config_variable, usual_config_path))
      ->type_name("FILE");
  command
      .add_option("-s,--set", given.sets,
                  "Set one key over the file: --set log.keep=1GiB, "
                  "--set 'http.listen=[\"127.0.0.1:0\"]', --set sink.NAME.url=http://...")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
}

std::string refuse_count(const std::string& text) {
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const bool good = !text.empty() && error == std::errc{} && end == text.data() + text.size();
  return good ? std::string{} : fmt::format("\"{}\" is no whole number from 0", text);
}

std::optional<int> parse_command_line(CLI::App& app, int argc, const char* const* argv) {
  std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
  if (!arguments.empty() && arguments.front() == "help") {  // weir help run
    arguments.erase(arguments.begin());
    arguments.emplace_back("--help");
  }
  if (arguments.empty()) {
    std::fputs(app.help().c_str(), stdout);
    return 0;
  }
  const descent down = go_down(app, arguments);
  if (down.status) {
    return down.status;
  }
  if (const auto names = command_names(*down.at); !names.empty() && !down.help) {
    return refuse(*down.at, fmt::format("a command is missing: {}", fmt::join(names, ", ")));
  }
  std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
  try {
    app.parse(arguments);
  } catch (const CLI::ExtrasError&) {
    return refuse(*down.at, words_for_extras(*down.at, down.at->remaining()));
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string words = error.what();  // --config: At Most 1 required but received 2
    const std::size_t more = words.find(": At Most 1 required");
    return refuse(*down.at, more == words.npos
                                ? words
                                : words.substr(0, more) + " stands there twice; give it once");
  } catch (const CLI::ConversionError& error) {
    const std::string words = error.what();  // Could not convert: --rate = abc
    const std::size_t colon = words.find(": ");
    return refuse(*down.at, fmt::format("{} is not a number that this option takes",
                                        words.substr(colon == words.npos ? 0 : colon + 2)));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {
      return app.exit(error);  // help and version
    }
    return refuse(*down.at, error.what());
  }
  return std::nullopt;
}

std::optional<loaded_settings> load_or_complain(const configuration_arguments& given) {
  auto loaded = load_settings(given.config, given.sets);
  if (!loaded) {
    std::fprintf(stderr, "%s\n", visible_lines(loaded.error().message).c_str());
    return std::nullopt;
  }
  return std::move(loaded).value();
}

}  // namespace weir
