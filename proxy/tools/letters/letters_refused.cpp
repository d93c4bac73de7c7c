// SPDX-License-Identifier: Apache-2.0
//
// `weir letters ... --sink NAME`: what a sink's server refused. Replay sends it to that server and
// nowhere else; it went through the gate already.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <set>

#include "base/percent_escape.hpp"
#include "base/text/terminal_text.hpp"
#include "config/checks/suggest.hpp"
#include "files/file_operations.hpp"
#include "files/file_system.hpp"
#include "files/state_directory_posix.hpp"
#include "net/fetch_curl.hpp"
#include "tools/data_directory_posix.hpp"
#include "tools/letters/letters_exit.hpp"
#include "tools/letters/letters_print.hpp"
#include "tools/letters/letters_run.hpp"
#include "tools/letters/line_output_posix.hpp"
#include "tools/letters/refused_batches.hpp"

namespace weir {
namespace {

constexpr std::size_t words_bytes_max = 200;

/// The files of one sink, and which of their batches were replayed.
struct refused_file_set {
  /// Without ".lp".
  std::string stem;
  std::vector<refused_batch> batches;
  std::set<std::string> replayed;
};

std::string refused_directory(const settings& configured, const sink_settings& sink) {
  if (!sink.refused_directory.empty()) {
    return sink.refused_directory;
  }
  const std::string state = state_directory_of(configured);
  return find_state_entry(state.empty() ? configured.log.directory : state,
                          configured.log.directory, state_entry::refused);
}

result<refused_file_set> load_refused(const settings& configured, const sink_settings& sink) {
  refused_file_set files;
  files.stem = refused_directory(configured, sink) + "/" + percent_escape(sink.name);
  for (const char* suffix : {".lp.1", ".lp"}) {  // the older one first
    auto content = read_small_file(files.stem + suffix);
    if (!content) {
      return content.error();
    }
    for (refused_batch& each : parse_refused(content.value().value_or(""))) {
      files.batches.push_back(std::move(each));
    }
  }
  auto marks = read_small_file(files.stem + ".replayed");
  if (!marks) {
    return marks.error();
  }
  std::string_view text = marks.value() ? std::string_view(*marks.value()) : std::string_view{};
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    files.replayed.emplace(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return files;
}

/// Writes the marks of those replayed batches that are still in the files.
outcome save_marks(const refused_file_set& files) {
  std::string text;
  for (const refused_batch& each : files.batches) {
    if (const std::string mark = each.mark(); files.replayed.contains(mark)) {
      text += mark + "\n";
    }
  }
  return replace_file(files.stem + ".replayed", text, durability::process);
}

/// Whether the arguments select a batch.
bool is_selected(const letters_arguments& arguments, const refused_file_set& files,
                 const refused_batch& each) {
  return (arguments.database.empty() || arguments.database == each.database) &&
         !(arguments.unreplayed && files.replayed.contains(each.mark()));
}

int list(const letters_arguments& arguments, const refused_file_set& files) {
  std::printf("%-24s  %-16s  %8s  %6s  %s\n", "REFUSED (UTC)", "DATABASE", "LINES", "STATUS",
              "THE SERVER SAID");
  for (const refused_batch& each : files.batches) {
    if (!is_selected(arguments, files, each)) {
      continue;
    }
    const std::string place =
        each.database + (each.retention_policy.empty() ? "" : "/" + each.retention_policy);
    std::printf("%-24s  %-16s  %8llu  %6s  %s%s\n", each.time.c_str(), visible(place, 64).c_str(),
                static_cast<unsigned long long>(each.line_count()), each.status.c_str(),
                files.replayed.contains(each.mark()) ? "(replayed) " : "",
                visible(each.words, words_bytes_max).c_str());
  }
  return 0;
}

int to_file(const letters_arguments& arguments, const refused_file_set& files) {
  line_output out;
  if (auto opened = out.open(arguments.out); !opened) {
    return complain(opened.error().message, exit_not_all);
  }
  for (const refused_batch& each : files.batches) {
    if (is_selected(arguments, files, each)) {
      out.write(each.head + "\n" + each.lines);
    }
  }
  const outcome closed = out.close();
  return closed.ok() ? 0 : complain(closed.error().message, exit_not_all);
}

int replay(const letters_arguments& arguments, const settings& configured,
           const sink_settings& sink, refused_file_set& files) {
  const auto* server = sink.as<influxdb_settings>();
  if (server == nullptr) {
    return complain("sink \"" + sink.name +
                        "\" is not of type \"influxdb\"; its batches can be "
                        "exported (weir letters file OUT --sink " +
                        sink.name + ")",
                    exit_bad_arguments);
  }
  directory_lock lock;
  if (!files.batches.empty()) {
    if (const std::string why = lock.take(files.stem + ".replay.lock"); !why.empty()) {
      return complain("another replay is under way: " + why, exit_not_all);
    }
    // Again, now that no other replay changes the file of marks.
    auto loaded = load_refused(configured, sink);
    if (!loaded) {
      return complain(loaded.error().message, exit_not_all);
    }
    files = std::move(loaded).value();
  }
  fetch_curl http(true);
  std::uint64_t passed = 0;
  std::uint64_t refused = 0;
  for (const refused_batch& each : files.batches) {
    const std::string mark = each.mark();
    if (each.lines.empty() || files.replayed.contains(mark) ||
        !is_selected(arguments, files, each)) {
      continue;
    }
    if (arguments.dry_run) {
      passed += each.line_count();
      continue;
    }
    const replayed_batch came_of_it =
        send_again(sink, each, [&](const transfer_request& request) { return http.ask(request); });
    if (!came_of_it.failed.empty()) {
      return complain(server->url + ": " + came_of_it.failed + " Nothing counts as taken",
                      exit_not_all);
    }
    passed += came_of_it.passed;
    refused += came_of_it.refused;
    if (came_of_it.refused > 0) {
      // The batch stays: to send its good lines twice does no harm.
      std::printf("%s, %llu of %llu lines for %s: %s\n", each.time.c_str(),
                  static_cast<unsigned long long>(came_of_it.refused),
                  static_cast<unsigned long long>(each.line_count()), each.database.c_str(),
                  visible(came_of_it.words, words_bytes_max).c_str());
      continue;
    }
    files.replayed.insert(mark);
    if (auto saved = save_marks(files); !saved) {
      return complain(saved.error().message, exit_not_all);
    }
  }
  std::printf("%llu lines %s, %llu refused again\n", static_cast<unsigned long long>(passed),
              arguments.dry_run ? "would be sent" : "taken by the server",
              static_cast<unsigned long long>(refused));
  return refused == 0 ? 0 : exit_not_all;
}

}  // namespace

int run_refused(const letters_arguments& arguments, const letters_job& job) {
  const auto& sinks = job.configured.sinks;
  const auto found = std::find_if(sinks.begin(), sinks.end(), [&](const sink_settings& each) {
    return each.name == arguments.sink;
  });
  if (found == sinks.end()) {
    std::vector<std::string> names;
    std::transform(sinks.begin(), sinks.end(), std::back_inserter(names),
                   [](const sink_settings& each) { return each.name; });
    return complain(
        fmt::format("there is no sink named \"{}\"{}; {} has {}", arguments.sink,
                    did_you_mean(nearest_name(arguments.sink, names)), job.place.words(),
                    names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "))),
        exit_bad_arguments);
  }
  if (const std::string why = why_no_refused(refused_directory(job.configured, *found), job.place);
      !why.empty()) {
    return complain(why, exit_not_all);
  }
  auto loaded = load_refused(job.configured, *found);
  if (!loaded) {
    return complain(loaded.error().message, exit_not_all);
  }
  switch (arguments.chosen) {
    case letters_arguments::action::list:
      return list(arguments, loaded.value());
    case letters_arguments::action::file:
      return to_file(arguments, loaded.value());
    case letters_arguments::action::replay:
      return replay(arguments, job.configured, *found, loaded.value());
    case letters_arguments::action::show:
    case letters_arguments::action::stats:
    case letters_arguments::action::none:
      break;
  }
  return complain("--sink goes with list, replay and file", exit_bad_arguments);
}

}  // namespace weir
