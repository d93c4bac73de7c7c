// SPDX-License-Identifier: Apache-2.0
//
// `weir log move --to local`: what sinks still need of the topic becomes a local log, and their
// positions cursors on it. All of it is made in a folder of its own, which takes its place when it
// is whole: a run that is cut off before begins anew, one that is cut off after goes on.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/clock_posix.hpp"
#include "base/memory_budget.hpp"
#include "base/percent_escape.hpp"
#include "base/text/counted.hpp"
#include "codec/gzip.hpp"
#include "files/file_operations.hpp"
#include "files/state_directory_posix.hpp"
#include "log/moving_marks.hpp"
#include "log/open_log.hpp"
#include "sinks/remote_write/sending/sent_file_posix.hpp"
#include "sinks/remote_write/stale/stale_book.hpp"
#include "sinks/state/cursor_store_posix.hpp"
#include "tools/log/log_job.hpp"
#include "tools/log/move/leaving_topic_posix.hpp"
#include "tools/log/move/move_job.hpp"
#include "tools/log/move/move_mark.hpp"
#include "tools/log/move/move_plan.hpp"
#include "tools/screen/progress_line_posix.hpp"

namespace weir {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t memory_bytes = std::size_t{16} << 20;
constexpr std::size_t append_bytes = std::size_t{4} << 20;
/// Of a record beside its lines and names.
constexpr std::uint64_t record_bytes_beside = 100;
/// What has to be free beside the log.
constexpr std::uint64_t room_beside = std::uint64_t{16} << 20;

/// What is to be moved, of what so many sinks need.
struct needed_amount {
  std::uint64_t frames = 0;
  std::uint64_t bytes = 0;
};

std::uint64_t bytes_in_log(const leaving_topic::shown_part& shown) {
  return std::min<std::uint64_t>(shown.whole.stored.size(),
                                 shown.part.bytes.end - shown.part.bytes.begin) +
         record_bytes_beside + shown.part.lane.database.size() +
         shown.part.lane.retention_policy.size();
}

std::string in_mib(std::uint64_t bytes) {
  constexpr double mib = 1024.0 * 1024.0;
  return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / mib);
}

class gathering {
 public:
  gathering(const move_job& job, locked_directories directories,
            std::unique_ptr<leaving_topic> from)
      : job_(job),
        directories_(std::move(directories)),
        from_(std::move(from)),
        folder_(directories_.log + "/" + std::string(moving_to_local)) {}

  outcome look_at_target();
  outcome count();
  outcome fill();
  outcome put_in_place();
  [[nodiscard]] int report() const;

 private:
  [[nodiscard]] outcome check_room() const;
  [[nodiscard]] outcome pass(std::size_t needs, frame_log& to, gathered_cursors& cursors);
  void note_found(const leaving_topic::shown_part& shown);
  [[nodiscard]] outcome keep_places(const frame_log& made, const gathered_cursors& cursors);
  [[nodiscard]] outcome keep_books(std::size_t index, const std::string& directory,
                                   log_position end) const;
  [[nodiscard]] result<std::shared_ptr<frame>> frame_of(const leaving_topic::shown_part& shown);
  [[nodiscard]] outcome make_stable() const;
  [[nodiscard]] outcome put_states() const;

  const move_job& job_;
  locked_directories directories_;
  std::unique_ptr<leaving_topic> from_;
  const std::string folder_;
  /// An earlier run has made all of it.
  bool whole_ = false;
  std::map<std::size_t, needed_amount> amounts_;
  gzip_compressor compressor_;
  /// Of each sink, the pending points that were found, and those that were not.
  std::vector<std::uint64_t> found_;
  std::vector<std::uint64_t> lost_;
  std::uint64_t frames_ = 0, points_ = 0, repeated_ = 0;
};

// ---- before

bool has_segment(const std::string& directory) {
  std::error_code error;
  for (fs::recursive_directory_iterator each(directory, error), end; !error && each != end;
       each.increment(error)) {
    if (each->path().extension() == ".log") {
      return true;
    }
  }
  return false;
}

