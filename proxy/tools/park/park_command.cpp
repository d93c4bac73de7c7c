// SPDX-License-Identifier: Apache-2.0
#include "tools/park/park_command.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>
#include <thread>

#include "base/percent_escape.hpp"
#include "base/text/counted.hpp"
#include "base/text/json_text.hpp"
#include "base/text/rfc3339.hpp"
#include "base/text/terminal_text.hpp"
#include "config/checks/suggest.hpp"
#include "files/state_directory_posix.hpp"
#include "net/fetch_curl.hpp"
#include "net/server_message.hpp"
#include "tools/letters/letters_replay.hpp"
#include "tools/park/parked_places_posix.hpp"

namespace weir {
namespace {

using action = park_arguments::action;
using rows = std::vector<parked_row>;

constexpr int exit_failed = 1;
/// How long a drop is waited for.
constexpr int waits_max = 100;
constexpr std::chrono::milliseconds wait_step{50};

int complain(const std::string& words, int status = exit_failed) {
  std::fprintf(stderr, "weir park: %s\n", visible_lines(words).c_str());
  return status;
}

parked_filter filter_of(const park_arguments& given) {
  parked_filter which;
  if (!given.database.empty()) {
    which.database = given.database;
  }
  if (!given.retention_policy.empty()) {
    which.retention_policy = given.retention_policy;
  }
  return which;
}

std::uint64_t points_of(const rows& all) {
  std::uint64_t sum = 0;
  for (const parked_row& one : all) {
    sum += one.points;
  }
  return sum;
}

std::string json_of(const parked_row& one) {
  std::string out = "{\"sink\":";
  append_json_string(one.sink, out);
  out += ",\"database\":";
  append_json_string(one.lane.database, out);
  out += ",\"retention_policy\":";
  append_json_string(one.lane.retention_policy, out);
  out += fmt::format(",\"points\":{},\"bytes\":{},\"oldest_received\":\"{}\"}}\n", one.points,
                     one.bytes, rfc3339(one.oldest_received_ns, rfc3339_decimals::three));
  return out;
}

void print_rows(const rows& all, bool json) {
  if (!json && !all.empty()) {
    std::printf("%-16s %12s %12s  %-24s  %s\n", "SINK", "POINTS", "BYTES", "OLDEST RECEIVED",
                "DATABASE[/RETENTION POLICY]");
  }
  for (const parked_row& one : all) {
    if (json) {
      std::fputs(json_of(one).c_str(), stdout);
      continue;
    }
    const std::string name =
        visible(one.lane.database) +
        (one.lane.retention_policy.empty() ? "" : "/" + visible(one.lane.retention_policy));
    std::printf("%-16s %12llu %12llu  %-24s  %s\n", one.sink.c_str(),
                static_cast<unsigned long long>(one.points),
                static_cast<unsigned long long>(one.bytes),
                rfc3339(one.oldest_received_ns, rfc3339_decimals::three).c_str(), name.c_str());
  }
}

std::string spoken(const rows& all) {
  return fmt::format("{} of {} (database and retention policy)", counted(points_of(all), "point"),
                     counted(all.size(), "lane"));
}

/// "/-/park/drop?sink=a&db=b&rp=c"
std::string request_path(const park_arguments& given) {
  std::string path = given.what == action::drop ? "/-/park/drop" : "/-/park/retry";
  char before = '?';
  for (const auto& [name, value] :
       {std::pair("sink", &given.sink), std::pair("db", &given.database),
        std::pair("rp", &given.retention_policy)}) {
    if (!value->empty()) {
      path += before + std::string(name) + "=" + percent_escape(*value);
      before = '&';
    }
  }
  return path;
}

/// Asks the weir that runs. Empty on success, else why not.
std::string ask_running(const park_arguments& given, const settings& configured) {
  std::optional<replay_server> to;
  if (!given.url.empty()) {
    to = replay_server{.url = given.url};
  } else {
    const http_settings& http = configured.http;
    to = server_of(http.admin_listen.empty() ? http.listen : http.admin_listen,
                   !http.tls.certificate.empty());
    if (to) {
      to = signed_as_administrator(std::move(*to), configured);
    }
  }
  if (!to) {
    return "http.listen names no port; give the running weir's address (--url http://HOST:PORT)";
  }
  transfer_request request;
  request.url = to->url + request_path(given);
  request.headers = {"Content-Type: text/plain", "Expect:", "User-Agent: weir-park"};
  if (!to->authorization.empty()) {
    request.headers.push_back(to->authorization);
  }
  request.body = {std::string_view("\n")};
  request.unix_socket = to->unix_path;
  request.timeout = std::chrono::seconds{30};
  request.answer_bytes_max = 65'536;
  const http_reply reply = fetch_curl(true).ask(request);
  if (!reply.answered) {
    return fmt::format("the weir that uses this directory does not answer at {}: {}", to->url,
                       reply.detail);
  }
  return reply.status / 100 == 2
             ? std::string{}
             : fmt::format("{} answered {}: {}", to->url, reply.status, server_message(reply.body));
}

int list(const park_arguments& given, const settings& configured) {
  const auto found = read_parked(configured, given.sink, filter_of(given));
  if (!found) {
    return complain(found.error().message);
  }
  print_rows(found.value(), given.json);
  if (found.value().empty()) {  // not on standard output, which is for programs too
    std::fprintf(stderr, "nothing is parked%s\n",
                 given.sink.empty() && given.database.empty() && given.retention_policy.empty()
                     ? ""
                     : " that matches");
  }
  return 0;
}

int report(const rows& all, const park_arguments& given, const std::string& words) {
  if (given.json) {
    print_rows(all, true);
  } else {
    std::printf("%s\n", words.c_str());
  }
  return 0;
}

/// Waits until the running weir has dropped what was there before.
int await_dropped(const rows& before, const park_arguments& given, const settings& configured) {
  for (int waits = 0; waits < waits_max; ++waits) {
    const auto now = read_parked(configured, given.sink, filter_of(given));
    if (now && now.value().empty()) {
      return report(before, given, spoken(before) + " dropped");
    }
    std::this_thread::sleep_for(wait_step);
  }
  return complain("weir was asked to drop " + spoken(before) +
                  " and has not done it yet; a batch of them may be under way");
}

int change(const park_arguments& given, const settings& configured) {
  directory_lock of_state;
  directory_lock of_log;
  const std::string held =
      lock_state(state_directory_of(configured), log_directory_of(configured), of_state, of_log);
  const auto before = read_parked(configured, given.sink, filter_of(given));
  if (!before) {
    return complain(before.error().message);
  }
  if (before.value().empty()) {
    return complain("nothing is parked that matches; `weir park list` shows what is");
  }
  if (!held.empty()) {
    if (const std::string why = ask_running(given, configured); !why.empty()) {
      return complain(why);
    }
    return given.what == action::drop ? await_dropped(before.value(), given, configured)
                                      : report(before.value(), given,
                                               "weir tries " + spoken(before.value()) +
                                                   " again; `weir park list` shows what stays");
  }
  if (given.what == action::retry) {
    return report(
        before.value(), given,
        "weir does not run; it tries " + spoken(before.value()) + " again when it is started");
  }
  const auto dropped = drop_parked_files(configured, given.sink, filter_of(given));
  return dropped ? report(dropped.value(), given, spoken(dropped.value()) + " dropped")
                 : complain(dropped.error().message);
}

std::string why_not(const park_arguments& given, const loaded_settings& from) {
  if (state_directory_of(from.effective).empty()) {
    return "log.type = \"memory\" parks nothing; the configuration is " + from.place.words() +
           "; give that which weir runs with (--config FILE)";
  }
  std::vector<std::string> names;
  for (const sink_settings& one : from.effective.sinks) {
    names.push_back(one.name);
  }
  if (!given.sink.empty() && std::find(names.begin(), names.end(), given.sink) == names.end()) {
    return fmt::format("{} has no sink \"{}\"{}", from.place.words(), given.sink,
                       did_you_mean(nearest_name(given.sink, names)));
  }
  return {};
}

}  // namespace

int run_park(const park_arguments& given) {
  if (given.what == action::drop && given.sink.empty() && given.database.empty()) {
    return complain("say what is to be dropped: --database NAME or --sink NAME (all of it)",
                    exit_wrong_arguments);
  }
  const auto loaded = load_or_complain(given.configuration);
  if (!loaded) {
    return exit_wrong_arguments;
  }
  if (const std::string why = why_not(given, *loaded); !why.empty()) {
    return complain(why, exit_wrong_arguments);
  }
  return given.what == action::list ? list(given, loaded->effective)
                                    : change(given, loaded->effective);
}

CLI::App* add_park_command(CLI::App& commands, park_arguments& given) {
  CLI::App* command = commands.add_subcommand(
      "park", "What sinks cannot deliver and keep beside the log: list it, try again, drop it");
  command->require_subcommand(1);
  const auto add = [&](const char* name, const char* help, action what) {
    CLI::App* made = command->add_subcommand(name, help);
    add_configuration_options(*made, given.configuration);
    made->add_option("--sink", given.sink, "Only of this sink")->type_name("NAME");
    made->add_option("--database", given.database, "Only of this database")->type_name("NAME");
    made->add_option("--rp", given.retention_policy, "Only of this retention policy")
        ->type_name("NAME");
    made->add_flag("--json", given.json, "One JSON object a line instead");
    if (what != action::list) {
      made->add_option("--url", given.url, "The running weir, if not at http.listen")
          ->type_name("URL");
    }
    made->callback([&given, what] { given.what = what; });
    return made;
  };
  add("list", "Show what is parked; while weir runs and while it does not", action::list)
      ->footer("Example:\n  weir park list --config /etc/weir/weir.toml");
  add("retry", "Have a running weir try it again at once", action::retry)
      ->footer("Example:\n  weir park retry --database metrics");
  add("drop", "Give it up for good; the points are counted as dropped", action::drop)
      ->footer("Example:\n  weir park drop --sink influx --database goood");
  command->footer(
      "Exit status: 0; 1 when nothing matches or it could not be done; 2 for wrong arguments.\n"
      "Examples:\n  weir park list\n  weir park drop --database goood");
  return command;
}

}  // namespace weir
