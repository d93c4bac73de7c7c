// SPDX-License-Identifier: Apache-2.0
//
// The commands of weir: what the command line says, turned into calls. No decision about data here.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "base/terminal_text.hpp"
#include "config/settings_reader.hpp"
#include "pipeline/run_uv.hpp"
#include "tools/letters_command.hpp"
#include "tools/lint_command.hpp"
#include "tools/load_command.hpp"
#include "tools/types_command.hpp"
#include "weir/line_protocol.hpp"

namespace {

constexpr int exit_bad_configuration = 2;

struct arguments {
  std::string config;
  std::vector<std::string> sets;
  std::string announce;
};

void add_configuration_options(CLI::App& command, arguments& given) {
  command.add_option("-c,--config", given.config,
                     "Configuration file (TOML); without it the built-in defaults serve");
  command
      .add_option("-s,--set", given.sets,
                  "Set one key over the file: --set log.keep=1GiB, "
                  "--set 'http.listen=[\"127.0.0.1:0\"]', --set sink.NAME.url=http://...")
      ->allow_extra_args(false);
}

/// The settings; on failure the reasons are on standard error already.
bool load(const arguments& given, weir::settings& out) {
  auto loaded = weir::load_settings(given.config, given.sets);
  if (!loaded) {
    std::fprintf(stderr, "%s\n", weir::visible_lines(loaded.error().message).c_str());
    return false;
  }
  out = std::move(loaded).value();
  return true;
}

int config_check(const arguments& given) {
  weir::settings effective;
  if (!load(given, effective)) {
    return exit_bad_configuration;
  }
  std::printf("%s: no mistake found; %zu sink(s)\n",
              given.config.empty() ? "built-in defaults" : given.config.c_str(),
              effective.sinks.size());
  return 0;
}

int config_show(const arguments& given) {
  weir::settings effective;
  if (!load(given, effective)) {
    return exit_bad_configuration;
  }
  std::fputs(weir::show_settings(effective).c_str(), stdout);
  return 0;
}

int run(const arguments& given) {
  weir::settings effective;
  if (!load(given, effective)) {
    return exit_bad_configuration;
  }
  return weir::run_weir(effective, given.announce);
}

using types_action = int (*)(const weir::log_settings&, const weir::types_arguments&);

int types(const arguments& given, const weir::types_arguments& wanted, types_action action) {
  weir::settings effective;
  if (!load(given, effective)) {
    return exit_bad_configuration;
  }
  return action(effective.log, wanted);
}

void add_types_options(CLI::App& command, arguments& given, weir::types_arguments& wanted) {
  add_configuration_options(command, given);
  command.add_option("database", wanted.database, "Of this database");
  command.add_option("measurement", wanted.measurement, "Of this measurement");
  command.add_option("field", wanted.field, "This field");
}

int version() {
  std::printf("weir %s (parser kernel: %.*s)\n", WEIR_VERSION,
              static_cast<int>(weir::kernel_name().size()), weir::kernel_name().data());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "weir receives InfluxDB line protocol, checks every line, keeps what it acknowledged in a "
      "durable log and delivers it to your databases."};
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string("weir ") + WEIR_VERSION);
  arguments given;

  CLI::App* run_command = app.add_subcommand("run", "Receive, keep and deliver");
  add_configuration_options(*run_command, given);
  run_command->add_option("--announce", given.announce,
                          "Write the addresses taken to this file as JSON once weir is ready");
  run_command->footer(
      "Example:\n  weir run --config conf/weir.toml\n"
      "  curl -i 'http://127.0.0.1:8086/write?db=mydb' --data-binary 'cpu,host=a usage=1.5'");

  CLI::App* config_command = app.add_subcommand("config", "Check or show a configuration");
  config_command->require_subcommand(1);
  CLI::App* check_command =
      config_command->add_subcommand("check", "Say what is wrong with a configuration");
  add_configuration_options(*check_command, given);
  check_command->footer("Example:\n  weir config check --config conf/weir.toml");
  CLI::App* show_command =
      config_command->add_subcommand("show", "Print the effective configuration, all keys");
  add_configuration_options(*show_command, given);
  show_command->footer("Example:\n  weir config show --set log.type=memory");

  weir::load_arguments load_given;
  CLI::App* load_command = weir::add_load_command(app, load_given);

  weir::types_arguments wanted_types;
  CLI::App* types_command =
      app.add_subcommand("types", "List or forget the types of fields that weir has learnt");
  types_command->require_subcommand(1);
  CLI::App* list_command =
      types_command->add_subcommand("list",
                                    "Print database, measurement, field and type, with tabs "
                                    "between them (\\t, \\n and \\\\ in names)");
  add_types_options(*list_command, given, wanted_types);
  CLI::App* forget_command = types_command->add_subcommand(
      "forget", "Forget types, so that the next point decides; weir must be stopped");
  add_types_options(*forget_command, given, wanted_types);
  forget_command->get_option("database")->required();
  forget_command->footer("Example:\n  weir types forget --config conf/weir.toml mydb cpu value");
  weir::lint_arguments lint_given;
  CLI::App* lint_command = weir::add_lint_command(app, lint_given);
  weir::letters_arguments letters_given;
  CLI::App* letters_command = weir::add_letters_command(app, letters_given);

  CLI::App* version_command = app.add_subcommand("version", "Print the version");

  CLI11_PARSE(app, argc, argv);
  if (run_command->parsed()) {
    return run(given);
  }
  if (check_command->parsed()) {
    return config_check(given);
  }
  if (show_command->parsed()) {
    return config_show(given);
  }
  if (list_command->parsed()) {
    return types(given, wanted_types, weir::list_types);
  }
  if (forget_command->parsed()) {
    return types(given, wanted_types, weir::forget_types);
  }
  if (load_command->parsed()) {
    return weir::run_load(load_given);
  }
  if (lint_command->parsed()) {
    return weir::run_lint(lint_given);
  }
  if (letters_command->parsed()) {
    return weir::run_letters(letters_given);
  }
  if (version_command->parsed()) {
    return version();
  }
  return 1;
}
