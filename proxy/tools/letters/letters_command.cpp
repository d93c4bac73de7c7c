// SPDX-License-Identifier: Apache-2.0
#include "tools/letters/letters_command.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <deque>
#include <functional>
#include <memory>

#include "base/clock_posix.hpp"
#include "base/text/terminal_text.hpp"
#include "config/checks/suggest.hpp"
#include "config/settings_reader.hpp"
#include "letters/letter_filter.hpp"
#include "letters/letter_segments.hpp"
#include "tools/data_directory_posix.hpp"
#include "tools/letters/letters_exit.hpp"
#include "tools/letters/letters_print.hpp"
#include "tools/letters/letters_run.hpp"

namespace weir {
namespace {

void print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

/// Goes through the letters that are meant; `see` is told whether each was replayed.
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

int list(const letters_arguments& given, const letters_job& job) {
  // The newest, in the order of receipt.
  std::deque<std::string> rows;
  std::uint64_t matched = 0;
  const auto scanned = for_each_letter(job, [&](const letter& each, bool replayed) {
    ++matched;
    rows.push_back(given.json ? as_json(each) : list_row(each, replayed));
    if (given.limit > 0 && rows.size() > given.limit) {
      rows.pop_front();
    }
    return true;
  });
  if (!scanned) {
    return complain(scanned.error().message, exit_not_all);
  }
  if (!given.json) {
    print(list_heading());
  }
  const std::size_t shown = rows.size();
  for (const std::string& row : rows) {
    print(row);
  }
  if (!given.json && matched > shown) {
    std::printf("the newest %zu of %llu; --limit 0 shows all\n", shown,
                static_cast<unsigned long long>(matched));
  }
  if (shown == 0) {  // not on standard output, which is for programs too
    std::fprintf(stderr, "no letter in %s matches\n", job.directory.c_str());
  }
  return 0;
}

int show(const letters_arguments& given, const letters_job& job) {
  std::uint64_t found = 0;
  const auto scanned = for_each_letter(job, [&](const letter& each, bool replayed) {
    print(given.json ? as_json(each) : (found > 0 ? "\n" : "") + describe_letter(each, replayed));
    return ++found < given.ids.size();
  });
  if (!scanned) {
    return complain(scanned.error().message, exit_not_all);
  }
  if (found < given.ids.size()) {
    return complain(given.ids.size() == 1
                        ? "there is no letter " + std::to_string(given.ids[0]) + " in " +
                              job.directory + " (any more)"
                        : "some of these letters are not in " + job.directory + " (any more)",
                    exit_not_all);
  }
  return 0;
}

int stats(const letters_arguments& given, const letters_job& job) {
  letter_statistics counted;
  const auto scanned = for_each_letter(job, [&](const letter& each, bool replayed) {
    counted.add(each, replayed);
    return true;
  });
  if (!scanned) {
    return complain(scanned.error().message, exit_not_all);
  }
  print(given.json ? counted.json(scanned.value().damaged) : counted.text(scanned.value().damaged));
  return 0;
}

/// Where the lines go: a file that must be new, or standard output.
class line_output {
 public:
  [[nodiscard]] outcome open(const std::string& path) {
    if (path == "-") {
      file_ = stdout;
      is_terminal_ = ::isatty(STDOUT_FILENO) == 1;
      return nothing{};
    }
    owned_.reset(std::fopen(path.c_str(), "wxe"));
    file_ = owned_.get();
    return file_ != nullptr ? outcome(nothing{})
                            : outcome(failure{"cannot make " + path + ": " + std::strerror(errno)});
  }
  void write(std::string_view text) {
    std::string shown;
    if (is_terminal_) {  // which must not obey what clients sent
      shown = visible_lines(text);
      text = shown;
    }
    failed_ = failed_ || std::fwrite(text.data(), 1, text.size(), file_) != text.size();
  }
  /// Whether all of it was written.
  [[nodiscard]] bool close() {
    failed_ = std::fflush(file_) != 0 || failed_;
    return !failed_;
  }

