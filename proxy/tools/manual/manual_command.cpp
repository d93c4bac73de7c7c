// SPDX-License-Identifier: Apache-2.0
#include "tools/manual/manual_command.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "base/text/terminal_text.hpp"
#include "config/checks/suggest.hpp"
#include "config/keys/keys.hpp"
#include "files/file_operations.hpp"
#include "tools/command_line.hpp"
#include "tools/explain/code_page.hpp"
#include "tools/manual/command_facts.hpp"
#include "tools/manual/completion.hpp"
#include "tools/manual/man_page.hpp"

namespace weir {
namespace {

int fail(const char* command, const std::string& why, int status) {
  std::fprintf(stderr, "weir %s: %s\n", command, visible_lines(why).c_str());
  return status;
}

template <class Section>
void add_keys(std::string_view section, const std::vector<config_key<Section>>& keys,
              std::vector<std::string>& out) {
  for (const auto& each : keys) {
    out.push_back(std::string(section) + "." + each.name);
  }
}

/// Of the sections that there is one of: those of lists go by names that only a file knows.
std::vector<std::string> keys_to_set() {
  std::vector<std::string> out;
  add_keys("http", http_keys(), out);
  add_keys("push", push_keys(), out);
  add_keys("log", log_keys(), out);
  add_keys("letters", letter_keys(), out);
  add_keys("limits", limit_keys(), out);
  add_keys("service", service_keys(), out);
  return out;
}

}  // namespace

manual_commands add_manual_commands(CLI::App& commands, manual_arguments& given) {
  CLI::App* completion = commands.add_subcommand(
      "completion", "Print a script that completes weir's command line in a shell");
  completion->add_option("SHELL", given.shell, "bash, zsh or fish")->required()->type_name("");
  completion->footer(
      "The Debian package has installed it already.\n"
      "Exit status: 0; 2: wrong arguments.\n"
      "Examples:\n"
      "  source <(weir completion bash)\n"
      "  weir completion zsh > ~/.zsh/completions/_weir\n"
      "  weir completion fish > ~/.config/fish/completions/weir.fish");
  CLI::App* manual =
      commands.add_subcommand("manual", "Write the man pages of weir and its commands to files");
  manual->add_option("DIRECTORY", given.directory, "Where to; it is made if it is not there")
      ->required()
      ->type_name("");
  manual->footer(
      "The Debian package has installed them already: man weir-lint.\n"
      "Exit status: 0; 1: a file could not be written; 2: wrong arguments.\n"
      "Example:\n"
      "  weir manual ~/.local/share/man/man1");
  return {completion, manual};
}

int run_completion(const CLI::App& program, const manual_arguments& given) {
  const auto shell = shell_named(given.shell);
  if (!shell) {
    return fail("completion",
                "there is no completion for \"" + given.shell + "\"; there is for bash, zsh, fish" +
                    did_you_mean(nearest_name(given.shell, {"bash", "zsh", "fish"})),
                exit_wrong_arguments);
  }
  const std::string script =
      completion_script(*shell, facts_of(program), {explained_codes(), keys_to_set()});
  std::fwrite(script.data(), 1, script.size(), stdout);
  return std::fflush(stdout) == 0 ? 0 : 1;
}

int run_manual(const CLI::App& program, const manual_arguments& given, const std::string& version) {
  if (auto made = make_directories(given.directory); !made) {
    return fail("manual", made.error().message, 1);
  }
  const command_facts all = facts_of(program);
  const auto write = [&](const command_facts& command) {
    return replace_file(given.directory + "/" + man_page_name(command),
                        man_page(command, all, version), durability::process);
  };
  if (auto written = write(all); !written) {
    return fail("manual", written.error().message, 1);
  }
  for (const command_facts& each : all.commands) {
    if (auto written = write(each); !written) {
      return fail("manual", written.error().message, 1);
    }
  }
  return 0;
}

}  // namespace weir
