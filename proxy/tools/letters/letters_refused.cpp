// SPDX-License-Identifier: Apache-2.0
//
// `weir letters ... --sink NAME`: what a sink's server refused. Replay sends it to that server and
// nowhere else; it went through the gate already.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <system_error>
#include <thread>

#include "base/clock_posix.hpp"
#include "base/percent_escape.hpp"
#include "base/text/terminal_text.hpp"
#include "config/checks/suggest.hpp"
#include "files/file_operations.hpp"
#include "files/file_system.hpp"
#include "files/state_directory_posix.hpp"
#include "net/fetch_curl.hpp"
#include "sinks/mapping/name_file_posix.hpp"
#include "tools/data_directory_posix.hpp"
#include "tools/letters/letters_exit.hpp"
#include "tools/letters/letters_print.hpp"
#include "tools/letters/letters_run.hpp"
#include "tools/letters/line_output_posix.hpp"
#include "tools/letters/refused_batches.hpp"
#include "tools/letters/replay_series.hpp"

namespace weir {
namespace {

constexpr std::size_t words_bytes_max = 200;

/// The files of one sink (of one partition of it), and which of their batches were replayed.
struct refused_file_set {
  /// Without ".lp".
  std::string stem;
  std::vector<refused_batch> batches;
  std::set<std::string> replayed;
  /// Of other batches, by mark: the lines (from 1) that were, where not all of them passed.
  std::map<std::string, id_set> taken;