 private:
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> owned_{nullptr, &std::fclose};
  std::FILE* file_ = nullptr;
  bool failed_ = false;
  bool is_terminal_ = false;
};

int to_file(const letters_arguments& given, const letters_job& job) {
  line_output out;
  if (auto opened = out.open(given.out); !opened) {
    return complain(opened.error().message, exit_not_all);
  }
  std::uint64_t lines = 0;
  std::string group;
  const auto scanned = for_each_letter(job, [&](const letter& each, bool) {
    ++lines;
    if (given.json) {
      out.write(as_json(each));
      return true;
    }
    const letter_header& header = each.header;
    const std::string here = "# database=" + visible(header.database, 256) +
                             " rp=" + visible(header.retention_policy, 256) +
                             " precision=" + std::string(precision_name(header.unit_ns)) + "\n";
    if (here != group) {
      out.write(here);
      group = here;
    }
    out.write(each.what.text + "\n");
    return true;
  });
  if (!scanned) {
    return complain(scanned.error().message, exit_not_all);
  }
  if (!out.close()) {
    return complain("cannot write all of it: " + std::string(std::strerror(errno)), exit_not_all);
  }
  std::fprintf(stderr, "%llu lines\n", static_cast<unsigned long long>(lines));
  return 0;
}

/// Fills in what both the arguments and the configuration say.
result<letters_job> make_job(const letters_arguments& given) {
  auto loaded = load_settings(given.configuration.config, given.configuration.sets);
  if (!loaded) {
    return loaded.error();
  }
  letters_job job;
  job.configured = std::move(loaded.value().effective);
  job.place = std::move(loaded.value().place);
  job.directory = given.directory.empty() ? letters_directory(job.configured) : given.directory;
  job.unreplayed = given.unreplayed;
  const std::vector<std::string> codes = known_codes();
  if (!given.code.empty() && std::find(codes.begin(), codes.end(), given.code) == codes.end()) {
    return failure{"no letter has the code \"" + given.code +
                   "\"; `weir letters stats` counts those that there are" +
                   did_you_mean(nearest_name(given.code, codes))};
  }
  job.filter = {
      .database = given.database, .code = given.code, .source = given.source, .ids = given.ids};
  const std::int64_t now_ns = wall_clock_ns();
  for (const auto& [text, into] : {std::pair(&given.since, &job.filter.since_ns),
                                   std::pair(&given.until, &job.filter.until_ns)}) {
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

void add_where(CLI::App& command, letters_arguments& given) {
  add_configuration_options(command, given.configuration);
  command
      .add_option("--directory", given.directory,
                  "Where the letters are, if not where the configuration says")
      ->type_name("DIRECTORY");
}

void add_sink(CLI::App& command, letters_arguments& given) {
  command
      .add_option("--sink", given.sink,
                  "Instead of letters: the batches that the server of this sink refused")
      ->type_name("NAME");
}

void add_filters(CLI::App& command, letters_arguments& given) {
  command.add_option("--database", given.database, "Only of this database")->type_name("NAME");
  command
      .add_option("--code", given.code,
                  "Only with this code, such as missing_fields; `weir letters stats` counts them")
      ->type_name("CODE");
  command
      .add_option("--source", given.source,
                  "Only from there: part of an address, a user or a user agent")
      ->type_name("TEXT");
  command
      .add_option("--since", given.since,
                  "Only received since: \"2h\" (ago) or \"2026-01-02T03:04:05Z\" (UTC)")
      ->type_name("TIME");
  command.add_option("--until", given.until, "Only received before; written as --since")
      ->type_name("TIME");
  command.add_flag("--unreplayed", given.unreplayed, "Only those that were not replayed yet");
}

using letters_action = letters_arguments::action;
using command_adder = std::function<CLI::App*(const char*, const char*, letters_action)>;

void add_sending_commands(const command_adder& add, letters_arguments& given) {
  CLI::App* replaying =
      add("replay", "Send letters through a running weir again; marks those that pass",
          letters_action::replay);
  add_sink(*replaying, given);
  add_filters(*replaying, given);
  replaying->add_option("ID", given.ids, "Only these letters")->type_name("");
  replaying
      ->add_option("--url", given.url, "The running weir, if not at http.listen: http://HOST:PORT")
      ->type_name("URL");
  replaying->add_flag("--dry-run", given.dry_run, "Only say what would be sent");
  replaying->footer(
      "Example:\n  weir letters replay --database metrics --code beyond_retention --dry-run");
  CLI::App* exporting =
      add("file", "Write the lines to a file, to be repaired", letters_action::file);
  add_sink(*exporting, given);
  add_filters(*exporting, given);
  exporting->add_option("OUT", given.out, "A new file; \"-\": standard output")
      ->required()
      ->type_name("");
  exporting->add_flag("--json", given.json, "One JSON object a line instead");
  exporting->footer("Example:\n  weir letters file refused.lp --database metrics");
}

}  // namespace

CLI::App* add_letters_command(CLI::App& commands, letters_arguments& given) {
  using action = letters_arguments::action;
  CLI::App* command =
      commands.add_subcommand("letters", "Look at the lines that were refused; send them again");
  command->require_subcommand(1);
  const auto add = [&](const char* name, const char* help, action what) {
    CLI::App* made = command->add_subcommand(name, help);
    made->callback([&given, what] { given.what = what; });
    add_where(*made, given);
    return made;
  };
  CLI::App* listing = add("list", "The newest letters, one a line", action::list);
  add_sink(*listing, given);
  add_filters(*listing, given);
  listing->add_option("--limit", given.limit, "Show so many, the newest; 0 shows all")
      ->check(refuse_count)
      ->capture_default_str()
      ->type_name("N");
  listing->add_flag("--json", given.json, "One JSON object a line (docs/letters_format.md)");
  listing->footer("Example:\n  weir letters list --since 1h --code invalid_number");
  CLI::App* showing = add("show", "All about one letter, and what to do about it", action::show);
  showing->add_option("ID", given.ids, "The letter's number, as list shows it")
      ->required()
      ->type_name("");
  showing->add_flag("--json", given.json, "One JSON object a line");
  showing->footer("Example:\n  weir letters show 17");
  CLI::App* counting = add("stats", "Counts by database, code and source", action::stats);
  add_filters(*counting, given);
  counting->add_flag("--json", given.json, "One JSON object");
  counting->footer("Example:\n  weir letters stats --since 24h");
  add_sending_commands(add, given);
  command->footer(
      "Examples:\n"
      "  weir letters stats --config /etc/weir/weir.toml\n"
      "  weir letters list --config /etc/weir/weir.toml --since 1h --code invalid_number\n"
      "  weir letters show 17 --config /etc/weir/weir.toml\n"
      "  weir letters replay --config /etc/weir/weir.toml --database metrics --code "
      "beyond_retention");
  return command;
}

int run_letters(const letters_arguments& given) {
  auto made = make_job(given);
  if (!made) {
    return complain(made.error().message, exit_bad_arguments);
  }
  letters_job& job = made.value();
  if (!given.sink.empty()) {
    return run_refused(given, job);
  }
  const std::string why = why_no_letters(job.directory, job.place);
  // A log whose weir keeps no letters (letters.enabled = false) is no wrong directory.
  const bool none_kept = given.directory.empty() && !job.configured.letters.enabled &&
                         why_no_log(job.configured.log.directory, job.place).empty();
  if (!why.empty() && !none_kept) {
    return complain(why, exit_not_all);
  }
  auto replayed = load_replayed(job.directory);
  if (!replayed) {
    return complain(replayed.error().message, exit_not_all);
  }
  job.replayed = std::move(replayed).value();
  switch (given.what) {
    case letters_arguments::action::list:
      return list(given, job);
    case letters_arguments::action::show:
      return show(given, job);
    case letters_arguments::action::stats:
      return stats(given, job);
    case letters_arguments::action::file:
      return to_file(given, job);
    case letters_arguments::action::replay:
      return run_replay(given, job);
    case letters_arguments::action::none:
      break;
  }
  return exit_bad_arguments;
}

}  // namespace weir
