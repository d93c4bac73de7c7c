// SPDX-License-Identifier: Apache-2.0
#include "tools/log/log_command.hpp"

#include <CLI/CLI.hpp>
#include <utility>

#include "base/clock_posix.hpp"
#include "letters/letter_filter.hpp"
#include "tools/data_directory_posix.hpp"
#include "tools/log/log_job.hpp"
#include "tools/log/move/move_job.hpp"
#include "tools/log/topic/topic_job.hpp"

namespace weir {
namespace {

void add_filters(CLI::App& command, log_arguments& arguments) {
  command.add_option("--db,--database", arguments.database, "Of databases that match, e.g. 'm*'")
      ->type_name("PATTERN");
}

void add_measurement(CLI::App& command, log_arguments& arguments) {
  command
      .add_option("--measurement", arguments.measurement,
                  "Of measurements that match, e.g. 'cpu' or 'disk*'")
      ->type_name("PATTERN");
}

void add_times(CLI::App& command, log_arguments& arguments, const char* from, const char* to) {
  command
      .add_option(from, arguments.since,
                  "Received at this time or later: 2026-01-02T03:04:05Z (UTC), or 2h (ago)")
      ->type_name("TIME");
  command.add_option(to, arguments.until, "Received before this time")->type_name("TIME");
}

void add_quiet(CLI::App& command, log_arguments& arguments) {
  command.add_flag("-q,--quiet", arguments.quiet, "No progress, on a terminal either");
}

CLI::App* add(CLI::App& command, log_arguments& arguments, const char* name, const char* help,
              log_arguments::action chosen) {
  CLI::App* added = command.add_subcommand(name, help);
  added->callback([&arguments, chosen] { arguments.chosen = chosen; });
  add_configuration_options(*added, arguments.configuration);
  added
      ->add_option("--directory", arguments.directory,
                   "Of a local log, if not where the configuration says")
      ->type_name("DIRECTORY");
  return added;
}

void add_reading_commands(CLI::App& command, log_arguments& arguments) {
  using action = log_arguments::action;
  CLI::App* counting =
      add(command, arguments, "stat",
          "Files, frames, points, times, databases; what each sink still needs", action::stat);
  counting->add_flag("--json", arguments.json, "One JSON object");
  counting->footer("Example:\n  weir log stat --config /etc/weir/weir.toml");

  CLI::App* tailing =
      add(command, arguments, "tail", "The newest points, as line protocol", action::tail);
  tailing->add_flag("-f,--follow", arguments.follow, "Go on with what is appended, until Ctrl-C");
  tailing->add_option("-n,--lines", arguments.lines, "Begin with so many")
      ->check(refuse_count)
      ->capture_default_str()
      ->type_name("N");
  add_filters(*tailing, arguments);
  add_measurement(*tailing, arguments);
  tailing->footer("Example:\n  weir log tail -f --db metrics --measurement 'cpu*'");

  CLI::App* taking =
      add(command, arguments, "export",
          "Write points to a file of line protocol (`influx -import` reads it)", action::take_out);
  taking->add_option("--out", arguments.out, "A new file; - is standard output")
      ->capture_default_str()
      ->type_name("FILE");
  taking->add_flag("--gzip", arguments.gzip, "Compressed");
  add_filters(*taking, arguments);
  add_measurement(*taking, arguments);
  add_times(*taking, arguments, "--since", "--until");
  add_quiet(*taking, arguments);
  taking->footer(
      "Example:\n  weir log export --since 2026-01-02 --until 2026-01-03 --db metrics "
      "--gzip --out day.lp.gz");

  CLI::App* verifying =
      add(command, arguments, "verify", "Read every byte and check it", action::verify);
  add_quiet(*verifying, arguments);
  verifying->footer(
      "Exit status: 0, or 1 when something is damaged or missing.\n"
      "Example:\n  weir log verify --directory /var/lib/weir");
}

}  // namespace

CLI::App* add_log_command(CLI::App& commands, log_arguments& arguments) {
  CLI::App* command = commands.add_subcommand(
      "log", "Look into the log, check it, and deliver a part of it once more");
  command->require_subcommand(1);
  add_reading_commands(*command, arguments);
  CLI::App* replaying = add(
      *command, arguments, "replay",
      "Deliver a time's points once more through a sink's settings; live delivery goes on. After "
      "Ctrl-C the same command goes on where it was. Points stay in the log after delivery "
      "for log.retain",
      log_arguments::action::replay);
  replaying->add_option("--sink", arguments.sink, "The name of the [[sink]]")
      ->required()
      ->type_name("NAME");
  add_times(*replaying, arguments, "--from", "--to");
  replaying->get_option("--from")->required();
  add_filters(*replaying, arguments);
  replaying
      ->add_option("--to-database", arguments.to_database,
                   "Deliver into this database (it is created), not into that of each point")
      ->type_name("NAME");
  replaying->add_flag("--dry-run", arguments.dry_run, "Only count what would be delivered");
  add_quiet(*replaying, arguments);
  replaying->footer(
      "Example:\n  weir log replay --sink influx --from 2026-01-01T22:00Z --to 2026-01-02T06:00Z "
      "--to-database last_night");
  CLI::App* moving = add(*command, arguments, "move",
                         "Move what stopped weirs have not delivered yet from a local log to a "
                         "topic in Kafka, or from "
                         "there to a local log. Each sink goes on where it was. After a run that "
                         "was cut off, the same "
                         "command goes on",
                         log_arguments::action::move);
  moving->add_option("--to", arguments.to, "kafka, or local")
      ->required()
      ->check(CLI::IsMember({"kafka", "local"}))
      ->type_name("LOG");
  add_quiet(*moving, arguments);
  moving->footer(
      "Where both are is in [log]: directory, and brokers, topic, shards; its type may be either.\n"
      "Exit status: 0, or 1 when it could not, and says why.\n"
      "Example:\n  weir log move --to kafka --set 'log.brokers=[\"kafka-1:9092\"]' --set "
      "log.shards=12\n"
      "  weir log move --to local --config /etc/weir/weir.toml");
  command->footer(
      "Examples:\n"
      "  weir log stat --config /etc/weir/weir.toml\n"
      "  weir log tail -f --db metrics\n"
      "  weir log verify --directory /var/lib/weir");
  return command;
}

namespace {

/// The times that the arguments name; false: one is none, which was said.
bool read_times(const log_arguments& arguments, std::int64_t& since_ns, std::int64_t& until_ns) {
  const std::int64_t now_ns = wall_clock_ns();
  for (const auto& [text, into] :
       {std::pair(&arguments.since, &since_ns), std::pair(&arguments.until, &until_ns)}) {
    if (text->empty()) {
      continue;
    }
    auto moment = parse_moment(*text, now_ns);
    if (!moment) {
      complain_of_log(moment.error().message, exit_wrong_arguments);
      return false;
    }
    *into = moment.value();
  }
  return true;
}

int run_on_topic(const log_arguments& arguments, const settings& configured) {
  auto opened = topic_log::open(configured);
  if (!opened) {
    return complain_of_log(opened.error().message, 1);
  }
  topic_job job{arguments, configured, opened.value()};
  if (!read_times(arguments, job.since_ns, job.until_ns)) {
    return exit_wrong_arguments;
  }
  switch (arguments.chosen) {
    case log_arguments::action::stat:
      return stat_topic(job);
    case log_arguments::action::tail:
      return tail_topic(job);
    case log_arguments::action::take_out:
      return export_topic(job);
    case log_arguments::action::verify:
      return verify_topic(job);
    case log_arguments::action::replay:
      return replay_topic(job);
    case log_arguments::action::move:
    case log_arguments::action::none:
      break;
  }
  return exit_wrong_arguments;
}

}  // namespace

int run_log(const log_arguments& arguments) {
  auto loaded = load_or_complain(arguments.configuration);
  if (!loaded) {
    return exit_wrong_arguments;
  }
  std::string directory = arguments.directory;
  if (arguments.chosen == log_arguments::action::move) {
    if (!directory.empty()) {
      loaded->effective.log.directory = directory;
    }
    const move_job job{arguments, loaded->effective, loaded->place};
    return arguments.to == "kafka" ? move_to_kafka(job) : move_to_local(job);
  }
  if (directory.empty() && loaded->effective.log.type == log_type::kafka) {
    return run_on_topic(arguments, loaded->effective);
  }
  if (directory.empty()) {
    directory = loaded->effective.log.directory;
    if (log_directory_of(loaded->effective).empty()) {
      return complain_of_log("log.type = \"memory\" has no files; the configuration is " +
                                 loaded->place.words() +
                                 "; give that which weir runs with (--config FILE)",
                             1);
    }
    if (const std::string why = why_no_log(directory, loaded->place); !why.empty()) {
      return complain_of_log(why, 1);
    }
  }
  auto opened = stored_log::open(directory);
  if (!opened) {
    return complain_of_log(opened.error().message, 1);
  }
  log_job job{arguments, std::move(loaded->effective), std::move(opened).value()};
  job.configured.log.directory = directory;
  if (!read_times(arguments, job.since_ns, job.until_ns)) {
    return exit_wrong_arguments;
  }
  switch (arguments.chosen) {
    case log_arguments::action::stat:
      return stat_log(job);
    case log_arguments::action::tail:
      return tail_log(job);
    case log_arguments::action::take_out:
      return export_log(job);
    case log_arguments::action::verify:
      return verify_log(job);
    case log_arguments::action::replay:
      return replay_log(job);
    case log_arguments::action::move:
    case log_arguments::action::none:
      break;
  }
  return exit_wrong_arguments;
}

}  // namespace weir