/// A log with frames in it is not mixed with others.
outcome gathering::look_at_target() {
  const auto kept = read_small_file(folder_ + "/whole");
  if (!kept) {
    return kept.error();
  }
  if (kept.value()) {
    const auto mark = move_mark_of(*kept.value());
    const prepared_topic& topic = from_->topic();
    if (!mark || mark->topic != topic.name || mark->cluster != topic.found.cluster_id ||
        mark->offsets.size() != topic.found.shards) {
      return failure{
          fmt::format("{} has what was moved of another topic: end that with the same "
                      "settings, or remove it",
                      folder_)};
    }
    if (mark->offsets != from_->ends()) {
      return failure{
          fmt::format("weirs have written to {} since an earlier run of this made {}: remove that "
                      "folder, and run this again",
                      topic.name, folder_)};
    }
    whole_ = true;
  }
  const std::string segments = directories_.log + "/segments";
  const bool placed = whole_ && !fs::exists(folder_ + "/segments");
  if (!placed && fs::exists(segments)) {
    const auto stored = stored_log::open(directories_.log);
    if (!stored) {
      return stored.error();
    }
    const stored_scan found = stored.value().scan(
        0, [](const record_head&, const auto&) { return stored_log::visit::stop; });
    if (found.frames > 0 || !found.whole()) {
      return failure{
          fmt::format("{} has frames already, and those of the topic would come behind them: name "
                      "another log.directory, or move its segments away",
                      directories_.log)};
    }
  }
  const std::string parked = directories_.entry(state_entry::parked);
  if (!placed && has_segment(parked)) {
    return failure{
        fmt::format("{} has points that were parked of an earlier log (`weir park "
                    "list`): have them delivered or given up, or move it away",
                    parked)};
  }
  return nothing{};
}

outcome gathering::count() {
  if (whole_) {
    return nothing{};
  }
  progress_line shown(progress("counting", "records", from_->records()), job_.given.quiet);
  const outcome counted_all = from_->each_part(
      [this](const leaving_topic::shown_part& each) -> outcome {
        needed_amount& amount = amounts_[each.needs];
        ++amount.frames;
        amount.bytes += bytes_in_log(each);
        return nothing{};
      },
      [&](std::uint64_t records) { shown.show(records); });
  return counted_all ? check_room() : counted_all;
}

outcome gathering::check_room() const {
  std::uint64_t bytes = 0;
  for (const auto& [needs, each] : amounts_) {
    bytes += each.bytes;
  }
  if (bytes > job_.configured.log.keep) {
    return failure{
        fmt::format("what sinks still need takes {}, and a local log holds {} (log.keep): "
                    "make that larger, or have some of it delivered first",
                    in_mib(bytes), in_mib(job_.configured.log.keep))};
  }
  std::error_code error;
  const fs::space_info disk = fs::space(directories_.log, error);
  if (!error && disk.available < bytes + room_beside) {
    return failure{fmt::format("what sinks still need takes {}, and the disk of {} has {} free",
                               in_mib(bytes + room_beside), directories_.log,
                               in_mib(disk.available))};
  }
  return nothing{};
}

// ---- the log

/// As it was, or of its lines those of the part.
result<std::shared_ptr<frame>> gathering::frame_of(const leaving_topic::shown_part& shown) {
  const frame_header& about = shown.whole.header;
  if (shown.part.bytes == byte_range{0, about.inflated_bytes}) {
    auto copy = std::make_shared<frame>(shown.whole);
    copy->header.shard = 0;
    return copy;
  }
  std::string lines;
  if (!inflate_frame(shown.whole, lines)) {
    return failure{"a frame cannot be inflated"};
  }
  const std::vector<cut_lines> cut =
      cut_by_shard(std::string_view(lines).substr(shown.part.bytes.begin,
                                                  shown.part.bytes.end - shown.part.bytes.begin),
                   1);
  frame_builder builder;
  for (const cut_lines& each : cut) {
    builder.append(each.lines, each.points, each.time_least, each.time_greatest);
  }
  frame_header header = about;
  header.shard = 0;
  return builder.seal(
      std::move(header),
      about.codec == frame_codec::gzip ? compression_mode::automatic : compression_mode::none,
      compressor_);
}

