// SPDX-License-Identifier: Apache-2.0
#include "tools/watch/watch_command.hpp"

#include <CLI/CLI.hpp>

namespace weir {
namespace {

void add_where(CLI::App& command, watch_arguments& given) {
  command
      .add_option("--url", given.url,
                  "Where weir is: http://HOST:PORT, or unix:PATH (default: the listener of the "
                  "configuration)")
      ->type_name("URL");
  add_configuration_options(command, given.configuration);
  command
      .add_option("--user-file", given.user_file,
                  "A file with NAME:PASSWORD of an administrator, where weir has users (or set "
                  "WEIR_USER)")
      ->type_name("FILE");
  command
      .add_option("--token-file", given.token_file,
                  "A file with the token of an administrator (or set WEIR_TOKEN)")
      ->type_name("FILE");
}

void add_tap_options(CLI::App& command, tap_arguments& given) {
  command.add_option("--db,--database", given.database, "Of databases that match, e.g. 'metrics*'")
      ->type_name("PATTERN");
  command
      .add_option("--measurement", given.measurement,
                  "Of measurements that match, e.g. 'cpu' or 'disk*'")
      ->type_name("PATTERN");
  CLI::Option* rejected =
      command.add_flag("--rejected", given.rejected, "Only lines that were rejected or dropped");
  command.add_flag("--all", given.all, "Those beside the accepted ones, too")->excludes(rejected);
  command
      .add_option("--per-second", given.per_second,
                  "Show at most so many lines a second, of all that match (1 to 1000)")
      ->check(refuse_count)
      ->capture_default_str()
      ->type_name("N");
  command.add_option("--count", given.count, "End after so many lines")
      ->check(refuse_count)
      ->type_name("N");
  command.add_flag("--json", given.watch.json, "One JSON object a line, as weir sends it");
}

}  // namespace

watch_commands add_watch_commands(CLI::App& commands, watch_arguments& watch, tap_arguments& tap) {
  CLI::App* status = commands.add_subcommand(
      "status", "Show on one screen how a running weir is, and what is to be done");
  add_where(*status, watch);
  status->add_flag("--json", watch.json, "The status document itself");
  status->footer(
      "Exit status: 0: weir is well; 1: something needs a person (it is not ready, or an advice is "
      "an error or a warning; a note does not count); 2: wrong arguments; 3: no weir answers.\n"
      "Examples:\n"
      "  weir status\n"
      "  weir status --config /etc/weir/weir.toml\n"
      "  WEIR_TOKEN=$(cat token) weir status --url http://10.0.0.1:8086\n"
      "  weir status >/dev/null || echo 'weir needs somebody'");
  CLI::App* top = commands.add_subcommand(
      "top", "Show how a running weir is, once a second, until q is pressed");
  add_where(*top, watch);
  top->footer(
      "Where standard output is no terminal, or TERM=dumb, each second's screen follows the last "
      "one.\n"
      "Exit status: 0; 2: wrong arguments; 3: no weir answers when it begins. When the connection "
      "breaks later, top says so and tries again.\n"
      "Example:\n"
      "  weir top --url http://127.0.0.1:8086");
  CLI::App* tapping =
      commands.add_subcommand("tap", "Show lines as they pass through a running weir");
  add_where(*tapping, tap.watch);
  add_tap_options(*tapping, tap);
  tapping->footer(
      "Lines are sampled over each second; a note says of how many. Without --rejected or --all, "
      "accepted lines are shown.\n"
      "Exit status: 0, also after Ctrl-C; 2: wrong arguments; 3: no weir answers when it begins. "
      "When the connection breaks later, tap says so and tries again.\n"
      "Examples:\n"
      "  weir tap --db metrics --measurement 'cpu*'\n"
      "  weir tap --rejected\n"
      "  weir tap --json --count 100 | jq .line");
  return {status, top, tapping};
}

}  // namespace weir