  [[nodiscard]] const id_set& taken_of(const refused_batch& each) const {
    static const id_set none;
    const auto found = taken.find(each.mark);
    return found == taken.end() ? none : found->second;
  }
  [[nodiscard]] bool is_replayed(const refused_batch& each) const {
    return replayed.contains(each.mark);
  }
};

std::string refused_directory(const settings& configured, const sink_settings& sink) {
  if (!sink.refused_directory.empty()) {
    return sink.refused_directory;
  }
  const std::string state = state_directory_of(configured);
  return find_state_entry(state.empty() ? configured.log.directory : state,
                          configured.log.directory, state_entry::refused);
}

/// "MARK" of a batch that passed, "MARK 1-17 19" of one of which these lines passed.
void read_marks(std::string_view text, refused_file_set& files) {
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    std::string line(text.substr(0, end));
    text.remove_prefix(end + 1);
    const std::size_t space = line.find(' ');
    if (space == std::string::npos) {
      files.replayed.insert(std::move(line));
      continue;
    }
    std::replace(line.begin(), line.end(), ' ', '\n');
    if (auto lines = id_set::parse(std::string_view(line).substr(space + 1))) {
      files.taken[line.substr(0, space)] = std::move(lines).value();
    }
  }
}

/// NAME, and NAME.PARTITION (its dot escaped) for each that this weir has delivered, where the log
/// is in Kafka: without their directory, in the order of their numbers.
std::vector<std::string> stems_of(const settings& configured, const sink_settings& sink) {
  const std::string name = percent_escape(sink.name);
  std::vector<std::string> entries;
  if (configured.log.type != log_type::kafka ||
      posix_file_system().list(refused_directory(configured, sink), entries) != 0) {
    return {name};
  }
  const std::string of_partition = percent_escape(sink.name + ".");
  std::set<std::uint32_t> partitions;
  for (const std::string& each : entries) {
    std::uint32_t partition = 0;
    if (!each.starts_with(of_partition)) {
      continue;
    }
    const char* const last = each.data() + each.size();
    const auto read = std::from_chars(each.data() + of_partition.size(), last, partition);
    if (const std::string_view rest(read.ptr, static_cast<std::size_t>(last - read.ptr));
        read.ec == std::errc{} && (rest == ".lp" || rest == ".lp.1")) {
      partitions.insert(partition);
    }
  }
  // Of the time before the log was in Kafka.
  std::vector<std::string> stems{name};
  for (const std::uint32_t each : partitions) {
    stems.push_back(of_partition + std::to_string(each));
  }
  return stems;
}

result<refused_file_set> load_refused(const std::string& stem) {
  refused_file_set files;
  files.stem = stem;
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
  read_marks(marks.value().value_or(""), files);
  return files;
}

/// Writes the marks of those replayed batches that are still in the files.
outcome save_marks(const refused_file_set& files) {
  std::string text;
  for (const refused_batch& each : files.batches) {
    if (files.is_replayed(each)) {
      text += each.mark + "\n";
    } else if (const auto found = files.taken.find(each.mark); found != files.taken.end()) {
      std::string lines = found->second.text();
      lines.pop_back();
      std::replace(lines.begin(), lines.end(), '\n', ' ');
      text += found->first + " " + lines + "\n";
    }
  }
  return replace_file(files.stem + ".replayed", text, durability::process);
}

/// Whether the arguments select a batch.
bool is_selected(const letters_arguments& arguments, const refused_file_set& files,
                 const refused_batch& each) {
  return (arguments.database.empty() || arguments.database == each.database) &&
         !(arguments.unreplayed && files.is_replayed(each));
}

std::string said_of_replays(const refused_file_set& files, const refused_batch& each) {
  if (files.is_replayed(each)) {
    return "(replayed) ";
  }
  const std::uint64_t taken = files.taken_of(each).size();
  return taken == 0 ? std::string{} : fmt::format("({} of them replayed) ", taken);
}

void list(const letters_arguments& arguments, const refused_file_set& files) {
  for (const refused_batch& each : files.batches) {
    if (!is_selected(arguments, files, each)) {
      continue;
    }
    const std::string place =
        each.database + (each.retention_policy.empty() ? "" : "/" + each.retention_policy);
    std::printf("%-24s  %-16s  %8llu  %6s  %s%s\n", each.time.c_str(), visible(place, 64).c_str(),
                static_cast<unsigned long long>(each.line_count()), each.status.c_str(),
                said_of_replays(files, each).c_str(), visible(each.words, words_bytes_max).c_str());
  }
}

int list_all(const letters_arguments& arguments, const std::vector<refused_file_set>& all) {
  std::printf("%-24s  %-16s  %8s  %6s  %s\n", "REFUSED (UTC)", "DATABASE", "LINES", "STATUS",
              "THE SERVER SAID");
  for (const refused_file_set& files : all) {
    list(arguments, files);
  }
  return 0;
}

int to_file(const letters_arguments& arguments, const std::vector<refused_file_set>& all) {
  line_output out;
  if (auto opened = out.open(arguments.out); !opened) {
    return complain(opened.error().message, exit_not_all);
  }
  for (const refused_file_set& files : all) {
    for (const refused_batch& each : files.batches) {
      if (is_selected(arguments, files, each)) {
        out.write(each.head + "\n" + each.lines);
      }
    }
  }
  const outcome closed = out.close();
  return closed.ok() ? 0 : complain(closed.error().message, exit_not_all);
}

struct batch_sender {
  std::shared_ptr<replay_addresses> addresses;
  /// Sends a batch but for the lines of it that passed before.
  std::function<replayed_batch(const refused_batch&, const id_set&)> send;
};

result<batch_sender> sender_to(const settings& configured, const sink_settings& sink,
                               fetch_curl& http) {
  const auto addresses_of_it = [&http](const server_settings& server) {
    return std::make_shared<replay_addresses>(
        server, [&http](const transfer_request& request) { return http.ask(request); });
  };
  if (const auto* influxdb = sink.as<influxdb_settings>()) {
    const auto addresses = addresses_of_it(*influxdb);
    return batch_sender{addresses, [&sink, addresses](const refused_batch& each, const id_set&) {
                          return send_again(sink, each, [&](const transfer_request& request) {
                            return addresses->ask_until_answered(request);
                          });
                        }};
  }
  const auto* receiver = sink.as<remote_write_settings>();
  if (receiver == nullptr) {
    return failure{fmt::format(
        "sink \"{0}\" has no server that could be asked again; its batches can be exported "
        "(weir letters file OUT --sink {0})",
        sink.name)};
  }
  const std::string state = state_directory_of(configured);
  if (state.empty()) {
    return failure{fmt::format(
        "without service.state_directory the names that weir gave to series are not kept, so "
        "nothing can be sent under them; the batches of sink \"{0}\" can be exported (weir letters "
        "file OUT --sink {0})",
        sink.name)};
  }
  auto names = read_names(find_state_entry(state, log_directory_of(configured), state_entry::names),
                          configured.limits.names);
  if (!names) {
    return names.error();
  }
  const auto addresses = addresses_of_it(*receiver);
  const auto replay = std::make_shared<series_replay>(
      sink, series_replay::parts{
                .addresses = addresses,
                .names = std::move(names).value(),
                .now_ns = wall_clock_ns,
                .wait = [](std::chrono::seconds time) { std::this_thread::sleep_for(time); }});
  return batch_sender{addresses, [replay](const refused_batch& each, const id_set& done) {
                        return replay->send(each, done);
                      }};
}

/// What came of one batch is noted, told and kept.
outcome note(const refused_batch& each, const replayed_batch& came_of_it, refused_file_set& files) {
  if (came_of_it.refused > 0) {
    // Lines that are not in `taken` stay: to send the good ones twice does no harm.
    std::printf("%s, %llu of %llu lines for %s: %s\n", each.time.c_str(),
                static_cast<unsigned long long>(came_of_it.refused),
                static_cast<unsigned long long>(each.line_count()), each.database.c_str(),
                visible(came_of_it.words, words_bytes_max).c_str());
  } else if (came_of_it.failed.empty()) {
    files.taken.erase(each.mark);
    files.replayed.insert(each.mark);
    return save_marks(files);
  }
  id_set taken = files.taken_of(each);
  const std::uint64_t before = taken.size();
  taken.add(came_of_it.taken);
  if (taken.size() == before) {
    return nothing{};
  }
  files.taken[each.mark] = std::move(taken);
  return save_marks(files);
}

struct replay_totals {
  std::uint64_t passed = 0;
  std::uint64_t refused = 0;
};

/// 0, or what went wrong: an exit status.
int replay(const letters_arguments& arguments, const batch_sender& sender, refused_file_set& files,
           replay_totals& totals) {
  directory_lock lock;
  if (!files.batches.empty()) {
    if (const std::string why = lock.take(files.stem + ".replay.lock"); !why.empty()) {
      return complain("another replay is under way: " + why, exit_not_all);
    }
    // Again, now that no other replay changes the file of marks.
    auto loaded = load_refused(files.stem);
    if (!loaded) {
      return complain(loaded.error().message, exit_not_all);
    }
    files = std::move(loaded).value();
  }
  for (const refused_batch& each : files.batches) {
    if (each.lines.empty() || files.is_replayed(each) || !is_selected(arguments, files, each)) {
      continue;
    }
    if (arguments.dry_run) {
      totals.passed += each.line_count() - files.taken_of(each).size();
      continue;
    }
    const replayed_batch came_of_it = sender.send(each, files.taken_of(each));
    totals.passed += came_of_it.passed;
    totals.refused += came_of_it.refused;
    if (const outcome kept = note(each, came_of_it, files); !kept) {
      return complain(kept.error().message, exit_not_all);
    }
    if (!came_of_it.failed.empty()) {
      return complain(fmt::format("{}: {}; {} lines count as taken", sender.addresses->url(),
                                  came_of_it.failed, totals.passed),
                      exit_not_all);
    }
  }
  return 0;
}

int replay_all(const letters_arguments& arguments, const settings& configured,
               const sink_settings& sink, std::vector<refused_file_set>& all) {
  fetch_curl http(true);
  auto sender = sender_to(configured, sink, http);
  if (!sender) {
    return complain(sender.error().message, exit_bad_arguments);
  }
  replay_totals totals;
  for (refused_file_set& files : all) {
    if (const int failed = replay(arguments, sender.value(), files, totals); failed != 0) {
      return failed;
    }
  }
  std::printf("%llu lines %s, %llu refused again\n", static_cast<unsigned long long>(totals.passed),
              arguments.dry_run ? "would be sent" : "taken by the server",
              static_cast<unsigned long long>(totals.refused));
  return totals.refused == 0 ? 0 : exit_not_all;
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
  std::vector<refused_file_set> all;
  for (const std::string& stem : stems_of(job.configured, *found)) {
    auto loaded = load_refused(refused_directory(job.configured, *found) + "/" + stem);
    if (!loaded) {
      return complain(loaded.error().message, exit_not_all);
    }
    all.push_back(std::move(loaded).value());
  }
  switch (arguments.chosen) {
    case letters_arguments::action::list:
      return list_all(arguments, all);
    case letters_arguments::action::file:
      return to_file(arguments, all);
    case letters_arguments::action::replay:
      return replay_all(arguments, job.configured, *found, all);
    case letters_arguments::action::show:
    case letters_arguments::action::stats:
    case letters_arguments::action::none:
      break;
  }
  return complain("--sink goes with list, replay and file", exit_bad_arguments);
}

}  // namespace weir
