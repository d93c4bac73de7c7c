// SPDX-License-Identifier: Apache-2.0
//
// The commands of weir: what the command line says, turned into calls. No decision about data here.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <functional>
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
#include "tools/manual/manual_command.hpp"
#include "tools/park/park_command.hpp"
#include "tools/types_command.hpp"
#include "tools/user/user_command.hpp"
#include "tools/watch/watch_command.hpp"
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
      "forget",
      "Forget types, so that the next point decides; weir must be stopped, unless the "
      "log is Kafka: then all weirs of it follow");
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
      "Exit status: 0, or 2 when it has mistakes.\n"
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

/// What the command line says for each command.
struct all_arguments {
  arguments given;
  weir::letters_arguments letters;
  weir::park_arguments park;
  weir::types_arguments types;
  weir::log_arguments log;
  weir::lint_arguments lint;
  weir::explain_arguments explain;
  weir::load_arguments load;
  weir::manual_arguments manual;
  weir::watch_arguments watch;
  weir::tap_arguments tap;
};

/// A command that was asked for is run by this; its result is the exit status.
struct action {
  const CLI::App* command;
  std::function<int()> run;
};

void add_service_commands(CLI::App& app, all_arguments& all, std::vector<action>& out) {
  out.push_back({add_run_command(app, all.given), [&] { return run(all.given); }});
  const config_commands config = add_config_commands(app, all.given);
  out.push_back({config.check, [&] { return config_check(all.given); }});
  out.push_back({config.show, [&] { return config_show(all.given); }});
}

void add_watch_commands(CLI::App& app, all_arguments& all, std::vector<action>& out) {
  const weir::watch_commands watch = weir::add_watch_commands(app, all.watch, all.tap);
  out.push_back({watch.status, [&] { return weir::run_status(all.watch); }});
  out.push_back({watch.top, [&] { return weir::run_top(all.watch); }});
  out.push_back({watch.tap, [&] { return weir::run_tap(all.tap); }});
}

void add_data_commands(CLI::App& app, all_arguments& all, std::vector<action>& out) {
  out.push_back({weir::add_letters_command(app, all.letters),
                 [&] { return weir::run_letters(all.letters); }});
  out.push_back({weir::add_park_command(app, all.park), [&] { return weir::run_park(all.park); }});
  out.push_back({weir::add_log_command(app, all.log), [&] { return weir::run_log(all.log); }});
  const types_commands known = add_types_commands(app, all.given, all.types);
  out.push_back({known.list, [&] { return types(all.given, all.types, weir::list_types); }});
  out.push_back({known.forget, [&] { return types(all.given, all.types, weir::forget_types); }});
}

void add_line_commands(CLI::App& app, all_arguments& all, std::vector<action>& out) {
  out.push_back({weir::add_lint_command(app, all.lint), [&] { return weir::run_lint(all.lint); }});
  out.push_back({weir::add_explain_command(app, all.explain),
                 [&] { return weir::run_explain(all.explain); }});
  out.push_back({weir::add_load_command(app, all.load), [&] { return weir::run_load(all.load); }});
}

void add_other_commands(CLI::App& app, all_arguments& all, std::vector<action>& out) {
  out.push_back({weir::add_user_command(app), [] { return weir::run_user_hash(); }});
  const weir::manual_commands manual = weir::add_manual_commands(app, all.manual);
  out.push_back({manual.completion, [&] { return weir::run_completion(app, all.manual); }});
  out.push_back({manual.manual, [&] {
                   return weir::run_manual(app, all.manual, std::string("weir ") + WEIR_VERSION);
                 }});
  CLI::App* command =
      app.add_subcommand("version", "Print the version, and the parser kernel of this processor");
  command->footer("Example:\n  weir version");
  out.push_back({command, [] { return version(); }});
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "weir receives InfluxDB line protocol, checks every line, keeps what it acknowledged in a "
      "durable log and delivers it to your databases.",
      "weir"};
  app.require_subcommand(1);
  app.set_version_flag("-V,--version", std::string("weir ") + WEIR_VERSION);
  all_arguments all;
  std::vector<action> actions;
  add_service_commands(app, all, actions);
  add_watch_commands(app, all, actions);
  add_data_commands(app, all, actions);
  add_line_commands(app, all, actions);
  add_other_commands(app, all, actions);

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
  const auto asked = std::find_if(actions.begin(), actions.end(),
                                  [](const action& each) { return each.command->parsed(); });
  return asked == actions.end() ? weir::exit_wrong_arguments : asked->run();
}
