// SPDX-License-Identifier: Apache-2.0
//
// The commands of weir: what the command line says, turned into calls. No decision about data here.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "config/checks/warnings.hpp"
#include "config/settings_reader.hpp"
#include "server/run_uv.hpp"
#include "tools/command_line.hpp"
#include "tools/explain/explain_command.hpp"
#include "tools/letters/letters_command.hpp"
#include "tools/lint/lint_command.hpp"
#include "tools/load/load_command.hpp"
#include "tools/log/log_command.hpp"
#include "tools/park/park_command.hpp"
#include "tools/types_command.hpp"
#include "tools/user/user_command.hpp"
#include "weir/line_protocol.hpp"

namespace {

struct arguments {
  weir::configuration_arguments configuration;
  std::string announce;
};

int config_check(const arguments& given) {
  const auto loaded = weir::load_or_complain(given.configuration);
  if (!loaded) {
    return weir::exit_wrong_arguments;
  }
  const weir::settings& effective = loaded->effective;
  std::printf("%s: no mistake found; %zu sink(s)\n", loaded->place.words().c_str(),
              effective.sinks.size());
  for (const std::string& each : weir::notes_of(effective)) {
    std::printf("note: %s\n", each.c_str());
  }
  std::fflush(stdout);
  for (const std::string& each : weir::warnings_of(effective)) {
    std::fprintf(stderr, "warning: %s\n", each.c_str());
  }
  return 0;
}

int config_show(const arguments& given) {
  const auto loaded = weir::load_or_complain(given.configuration);
  if (!loaded) {
    return weir::exit_wrong_arguments;
  }
  std::printf("# %s\n", loaded->place.words().c_str());
  for (const std::string& each : weir::notes_of(loaded->effective)) {
    std::printf("# %s\n", each.c_str());
  }
  std::fputs(weir::show_settings(loaded->effective).c_str(), stdout);
  return 0;
}

int run(const arguments& given) {
  const auto loaded = weir::load_or_complain(given.configuration);
  if (!loaded) {
    return weir::exit_wrong_arguments;
  }
  // The file of the start is read again: a reload does not look elsewhere when it is gone.
  const auto load = [again = loaded->place.path.empty() ? given.configuration.config
                                                        : loaded->place.path,
                     sets = given.configuration.sets] { return weir::load_settings(again, sets); };
  return weir::run_weir(loaded->effective, {given.announce, loaded->place.words(), load});
}

using types_action = int (*)(const weir::loaded_settings&, const weir::types_arguments&);

int types(const arguments& given, const weir::types_arguments& wanted, types_action action) {
  const auto loaded = weir::load_or_complain(given.configuration);
  return loaded ? action(*loaded, wanted) : weir::exit_wrong_arguments;
}

int version() {
  std::printf("weir %s (parser kernel: %.*s)\n", WEIR_VERSION,
              static_cast<int>(weir::kernel_name().size()), weir::kernel_name().data());
  return 0;
}

void add_types_options(CLI::App& command, arguments& given, weir::types_arguments& wanted) {
  weir::add_configuration_options(command, given.configuration);
  command.add_option("DATABASE", wanted.database, "Of this database")->type_name("");
  command.add_option("MEASUREMENT", wanted.measurement, "Of this measurement")->type_name("");
  command.add_option("FIELD", wanted.field, "This field")->type_name("");
}

/// The commands of `weir types`.
struct types_commands {
  CLI::App* list;
  CLI::App* forget;
};

types_commands add_types_commands(CLI::App& app, arguments& given, weir::types_arguments& wanted) {
  CLI::App* types_command =
      app.add_subcommand("types", "List or forget the field types that weir has recorded");
  types_command->require_subcommand(1);
  CLI::App* list =
      types_command->add_subcommand("list",
                                    "Print database, measurement, field and type, with tabs "
                                    "between them (\\t, \\n and \\\\ in names)");
  add_types_options(*list, given, wanted);
  list->footer("Example:\n  weir types list --config /etc/weir/weir.toml mydb cpu");
  CLI::App* forget = types_command->add_subcommand(
      "forget", "Forget types, so that the next point decides; weir must be stopped");
  add_types_options(*forget, given, wanted);
  forget->get_option("DATABASE")->required();
  forget->footer("Example:\n  weir types forget --config /etc/weir/weir.toml mydb cpu value");
  types_command->footer(
      "Examples:\n  weir types list --config /etc/weir/weir.toml\n"
      "  weir types forget --config /etc/weir/weir.toml mydb cpu value");
  return {list, forget};
}

/// The commands of `weir config`.
struct config_commands {
  CLI::App* check;
  CLI::App* show;
};

config_commands add_config_commands(CLI::App& app, arguments& given) {
  CLI::App* command = app.add_subcommand("config", "Check or show a configuration");
  command->require_subcommand(1);
  CLI::App* check = command->add_subcommand(
      "check", "Report mistakes in a configuration, and warn of what is probably not intended");
  weir::add_configuration_options(*check, given.configuration);
  check->footer(
      "Status: 0, or 2 when it has mistakes.\n"
      "Example:\n  weir config check --config conf/weir.toml");
  CLI::App* show = command->add_subcommand(
      "show", "Print the effective configuration, all keys; secrets are shown as ***");
  weir::add_configuration_options(*show, given.configuration);
  show->footer("Example:\n  weir config show --set log.type=memory");
  command->footer("Examples:\n  weir config check --config conf/weir.toml\n  weir config show");
  return {check, show};
}

CLI::App* add_run_command(CLI::App& app, arguments& given) {
  CLI::App* command = app.add_subcommand("run", "Receive points, log them and deliver them");
  weir::add_configuration_options(*command, given.configuration);
  command
      ->add_option("--announce", given.announce,
                   "Write the addresses taken to this file as JSON once weir is ready")
      ->type_name("FILE");
  command->footer(
      "Example:\n  weir run --config conf/weir.toml\n"
      "  curl -i 'http://127.0.0.1:8086/write?db=mydb' --data-binary 'cpu,host=a usage=1.5'");
  return command;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "weir receives InfluxDB line protocol, checks every line, keeps what it acknowledged in a "
      "durable log and delivers it to your databases.",
      "weir"};
  app.require_subcommand(1);
  app.set_version_flag("-V,--version", std::string("weir ") + WEIR_VERSION);
  arguments given;
  CLI::App* run_command = add_run_command(app, given);
  const config_commands config = add_config_commands(app, given);
  weir::letters_arguments letters_given;
  CLI::App* letters_command = weir::add_letters_command(app, letters_given);
  weir::park_arguments park_given;
  CLI::App* park_command = weir::add_park_command(app, park_given);
  weir::types_arguments wanted_types;
  weir::log_arguments log_given;
  CLI::App* log_command = weir::add_log_command(app, log_given);
  const types_commands types_command = add_types_commands(app, given, wanted_types);
  weir::lint_arguments lint_given;
  CLI::App* lint_command = weir::add_lint_command(app, lint_given);
  weir::explain_arguments explain_given;
  CLI::App* explain_command = weir::add_explain_command(app, explain_given);
  weir::load_arguments load_given;
  CLI::App* load_command = weir::add_load_command(app, load_given);
  CLI::App* user_command = weir::add_user_command(app);
  app.add_subcommand("version", "Print the version, and the parser kernel of this processor")
      ->footer("Example:\n  weir version");

