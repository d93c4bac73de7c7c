// SPDX-License-Identifier: Apache-2.0
#include "tools/explain/explain_command.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <optional>
#include <utility>

#include "base/text/terminal_text.hpp"
#include "base/time_unit.hpp"
#include "files/file_operations.hpp"
#include "files/state_directory_posix.hpp"
#include "sinks/mapping/name_file_posix.hpp"
#include "tools/explain/code_page.hpp"
#include "tools/explain/explain_text.hpp"
#include "tools/screen/terminal_posix.hpp"

namespace weir {
namespace {

int fail(const std::string& why) {
  std::fprintf(stderr, "weir explain: %s\n", visible_lines(why).c_str());
  return 1;
}

/// The names that were given so far: none where nothing is kept.
result<std::shared_ptr<name_book>> names_of(const settings& configured) {
  const std::string directory = state_directory_of(configured);
  if (directory.empty()) {
    return std::make_shared<name_book>(configured.limits.names, nullptr);
  }
  const std::string path =
      find_state_entry(directory, log_directory_of(configured), state_entry::names);
  if (file_bytes(path) == 0) {
    std::fprintf(stderr, "no name was given yet in %s: told is what the first points would get\n",
                 visible(path).c_str());
  }
  return read_names(path, configured.limits.names);
}

int print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  return 0;
}

int explain_code(const std::string& code) {
  const std::string page = code_page(code, wants_colours(STDOUT_FILENO));
  if (page.empty()) {
    fail(no_such_code(code));
    return exit_wrong_arguments;
  }
  return print(page);
}

std::string text_of(const explain_arguments& given) {
  if (given.lines.empty()) {
    return {std::istreambuf_iterator<char>(std::cin), {}};
  }
  std::string text;
  for (const std::string& line : given.lines) {
    text += line + "\n";
  }
  return text;
}

}  // namespace

CLI::App* add_explain_command(CLI::App& commands, explain_arguments& given) {
  CLI::App* command = commands.add_subcommand(
      "explain",
      "Explain a code of an answer, a letter or a metric, or print the Prometheus series that "
      "lines become in the remote_write sinks");
  add_configuration_options(*command, given.configuration);
  command->add_option("-d,--database", given.database, "The database that the lines are written to")
      ->capture_default_str();
  command->add_option("--rp", given.retention_policy,
                      "The retention policy that the request names");
  command
      ->add_option("-p,--precision", given.precision,
                   "Unit of the timestamps: ns, us, ms, s, m or h")
      ->capture_default_str();
  command->add_flag("--list", given.list, "List all codes, a line each");
  command
      ->add_option("CODE|LINE", given.lines,
                   "A code, such as precision_mistaken; or line protocol (none: standard input)")
      ->type_name("");
  command->footer(
      "A single word without a space or an equals sign is a code: what it means, a line that has "
      "it, what weir does, what to do, which settings change it.\n"
      "Of lines: names are those that weir gave so far (state directory); a name that is new gets "
      "what it "
      "would get now. Rules and checks of the gate are not applied.\n"
      "Exit status: 0; 1: a line is wrong, or no sink is of type remote_write; 2: wrong arguments "
      "or configuration, or there is no such code.\n"
      "Examples:\n"
      "  weir explain precision_mistaken\n"
      "  weir explain --list\n"
      "  weir explain --config /etc/weir/weir.toml -d mydb 'cpu,host=a usage=1.5'");
  return command;
}

int run_explain(const explain_arguments& given) {
  if (given.list) {
    if (!given.lines.empty()) {
      fail("--list takes no code and no line");
      return exit_wrong_arguments;
    }
    return print(code_list(wants_colours(STDOUT_FILENO)));
  }
  if (given.lines.size() == 1 && is_written_as_code(given.lines.front())) {
    return explain_code(given.lines.front());
  }
  const auto unit = unit_named(given.precision);
  if (!unit) {
    fail("\"" + given.precision + "\" is no precision; use ns, us, ms, s, m or h");
    return exit_wrong_arguments;
  }
  const auto loaded = load_or_complain(given.configuration);
  if (!loaded) {
    return exit_wrong_arguments;
  }
  auto names = names_of(loaded->effective);
  if (!names) {
    return fail(names.error().message);
  }
  explainer explains(loaded->effective.sinks, std::move(names).value(),
                     {given.database, given.retention_policy, *unit});
  if (explains.sinks() == 0) {
    return fail("no sink is of type remote_write; the configuration is " + loaded->place.words());
  }
  const std::string told = visible_lines(explains.explain(text_of(given)));
  std::fwrite(told.data(), 1, told.size(), stdout);
  return explains.mistakes() == 0 ? 0 : 1;
}

}  // namespace weir
