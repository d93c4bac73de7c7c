// SPDX-License-Identifier: Apache-2.0
#include "tools/load/load_command.hpp"

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>

#include "base/clock_posix.hpp"
#include "base/text/terminal_text.hpp"
#include "tools/command_line.hpp"
#include "tools/load/load_uv.hpp"
#include "tools/load/process_usage_posix.hpp"
#include "tools/load/report/report_file_posix.hpp"
#include "tools/load/report/report_page.hpp"

namespace weir {
namespace {

constexpr int exit_not_all_well = 1;
constexpr int exit_bad_arguments = 2;

int refuse(const failure& why) {
  std::fprintf(stderr, "weir load: %s\n", visible_lines(why.message).c_str());
  return exit_bad_arguments;
}

process_usage between(const process_usage& before, const process_usage& after) {
  return {after.cpu_seconds - before.cpu_seconds, after.peak_bytes};
}

result<std::unique_ptr<load_run>> make_run(const load_options& options) {
  auto addresses = resolve(options.address, options.udp);
  if (!addresses) {
    return addresses.error();
  }
  auto source = load_source::build(options);
  if (!source) {
    return source.error();
  }
  if (options.udp) {
    return std::unique_ptr<load_run>(
        new udp_load(options, std::move(source).value(), addresses.value().front()));
  }
  return std::unique_ptr<load_run>(
      new http_load(options, std::move(source).value(), std::move(addresses).value()));
}

/// Runs, and gives what was counted with what it cost. The failure is one of the arguments'.
result<load_totals> measure(const load_options& options) {
  process_usage watched_before;
  if (options.pid) {
    auto usage = usage_of(*options.pid);
    if (!usage) {
      return failure{"--pid " + std::to_string(*options.pid) + ": " + usage.error().message};
    }
  }
  auto made = make_run(options);
  if (!made) {
    return made.error();
  }
  // Looked at again: building the bodies took time, and the process may have been busy.
  if (options.pid) {
    if (auto usage = usage_of(*options.pid)) {
      watched_before = usage.value();
    }
  }
  const process_usage own_before = own_usage();
  made.value()->run();
  load_totals totals = made.value()->totals();
  totals.own = between(own_before, own_usage());
  if (options.pid) {
    if (auto usage = usage_of(*options.pid)) {
      totals.watched = between(watched_before, usage.value());
    }
  }
  return totals;
}

void add_what(CLI::App& command, load_arguments& given) {
  command
      .add_option("--shape", given.shape,
                  "tsbs (10 tags, 10 integer fields), tsbs_float (the same with floats), flink (9 "
                  "tags, 1 to 11 fields), mix (what an agent sends), tiny (the shortest line), or "
                  "text (strings)")
      ->capture_default_str()
      ->type_name("SHAPE");
  command.add_option("--seed", given.seed, "The same seed makes the same lines")
      ->check(refuse_count)
      ->capture_default_str()
      ->type_name("N");
  command.add_option("--batch", given.batch, "Lines of a request (default 5000)")
      ->check(refuse_count)
      ->type_name("LINES");
  command.add_flag("--gzip", given.gzip, "Compress the bodies");
  command.add_option("--datagram", given.datagram, "Bytes of a datagram at most (default 1400)")
      ->check(refuse_count)
      ->type_name("BYTES");
  command
      .add_option("--start", given.start,
                  "Time of the first line: \"now\" or nanoseconds since 1970 (default: in 2020)")
      ->type_name("TIME");
  command
      .add_option("--ring", given.ring,
                  "Bodies are built before the run; so many bytes of them are sent in turn. With "
                  "--series: so many bytes of lines to make others of")
      ->capture_default_str()
      ->type_name("SIZE");
  command
      .add_option("--header", given.headers, "A further header, such as 'Authorization: Token x'")
      ->allow_extra_args(false)
      ->type_name("HEADER");
}

void add_what_hurts(CLI::App& command, load_arguments& given) {
  command
      .add_option("--series", given.series,
                  "So many different series in each database, told apart by a tag \"series\" "
                  "(default: what the shape has)")
      ->check(refuse_count)
      ->type_name("N");
  command
      .add_option(
          "--churn", given.churn,
          "So many new series a second, over all databases, each in the place of the oldest "
          "one; without --series among 1000")
      ->type_name("N");
  command
      .add_option("--databases", given.databases,
                  "Send to so many databases in turn: load_0, load_1 and so on; the URL names none")
      ->check(refuse_count)
      ->type_name("N");
  command
      .add_option("--bad", given.bad,
                  "The share of lines that are wrong: 0.05, or 5%. Over HTTP weir is asked for its "
                  "counts of lines, and what it refuses of these is no failure")
      ->type_name("SHARE");
  command
      .add_option("--bad-kinds", given.bad_kinds,
                  "In which ways, in turn (default: all): space (after a comma), tag (without a "
                  "value), field (none), number (is none), type (another than before), seconds (as "
                  "nanoseconds), time (with a fraction)")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("KIND,...");
}

void add_how(CLI::App& command, load_arguments& given) {
  command
      .add_option("--connections", given.connections,
                  "Connections, each with one request under way (default 4)")
      ->check(refuse_count)
      ->type_name("N");
  command.add_option("--rate", given.rate, "Lines a second; left out: as fast as answers come")
      ->type_name("LINES");
  command
      .add_option("--duration", given.duration, "Stop after this time (default 10s, or --lines)")
      ->type_name("TIME");
  command.add_option("--lines", given.lines, "Stop after so many lines")
      ->check(refuse_count)
      ->type_name("N");
  command.add_option("--timeout", given.timeout, "The longest to wait for an answer")
      ->capture_default_str()
      ->type_name("TIME");
  command.add_option("--pid", given.pid, "Report this process' CPU time and memory too")
      ->type_name("PID");
  command.add_flag("-q,--quiet", given.quiet, "No progress, on a terminal either");
  command.add_flag("--json", given.json, "The summary as one JSON object");
  command
      .add_option("--report", given.report,
                  "Write a page with plots of rate, latency and CPU over time, the summary and the "
                  "settings; it needs no other file or host")
      ->type_name("FILE");
  command
      .add_option("--compare", given.compare,
                  "A page that --report wrote: say how this run differs from that one, in the "
                  "summary and in the page of --report")
      ->type_name("FILE");
  command
      .add_option("--show", given.show,
                  "Send nothing: say what a page that --report wrote has, or with --compare how it "
                  "differs from another one")
      ->type_name("FILE");
}

struct report_pages {
  std::optional<load_report> before;
  std::optional<report_file> page;
};

/// What is wrong with them is known before a long run, not behind it.
result<report_pages> open_pages(const std::string& report, const std::string& compare) {
  report_pages out;
  if (!compare.empty()) {
    auto before = read_report_file(compare);
    if (!before) {
      return failure{"--compare " + before.error().message};
    }
    out.before = std::move(before).value();
  }
  if (!report.empty()) {
    auto page = report_file::open(report);
    if (!page) {
      return failure{"--report " + page.error().message};
    }
    out.page.emplace(std::move(page).value());
  }
  return out;
}

void print(const load_options& options, const load_totals& totals) {
  if (options.json) {
    std::fputs(load_json(options, totals).c_str(), stdout);
  } else if (totals.pieces_sent > 0) {
    std::fputs(load_summary(options, totals).c_str(), stdout);
  }
  if (!totals.given_up.empty()) {
    std::fflush(stdout);
    std::fprintf(stderr, "weir load: %s\n", visible(totals.given_up).c_str());
  }
}

/// Says how `now` differs from the other one, unless it is to be quiet, and writes the page. False:
/// it could not be written, which was said.
bool write_pages(const load_report& now, bool quiet, report_pages& pages) {
  const load_report* const before = pages.before ? &*pages.before : nullptr;
  if (before != nullptr && !quiet) {
    std::fputs(comparison_text(now, *before).c_str(), stdout);
  }
  if (pages.page) {
    if (auto written = pages.page->write(report_page(now, before)); !written) {
      std::fflush(stdout);
      std::fprintf(stderr, "weir load: --report %s\n", visible(written.error().message).c_str());
      return false;
    }
  }
  return true;
}

/// What a page of an earlier run says, or how it differs from another one: nothing is sent.
int show_page(const load_arguments& given) {
  if (!given.url.empty() || !given.udp.empty() || given.json) {
    return refuse({"--show sends nothing, and goes with --compare and --report alone"});
  }
  const auto now = read_report_file(given.show);
  if (!now) {
    return refuse({"--show " + now.error().message});
  }
  auto pages = open_pages(given.report, given.compare);
  if (!pages) {
    return refuse(pages.error());
  }
  if (!pages.value().before) {
    std::fputs(visible_lines(now.value().summary).c_str(), stdout);
  }
  return write_pages(now.value(), false, pages.value()) ? 0 : exit_not_all_well;
}

}  // namespace

CLI::App* add_load_command(CLI::App& commands, load_arguments& given) {
  CLI::App* command =
      commands.add_subcommand("load", "Send line protocol to a server and measure it");
  command->add_option("--url", given.url, "Where to over HTTP: http://HOST:PORT/write?db=NAME")
      ->type_name("URL");
  command->add_option("--udp", given.udp, "Where to over UDP: HOST:PORT")->type_name("HOST:PORT");
  add_what(*command, given);
  add_what_hurts(*command, given);
  add_how(*command, given);
  command->footer(
      "Examples:\n"
      "  weir load --url 'http://127.0.0.1:8086/write?db=bench' --duration 10s --pid $(pidof "
      "weir)\n"
      "  weir load --url 'http://127.0.0.1:8086/write?db=bench' --shape flink --batch 100 \\\n"
      "            --rate 50000 --connections 8 --gzip\n"
      "  weir load --udp 127.0.0.1:8089 --rate 200000 --duration 5s\n"
      "  weir load --url http://127.0.0.1:8086/write --databases 10 --series 5000 --churn 100 "
      "--bad 1%\n"
      "  weir load --url 'http://127.0.0.1:8086/write?db=bench' --report new.html --compare "
      "old.html\n"
      "Lines of --series and --churn are put together while they are sent, and their times go on.\n"
      "Other bodies are built before the run, and sent again when they are used up.\n"
      "Only send load to servers that are yours.");
  return command;
}

int run_load(const load_arguments& given) {
  std::signal(SIGPIPE, SIG_IGN);
  if (!given.show.empty()) {
    return show_page(given);
  }
  const std::int64_t began_ns = wall_clock_ns();
  const auto options = check_load(given, began_ns);
  if (!options) {
    return refuse(options.error());
  }
  auto pages = open_pages(options.value().report, options.value().compare);
  if (!pages) {
    return refuse(pages.error());
  }
  const auto totals = measure(options.value());
  if (!totals) {
    return refuse(totals.error());
  }
  print(options.value(), totals.value());
  const bool written = totals.value().pieces_sent == 0 ||
                       write_pages(make_report(options.value(), totals.value(), began_ns),
                                   options.value().json, pages.value());
  return written && all_well(totals.value()) ? 0 : exit_not_all_well;
}

}  // namespace weir