/// Appends what so many sinks need.
outcome gathering::pass(std::size_t needs, frame_log& to, gathered_cursors& cursors) {
  progress_line shown(
      progress(amounts_.size() == 1 ? "moving"
                                    : fmt::format("moving what {} need", counted(needs, "sink")),
               "frames", amounts_.at(needs).frames),
      job_.given.quiet);
  std::vector<std::shared_ptr<frame>> waiting;
  std::size_t bytes = 0;
  std::uint64_t done = 0;
  const auto append = [&]() -> outcome {
    bytes = 0;
    if (waiting.empty()) {
      return nothing{};
    }
    const append_result appended = to.append(waiting);
    waiting.clear();
    return appended.status == append_status::taken ? outcome(nothing{}) : failure{appended.detail};
  };
  const outcome passed = from_->each_part(
      [&](const leaving_topic::shown_part& each) -> outcome {
        if (each.needs != needs) {
          return nothing{};
        }
        auto made = frame_of(each);
        if (!made) {
          return made.error();
        }
        bytes += made.value()->stored.size();
        waiting.push_back(std::move(made).value());
        cursors.add(each.part, each.needed_by, each.delivered);
        note_found(each);
        ++frames_;
        points_ += each.part.kind == frame_kind::lines ? each.part.points : 0;
        shown.show(++done);
        return bytes >= append_bytes ? append() : nothing{};
      },
      [](std::uint64_t) {});
  return passed ? append() : passed;
}

/// What a sink has not even seen is not pending.
void gathering::note_found(const leaving_topic::shown_part& shown) {
  for (std::size_t i = 0; i < found_.size(); ++i) {
    const cursor_state& cursor = from_->sinks()[i].in[shown.partition].cursor;
    if (shown.needed_by[i] && shown.part.kind == frame_kind::lines &&
        shown.part.position < cursor.discovered) {
      found_[i] += shown.part.points - shown.delivered[i];
    }
  }
}

outcome gathering::fill() {
  if (whole_) {
    std::fprintf(stderr, "weir log: goes on with what an earlier run moved to %s\n",
                 folder_.c_str());
    return nothing{};
  }
  std::error_code error;
  fs::remove_all(folder_, error);
  memory_budget memory(memory_bytes);
  auto opened = open_local_log({.directory = folder_,
                                .promise = append_promise::written,
                                .when_full = full_policy::reject,
                                .keep_bytes = std::numeric_limits<std::int64_t>::max(),
                                .segment_bytes = job_.configured.log.segment,
                                .frames = memory,
                                .now_ns = wall_clock_ns});
  if (!opened) {
    return opened.error();
  }
  frame_log& made = *opened.value();
  const log_position first = made.end();
  static_cast<void>(made.subscribe({.name = "move", .required = true, .wake = [] {}}, first));
  gathered_cursors cursors(from_->sinks().size(), first);
  found_.assign(from_->sinks().size(), 0);
  for (const auto& [needs, amount] : amounts_) {
    if (outcome passed = pass(needs, made, cursors); !passed) {
      return passed;
    }
  }
  if (outcome alone = from_->check_that_nobody_writes(); !alone) {
    return alone;
  }
  const std::uint32_t identity = made.identity();
  if (outcome kept = keep_places(made, cursors); !kept) {
    return kept;
  }
  if (outcome closed = made.close(); !closed) {
    return closed;
  }
  opened.value().reset();
  if (outcome stable = make_stable(); !stable) {
    return stable;
  }
  const prepared_topic& topic = from_->topic();
  return replace_file(folder_ + "/whole",
                      to_text(move_mark{.identity = identity,
                                        .topic = topic.name,
                                        .cluster = topic.found.cluster_id,
                                        .offsets = from_->ends(),
                                        .whole = true}),
                      durability::power);
}

