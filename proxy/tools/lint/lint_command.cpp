// SPDX-License-Identifier: Apache-2.0
#include "tools/lint/lint_command.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "base/text/terminal_text.hpp"
#include "tools/command_line.hpp"
#include "tools/lint/lint_run_posix.hpp"

namespace weir {
namespace {

constexpr int exit_clean = 0;
constexpr int exit_findings = 1;
constexpr int exit_trouble = 2;

int refuse(const failure& why) {
  std::fprintf(stderr, "weir lint: %s\n", visible_lines(why.message).c_str());
  return exit_trouble;
}

}  // namespace

CLI::App* add_lint_command(CLI::App& commands, lint_arguments& given) {
  CLI::App* command = commands.add_subcommand(
      "lint", "Report mistakes in line protocol: where they are, and what to write instead");
  command->add_option("FILE", given.file, "Line protocol; - is standard input")
      ->capture_default_str();
  command
      ->add_option("-p,--precision", given.precision,
                   "Unit of the timestamps: ns, us, ms, s, m or h")
      ->capture_default_str();
  command->add_flag("--json", given.json, "One JSON object for each line, good or bad");
  command->add_flag("--canonical", given.canonical,
                    "Print the good lines in canonical form, with their time in ns; what is "
                    "wrong with the others goes to standard error");
  command->add_flag("--warnings,!--no-warnings", given.warnings,
                    "Also warn about lines that are accepted (the default, except with --json)");
  command
      ->add_option("--limit", given.limit,
                   "Show at most so many diagnostics of each kind; all are counted. 0: all")
      ->check(refuse_count)
      ->capture_default_str();
  command
      ->add_option("--utf8", given.utf8,
                   "Bytes that are not UTF-8: reject the line, or pass as InfluxDB 1.x does")
      ->capture_default_str();
  command
      ->add_option("--color", given.color,
                   "auto (on a terminal, if NO_COLOR is not set), "
                   "always or never")
      ->capture_default_str();
  command->footer(
      "Exit status: 0 nothing found, 1 something found, 2 wrong arguments, or a file that cannot "
      "be read or written.\n"
      "Examples:\n"
      "  weir lint metrics.lp\n"
      "  printf 'cpu, host=a usage=1.5\\n' | weir lint\n"
      "  weir lint --json --precision s - < metrics.lp\n"
      "  weir lint --canonical metrics.lp > canonical.lp");
  return command;
}

int run_lint(const lint_arguments& given) {
  const auto options = check_lint(given);
  if (!options) {
    return refuse(options.error());
  }
  const auto totals = lint_file(given.file, options.value());
  if (!totals) {
    return refuse(totals.error());
  }
  return totals.value().clean() ? exit_clean : exit_findings;
}

}  // namespace weir