  // Last: a footer is passed on to the commands that are added after it.
  app.footer(
      "Examples:\n"
      "  weir run --config conf/weir.toml\n"
      "  weir config check --config /etc/weir/weir.toml\n"
      "  weir letters list --since 1h\n"
      "`weir COMMAND --help` has more.");

  if (const auto status = weir::parse_command_line(app, argc, argv)) {
    return *status;
  }
  if (run_command->parsed()) {
    return run(given);
  }
  if (config.check->parsed() || config.show->parsed()) {
    return config.check->parsed() ? config_check(given) : config_show(given);
  }
  if (types_command.list->parsed() || types_command.forget->parsed()) {
    return types(given, wanted_types,
                 types_command.list->parsed() ? weir::list_types : weir::forget_types);
  }
  if (load_command->parsed()) {
    return weir::run_load(load_given);
  }
  if (lint_command->parsed()) {
    return weir::run_lint(lint_given);
  }
  if (explain_command->parsed()) {
    return weir::run_explain(explain_given);
  }
  if (letters_command->parsed()) {
    return weir::run_letters(letters_given);
  }
  if (log_command->parsed()) {
    return weir::run_log(log_given);
  }
  if (park_command->parsed()) {
    return weir::run_park(park_given);
  }
  return user_command->parsed() ? weir::run_user_hash() : version();
}