// ---- what sinks know

outcome gathering::keep_places(const frame_log& made, const gathered_cursors& cursors) {
  const std::string directory = folder_ + "/cursors";
  if (outcome done = make_directories(directory); !done) {
    return done;
  }
  for (std::size_t i = 0; i < from_->sinks().size(); ++i) {
    moved_cursor now = cursors.cursor_of(i, made.identity());
    repeated_ += now.repeated_points;
    const leaving_topic::sink& sink = from_->sinks()[i];
    std::uint64_t pending = 0;
    for (const leaving_topic::sink_in_partition& each : sink.in) {
      add_counts(each.cursor, now.state);
      pending += each.cursor.pending();
    }
    // The sink finds that they are not there, and counts them as lost.
    lost_.push_back(pending - std::min(found_[i], pending));
    now.state.accepted += lost_.back();
    cursor_file file(directory, sink.settings->name);
    if (auto loaded = file.load(); !loaded) {
      return loaded.error();
    }
    std::set<lane_key> lanes;
    for (const auto& [lane, ignored] : now.state.lanes) {
      lanes.insert(lane);
    }
    if (outcome saved = file.save(now.state, lanes); !saved) {
      return saved;
    }
    if (outcome kept = keep_books(i, directory, now.state.discovered); !kept) {
      return kept;
    }
  }
  return nothing{};
}

outcome gathering::keep_books(std::size_t index, const std::string& directory,
                              log_position end) const {
  const leaving_topic::sink& sink = from_->sinks()[index];
  std::vector<sent_ledger::earlier_file> sent;
  // Series are told apart by their labels: of each there is one partition that has it.
  stale_book series(0, std::numeric_limits<std::size_t>::max() / 2, 0);
  bool any_series = false;
  for (const leaving_topic::sink_in_partition& each : sink.in) {
    sent.push_back({each.sent, each.cursor.low_water});
    series.recover(each.series);
    any_series = any_series || !each.series.empty();
  }
  const std::string ledger = sent_ledger::moved(sent, end);
  if (!ledger.empty() && !sent_file(directory, sink.settings->name, ".sent").replace(ledger)) {
    return failure{"cannot write what was sent to " + directory};
  }
  if (any_series && !sent_file(directory, sink.settings->name, ".series").replace(series.whole())) {
    return failure{"cannot write the series to " + directory};
  }
  return nothing{};
}

outcome gathering::make_stable() const {
  std::error_code error;
  for (const char* const part : {"/segments", "/cursors"}) {
    std::string any;
    for (const auto& each : fs::directory_iterator(folder_ + part, error)) {
      any = each.path().string();
      if (outcome synced = sync_file(any); !synced) {
        return synced;
      }
    }
    if (outcome synced = any.empty() ? nothing{} : sync_directory_of(any); !synced) {
      return synced;
    }
  }
  return sync_directory_of(folder_);
}

// ---- in its place

/// Of an earlier log there may be some that are not of this one.
outcome gathering::put_states() const {
  const std::string cursors = directories_.state + "/" + std::string(state_entry::cursors);
  if (outcome done = make_directories(cursors); !done) {
    return done;
  }
  for (const leaving_topic::sink& each : from_->sinks()) {
    for (const char* const ending : {".cursor", ".sent", ".series"}) {
      const std::string name = "/" + percent_escape(each.settings->name) + ending;
      const auto kept = read_small_file(folder_ + "/cursors" + name);
      if (!kept) {
        return kept.error();
      }
      if (kept.value()) {
        if (outcome put = replace_file(cursors + name, *kept.value(), durability::power); !put) {
          return put;
        }
        continue;
      }
      std::error_code error;
      fs::remove(cursors + name, error);
      if (error) {
        return failure{fmt::format("cannot remove {}{}: {}", cursors, name, error.message())};
      }
    }
  }
  // Of what was removed.
  return sync_directory_of(cursors + "/any");
}

