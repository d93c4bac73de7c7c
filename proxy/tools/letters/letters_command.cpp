// SPDX-License-Identifier: Apache-2.0
#include "tools/letters/letters_command.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <deque>
#include <functional>

#include "base/clock_posix.hpp"
#include "base/text/terminal_text.hpp"
#include "config/checks/suggest.hpp"
#include "config/settings_reader.hpp"
#include "files/state_directory_posix.hpp"
#include "letters/letter_filter.hpp"
#include "letters/letter_segments.hpp"
#include "tools/data_directory_posix.hpp"
#include "tools/letters/letters_exit.hpp"
#include "tools/letters/letters_print.hpp"
#include "tools/letters/letters_run.hpp"
#include "tools/letters/line_output_posix.hpp"

namespace weir {
namespace {

void print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

/// Calls `see` with each letter that the arguments select, and whether it was replayed.
result<letter_scan> for_each_letter(const letters_job& job,
                                    const std::function<bool(const letter&, bool)>& see) {
  return scan_letters(posix_file_system(), job.directory, [&](letter& each) {
    const bool replayed = job.replayed.contains(each.id);
    if ((job.unreplayed && replayed) || !job.filter.matches(each)) {
      return true;
    }
    return see(each, replayed);
  });
}

std::string as_json(const letter& each) {
  std::string out;
  append_letter(each.id, each.header, each.what, out);
  return out;
}

int list(const letters_arguments& arguments, const letters_job& job) {
  // The newest, in the order of receipt.
  std::deque<std::string> rows;
  std::uint64_t matched = 0;
  const auto scanned = for_each_letter(job, [&](const letter& each, bool replayed) {
    ++matched;
    rows.push_back(arguments.json ? as_json(each) : list_row(each, replayed));
    if (arguments.limit > 0 && rows.size() > arguments.limit) {
      rows.pop_front();
    }
    return true;
  });
  if (!scanned) {
    return complain(scanned.error().message, exit_not_all);
  }
  if (!arguments.json) {
    print(list_heading());
  }
  const std::size_t shown = rows.size();
  for (const std::string& row : rows) {
    print(row);
  }
  if (!arguments.json && matched > shown) {
    std::printf("the newest %zu of %llu; --limit 0 shows all\n", shown,
                static_cast<unsigned long long>(matched));
  }
  if (shown == 0) {  // not on standard output, which is for programs too
    std::fprintf(stderr, "no letter in %s matches\n", job.directory.c_str());
  }
  return 0;
}

int show(const letters_arguments& arguments, const letters_job& job) {
  std::uint64_t found = 0;
  const auto scanned = for_each_letter(job, [&](const letter& each, bool replayed) {
    print(arguments.json ? as_json(each)
                         : (found > 0 ? "\n" : "") + describe_letter(each, replayed));
    return ++found < arguments.ids.size();
  });
  if (!scanned) {
    return complain(scanned.error().message, exit_not_all);
  }
  if (found < arguments.ids.size()) {
    return complain(arguments.ids.size() == 1
                        ? "there is no letter " + std::to_string(arguments.ids[0]) + " in " +
                              job.directory + " (any more)"
                        : "some of these letters are not in " + job.directory + " (any more)",
                    exit_not_all);
  }
  return 0;
}

int stats(const letters_arguments& arguments, const letters_job& job) {
  letter_statistics counted;
  const auto scanned = for_each_letter(job, [&](const letter& each, bool replayed) {
    counted.add(each, replayed);
    return true;
  });
  if (!scanned) {
    return complain(scanned.error().message, exit_not_all);
  }
  print(arguments.json ? counted.json(scanned.value().damaged)
                       : counted.text(scanned.value().damaged));
  return 0;
}

int to_file(const letters_arguments& arguments, const letters_job& job) {
  line_output out;
  if (auto opened = out.open(arguments.out); !opened) {
    return complain(opened.error().message, exit_not_all);
  }
  std::uint64_t lines = 0;
  std::string group;
  const auto scanned = for_each_letter(job, [&](const letter& each, bool) {
    ++lines;
    if (arguments.json) {
      out.write(as_json(each));
      return true;
    }
    const letter_header& header = each.header;
    const std::string heading = "# database=" + visible(header.database, 256) +
                                " rp=" + visible(header.retention_policy, 256) +
                                " precision=" + std::string(precision_name(header.unit_ns)) + "\n";
    if (heading != group) {
      out.write(heading);
      group = heading;
    }
    out.write(each.what.text + "\n");
    return true;
  });
  if (!scanned) {
    return complain(scanned.error().message, exit_not_all);
  }
  if (auto closed = out.close(); !closed) {
    return complain(closed.error().message, exit_not_all);
  }
  std::fprintf(stderr, "%llu lines\n", static_cast<unsigned long long>(lines));
  return 0;
}

/// Where the letters are at this moment: weir moves them when it starts with a state directory.
std::string letters_directory_now(const settings& configured) {
  const std::string state = configured.service.state_directory;
  return state.empty() || !configured.letters.directory.empty()
             ? letters_directory(configured)
             : find_state_entry(state, configured.log.directory, state_entry::letters);
}

/// The job that arguments and configuration ask for. Reads the configuration and the clock.
result<letters_job> make_job(const letters_arguments& arguments) {
  auto loaded = load_settings(arguments.configuration.config, arguments.configuration.sets);
  if (!loaded) {
    return loaded.error();
  }
  letters_job job;
  job.configured = std::move(loaded.value().effective);
  job.place = std::move(loaded.value().place);
  job.directory =
      arguments.directory.empty() ? letters_directory_now(job.configured) : arguments.directory;
  job.unreplayed = arguments.unreplayed;
  const std::vector<std::string> codes = known_codes();
  if (!arguments.code.empty() &&
      std::find(codes.begin(), codes.end(), arguments.code) == codes.end()) {
    return failure{"no letter has the code \"" + arguments.code +
                   "\"; `weir letters stats` counts those that there are" +
                   did_you_mean(nearest_name(arguments.code, codes))};
  }
  job.filter = {.database = arguments.database,
                .code = arguments.code,
                .source = arguments.source,
                .ids = arguments.ids};
  const std::int64_t now_ns = wall_clock_ns();
  for (const auto& [text, into] : {std::pair(&arguments.since, &job.filter.since_ns),
                                   std::pair(&arguments.until, &job.filter.until_ns)}) {
    if (text->empty()) {
      continue;
    }
    auto moment = parse_moment(*text, now_ns);
    if (!moment) {
      return moment.error();
    }
    *into = moment.value();
  }
  return job;
}

void add_where(CLI::App& command, letters_arguments& arguments) {
  add_configuration_options(command, arguments.configuration);
  command
      .add_option("--directory", arguments.directory,
                  "Where the letters are, if not where the configuration says")
      ->type_name("DIRECTORY");
}

void add_sink(CLI::App& command, letters_arguments& arguments) {
  command
      .add_option("--sink", arguments.sink,
                  "Instead of letters: the batches that the server of this sink refused")
      ->type_name("NAME");
}

void add_filters(CLI::App& command, letters_arguments& arguments) {
  command.add_option("--database", arguments.database, "Only of this database")->type_name("NAME");
  command
      .add_option("--code", arguments.code,
                  "Only with this code, such as missing_fields; `weir letters stats` counts them")
      ->type_name("CODE");
  command
      .add_option("--source", arguments.source,
                  "Only from there: part of an address, a user or a user agent")
      ->type_name("TEXT");
  command
      .add_option("--since", arguments.since,
                  "Only received since: \"2h\" (ago) or \"2026-01-02T03:04:05Z\" (UTC)")
      ->type_name("TIME");
  command.add_option("--until", arguments.until, "Only received before; written as --since")
      ->type_name("TIME");
  command.add_flag("--unreplayed", arguments.unreplayed, "Only those that were not replayed yet");
}

using letters_action = letters_arguments::action;
using command_adder = std::function<CLI::App*(const char*, const char*, letters_action)>;

void add_sending_commands(const command_adder& add, letters_arguments& arguments) {
  CLI::App* replaying =
      add("replay", "Send letters through a running weir again; marks those that pass",
          letters_action::replay);
  add_sink(*replaying, arguments);
  add_filters(*replaying, arguments);
  replaying->add_option("ID", arguments.ids, "Only these letters")->type_name("");
  replaying
      ->add_option("--url", arguments.url,
                   "The running weir, if not at http.listen: http://HOST:PORT")
      ->type_name("URL");
  replaying->add_flag("--dry-run", arguments.dry_run, "Only say what would be sent");
  replaying->add_flag("-q,--quiet", arguments.quiet, "No progress, on a terminal either");
  replaying->footer(
      "Example:\n  weir letters replay --database metrics --code beyond_retention --dry-run");
  CLI::App* exporting =
      add("file", "Write the lines to a file, to be repaired", letters_action::file);
  add_sink(*exporting, arguments);
  add_filters(*exporting, arguments);
  exporting->add_option("OUT", arguments.out, "A new file; \"-\": standard output")
      ->required()
      ->type_name("");
  exporting->add_flag("--json", arguments.json, "One JSON object a line instead");
  exporting->footer("Example:\n  weir letters file refused.lp --database metrics");
}

}  // namespace

CLI::App* add_letters_command(CLI::App& commands, letters_arguments& arguments) {
  using action = letters_arguments::action;
  CLI::App* command =
      commands.add_subcommand("letters", "Look at the lines that were refused; send them again");
  command->require_subcommand(1);
  const auto add = [&](const char* name, const char* help, action chosen) {
    CLI::App* added = command->add_subcommand(name, help);
    added->callback([&arguments, chosen] { arguments.chosen = chosen; });
    add_where(*added, arguments);
    return added;
  };
  CLI::App* listing = add("list", "The newest letters, one a line", action::list);
  add_sink(*listing, arguments);
  add_filters(*listing, arguments);
  listing->add_option("--limit", arguments.limit, "Show so many, the newest; 0 shows all")
      ->check(refuse_count)
      ->capture_default_str()
      ->type_name("N");
  listing->add_flag("--json", arguments.json, "One JSON object a line (docs/letters_format.md)");
  listing->footer("Example:\n  weir letters list --since 1h --code invalid_number");
  CLI::App* showing = add("show", "All about one letter, and what to do about it", action::show);
  showing->add_option("ID", arguments.ids, "The letter's number, as list shows it")
      ->required()
      ->type_name("");
  showing->add_flag("--json", arguments.json, "One JSON object a line");
  showing->footer("Example:\n  weir letters show 17");
  CLI::App* counting = add("stats", "Counts by database, code and source", action::stats);
  add_filters(*counting, arguments);
  counting->add_flag("--json", arguments.json, "One JSON object");
  counting->footer("Example:\n  weir letters stats --since 24h");
  add_sending_commands(add, arguments);
  command->footer(
      "Examples:\n"
      "  weir letters stats --config /etc/weir/weir.toml\n"
      "  weir letters list --config /etc/weir/weir.toml --since 1h --code invalid_number\n"
      "  weir letters show 17 --config /etc/weir/weir.toml\n"
      "  weir letters replay --config /etc/weir/weir.toml --database metrics --code "
      "beyond_retention");
  return command;
}

int run_letters(const letters_arguments& arguments) {
  auto asked = make_job(arguments);
  if (!asked) {
    return complain(asked.error().message, exit_bad_arguments);
  }
  letters_job& job = asked.value();
  if (!arguments.sink.empty()) {
    return run_refused(arguments, job);
  }
  const std::string reason = why_no_letters(job.directory, job.place);
  // A log whose weir keeps no letters (letters.enabled = false) is no wrong directory.
  const bool none_kept = arguments.directory.empty() && !job.configured.letters.enabled &&
                         why_no_log(job.configured.log.directory, job.place).empty();
  if (!reason.empty() && !none_kept) {
    return complain(reason, exit_not_all);
  }
  auto replayed = load_replayed(job.directory);
  if (!replayed) {
    return complain(replayed.error().message, exit_not_all);
  }
  job.replayed = std::move(replayed).value();
  switch (arguments.chosen) {
    case letters_arguments::action::list:
      return list(arguments, job);
    case letters_arguments::action::show:
      return show(arguments, job);
    case letters_arguments::action::stats:
      return stats(arguments, job);
    case letters_arguments::action::file:
      return to_file(arguments, job);
    case letters_arguments::action::replay:
      return run_replay(arguments, job);
    case letters_arguments::action::none:
      break;
  }
  return exit_bad_arguments;
}

}  // namespace weir