outcome gathering::put_in_place() {
  const std::string segments = directories_.log + "/segments";
  std::error_code error;
  if (fs::exists(folder_ + "/segments")) {
    if (outcome put = put_states(); !put) {
      return put;
    }
    fs::remove_all(segments, error);  // it holds no frame
    fs::rename(folder_ + "/segments", segments, error);
    if (error) {
      return failure{
          fmt::format("cannot put {}/segments in its place: {}", folder_, error.message())};
    }
    if (outcome synced = sync_directory_of(segments); !synced) {
      return synced;
    }
  }
  if (outcome left = from_->leave(); !left) {
    return failure{
        fmt::format("everything is in {}, but the groups of the sinks cannot be set to "
                    "the end of the topic ({}): run this again",
                    directories_.log, left.error().message)};
  }
  // By one step: a folder that has lost its word `whole`, but not all else, would be taken for a
  // move that has hardly begun.
  const std::string ended = folder_ + "-ended";
  fs::remove_all(ended, error);
  fs::rename(folder_, ended, error);
  if (!error) {
    fs::remove_all(ended, error);
  }
  return error ? outcome(failure{fmt::format("cannot remove {}: {}", folder_, error.message())})
               : nothing{};
}

int gathering::report() const {
  if (whole_) {
    std::printf("what an earlier run moved is in %s now\n", directories_.log.c_str());
  } else {
    std::printf("%s of %s are in %s now\n", counted(points_, "point").c_str(),
                counted(frames_, "frame").c_str(), directories_.log.c_str());
  }
  for (std::size_t i = 0; i < from_->sinks().size(); ++i) {
    const std::uint64_t lost = i < lost_.size() ? lost_[i] : 0;
    std::printf("sink %s goes on where it was%s\n", from_->sinks()[i].settings->name.c_str(),
                words_of_lost(lost).c_str());
  }
  if (repeated_ > 0) {
    std::printf(
        "%s that were delivered are delivered once more, because of two sinks each was "
        "behind the other in some partition\n",
        counted(repeated_, "point").c_str());
  }
  std::printf(
      "the topic %s keeps what it has; weirs that are started on it again go on at its "
      "end\n",
      from_->topic().name.c_str());
  std::printf(
      "not moved: types of fields and databases that were shared, which are learnt anew, "
      "and refused batches and letters, which are on the machines that kept them\n");
  const topic_faults& faults = from_->faults();
  for (const std::string& each : faults.words) {
    std::fprintf(stderr, "weir log: not moved: %s\n", each.c_str());
  }
  const bool any_lost =
      std::any_of(lost_.begin(), lost_.end(), [](std::uint64_t points) { return points > 0; });
  return faults.whole() && !any_lost ? 0 : 1;
}

}  // namespace

int move_to_local(const move_job& job) {
  auto directories = lock_directories(job.configured);
  if (!directories) {
    return complain_of_log(directories.error().message, 1);
  }
  const std::string& directory = directories.value().log;
  if (fs::exists(directory + "/" + std::string(moving_to_kafka))) {
    return complain_of_log(unended_move(directory), 1);
  }
  auto topic = find_topic(job.configured);
  if (!topic) {
    return complain_of_log(topic.error().message, 1);
  }
  auto from = leaving_topic::open(job.configured, std::move(topic).value());
  if (!from) {
    return complain_of_log(from.error().message, 1);
  }
  gathering run(job, std::move(directories).value(), std::move(from).value());
  for (const auto step : {&gathering::look_at_target, &gathering::count, &gathering::fill,
                          &gathering::put_in_place}) {
    if (auto done = (run.*step)(); !done) {
      return complain_of_log(done.error().message, 1);
    }
  }
  return run.report();
}

}  // namespace weir
