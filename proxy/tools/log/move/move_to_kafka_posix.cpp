// SPDX-License-Identifier: Apache-2.0
//
// `weir log move --to kafka`: what sinks still need of a local log, in its files and in their
// parking places, becomes records of the topic, and the sinks' cursors, and what they have sent,
// books of its partitions.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <optional>
#include <utility>

#include "base/clock_posix.hpp"
#include "base/text/counted.hpp"
#include "base/text/rfc3339.hpp"
#include "files/file_operations.hpp"
#include "files/state_directory_posix.hpp"
#include "log/kafka/kafka_offset.hpp"
#include "log/moving_marks.hpp"
#include "sinks/kafka/state_records.hpp"
#include "sinks/parking/parked_files_posix.hpp"
#include "sinks/remote_write/sending/sent_file_posix.hpp"
#include "sinks/remote_write/sending/sent_ledger.hpp"
#include "sinks/state/cursor_store_posix.hpp"
#include "tools/data_directory_posix.hpp"
#include "tools/log/log_job.hpp"
#include "tools/log/move/move_job.hpp"
#include "tools/log/move/move_mark.hpp"
#include "tools/log/move/move_plan.hpp"
#include "tools/log/move/record_mover_posix.hpp"
#include "tools/log/topic/topic_log.hpp"
#include "tools/screen/progress_line_posix.hpp"

namespace weir {
namespace {

namespace fs = std::filesystem;

struct leaving_sink {
  const sink_settings* settings = nullptr;
  /// Nothing: it has never run, and begins where its settings say.
  std::optional<cursor_state> cursor{};
  std::string sent{};
  parked_place parked{};
  /// Points that are pending and were not found.
  std::uint64_t lost = 0;
  sink_group group;

  [[nodiscard]] bool wants(const move_part& part) const {
    return sink_wants(*settings, part.lane) &&
           (cursor ? is_needed(*cursor, part) : settings->start.at != sink_start::place::now);
  }
};

class move_run {
 public:
  move_run(const move_job& job, locked_directories directories, stored_log log,
           prepared_topic topic)
      : job_(job),
        directories_(std::move(directories)),
        log_(std::move(log)),
        topic_(std::move(topic)),
        mark_path_(directories_.log + "/" + std::string(moving_to_kafka)) {}

  outcome find_mark();
  outcome read_sinks();
  outcome begin();
  outcome copy();
  outcome keep_places();
  outcome set_aside();
  [[nodiscard]] int report() const;

 private:
  [[nodiscard]] outcome begin_anew(const std::vector<kafka_offsets>& there);
  [[nodiscard]] outcome read_parked(leaving_sink& sink);
  void count_lost(leaving_sink& sink, const std::vector<kafka_offsets>& there);
  [[nodiscard]] outcome keep_place(leaving_sink& sink, std::uint32_t partition, log_position end);
  [[nodiscard]] moved_cursor cursor_in(const leaving_sink& sink, std::uint32_t partition,
                                       log_position end);
  [[nodiscard]] outcome move_frame(const frame& one);
  [[nodiscard]] log_position first_needed() const;

  const move_job& job_;
  locked_directories directories_;
  stored_log log_;
  prepared_topic topic_;
  const std::string mark_path_;
  move_mark mark_;
  /// An earlier run began.
  bool goes_on_ = false;
  std::vector<leaving_sink> sinks_;
  std::unique_ptr<record_mover> mover_;
  std::uint64_t frames_ = 0, points_ = 0, parked_points_ = 0, repeated_ = 0;
  std::uint64_t faults_ = 0;
  std::string set_aside_as_;
};

/// What an earlier run has done.
outcome move_run::find_mark() {
  mark_ = {.identity = log_.identity(),
           .topic = topic_.name,
           .cluster = topic_.found.cluster_id,
           .offsets = std::vector<std::int64_t>(topic_.found.shards)};
  auto kept = read_small_file(mark_path_);
  if (!kept) {
    return kept.error();
  }
  if (!kept.value()) {
    return nothing{};
  }
  auto before = move_mark_of(*kept.value());
  if (!before || !is_same_move(*before, mark_)) {
    return failure{
        fmt::format("a move to another topic was begun and not ended ({}): end it with the same "
                    "settings, or remove that file if the topic is gone",
                    mark_path_)};
  }
  mark_ = std::move(*before);
  goes_on_ = true;
  return nothing{};
}

// ---- what sinks know

outcome move_run::read_sinks() {
  if (mark_.whole) {
    return nothing{};
  }
  const std::string cursors = directories_.entry(state_entry::cursors);
  for (const sink_settings& each : job_.configured.sinks) {
    if (each.shard) {
      return failure{fmt::format(
          "sink {}: addresses = \"shard\" is not possible with log.type = \"kafka\"; have it "
          "deliver what the local log holds, and write a [[sink]] for each address",
          each.shard->group)};
    }
    auto group = sink_group::open(topic_, job_.configured, each.name);
    if (!group) {
      return group.error();
    }
    if (outcome alone = group.value().check_that_nobody_runs(); !alone) {
      return alone;
    }
    leaving_sink sink{.settings = &each, .group = std::move(group).value()};
    if (fs::is_directory(cursors)) {
      auto kept = cursor_file(cursors, each.name).load();
      if (!kept) {
        return kept.error();
      }
      if (kept.value() && !are_different_logs(kept.value()->log_identity, log_.identity())) {
        sink.cursor = std::move(*kept.value());
      }
      auto sent = sent_file(cursors, each.name, ".sent").load();
      if (!sent) {
        return sent.error();
      }
      sink.sent = std::move(sent).value();
    }
    if (outcome read = read_parked(sink); !read) {
      return read;
    }
    sinks_.push_back(std::move(sink));
  }
  return nothing{};
}

outcome move_run::read_parked(leaving_sink& sink) {
  auto opened = parked_files::open(
      {.directory = parking_directory(directories_.entry(state_entry::parked), sink.settings->name),
       .keep_bytes = std::numeric_limits<std::int64_t>::max(),
       .read_only = true,
       .now_ns = wall_clock_ns});
  if (!opened) {
    return opened.error();
  }
  sink.parked.place = std::move(opened).value();
  const log_position first(log_.segments().empty() ? 0 : log_.segments().front().first);
  auto lanes = find_parked(*sink.parked.place, sink.cursor.value_or(cursor_state{}), first);
  if (!lanes) {
    return lanes.error();
  }
  sink.parked.lanes = std::move(lanes).value();
  if (!sink.cursor && !sink.parked.lanes.empty()) {
    return failure{
        fmt::format("sink {} has parked points and no cursor of this log: start weir on the log "
                    "once, and stop it, so that it finds out what is still to be delivered",
                    sink.settings->name)};
  }
  return nothing{};
}

log_position move_run::first_needed() const {
  log_position least = log_position(std::numeric_limits<std::uint64_t>::max());
  for (const leaving_sink& each : sinks_) {
    least = std::min(least, each.cursor ? each.cursor->low_water : log_position());
  }
  return sinks_.empty() ? log_position() : least;
}

// ---- where it begins, or goes on

outcome move_run::begin() {
  if (mark_.whole) {
    return nothing{};
  }
  auto there = offsets_of(topic_);
  if (!there) {
    return there.error();
  }
  auto mover = record_mover::make(topic_, log_.identity());
  if (!mover) {
    return mover.error();
  }
  mover_ = std::move(mover).value();
  return goes_on_ ? mover_->recover(mark_.offsets, there.value()) : begin_anew(there.value());
}

/// What is there must not have to be delivered first.
outcome move_run::begin_anew(const std::vector<kafka_offsets>& there) {
  for (std::uint32_t i = 0; i < topic_.found.shards; ++i) {
    mark_.offsets[i] = there[i].end;
    if (there[i].first == there[i].end) {
      continue;
    }
    bool done = !sinks_.empty();
    for (const leaving_sink& each : sinks_) {
      const auto committed = each.group.committed(i);
      if (!committed) {
        return committed.error();
      }
      done = done && committed.value() && is_by_weir(committed.value()->metadata) &&
             committed.value()->offset >= there[i].end;
    }
    if (!done) {
      return failure{fmt::format(
          "the topic {} has frames already that are not delivered, and those that are moved would "
          "come behind them: name another (log.topic), or have them delivered first",
          topic_.name)};
    }
  }
  return replace_file(mark_path_, to_text(mark_), durability::power);
}

// ---- frames

outcome move_run::copy() {
  if (mark_.whole) {
    return nothing{};
  }
  const log_position from = first_needed();
  std::vector<parked_place*> places;
  for (leaving_sink& each : sinks_) {
    places.push_back(&each.parked);
  }
  const std::uint64_t first = log_.segments().empty() ? 0 : log_.segments().front().first;
  if (outcome parked = each_parked(places, std::max(from, log_position(first)),
                                   [this](const frame& one) {
                                     parked_points_ += one.header.points;
                                     return move_frame(one);
                                   });
      !parked) {
    return parked;
  }
  std::uint64_t bytes = 0;
  for (const stored_segment& each : log_.segments()) {
    bytes += each.bytes;
  }
  progress_line shown(progress("moving", "bytes", bytes), job_.given.quiet);
  std::uint64_t read = 0;
  outcome done = nothing{};
  const stored_scan found =
      log_.scan(from.number(), [&](const record_head& head, const auto& load) {
        read += head.record_bytes();
        shown.show(read);
        frame one;
        one.header = head.to_header();
        one.header.position = log_position(head.sequence);
        const move_part whole = part_of(one.header);
        if (!sinks_.empty() && std::none_of(sinks_.begin(), sinks_.end(),
                                            [&](const auto& each) { return each.wants(whole); })) {
          return stored_log::visit::go_on;
        }
        if (load(one.stored) != segment_scanner::payload_status::whole) {
          return stored_log::visit::go_on;  // it is told of below
        }
        done = move_frame(one);
        return done ? stored_log::visit::go_on : stored_log::visit::stop;
      });
  shown.wipe();
  faults_ += found.damaged_records + found.missing_frames + found.failures;
  for (const std::string& each : found.faults) {
    std::fprintf(stderr, "weir log: %s\n", each.c_str());
  }
  return done ? mover_->flush() : done;
}

outcome move_run::move_frame(const frame& one) {
  std::string lines;
  if (!inflate_frame(one, lines)) {
    ++faults_;
    std::fprintf(stderr, "weir log: frame %llu is damaged, and is not moved\n",
                 static_cast<unsigned long long>(one.header.position.number()));
    return nothing{};
  }
  const move_part whole = part_of(one.header);
  std::set<std::uint32_t> cuts;
  mover_->add_cuts(whole.position, cuts);
  for (const leaving_sink& each : sinks_) {
    if (each.cursor) {
      add_cuts(*each.cursor, whole, cuts);
    }
  }
  bool any = false;
  for (const byte_range& bytes : ranges_between(cuts, static_cast<std::uint32_t>(lines.size()))) {
    move_part part = whole;
    part.bytes = bytes;
    if (!sinks_.empty() && std::none_of(sinks_.begin(), sinks_.end(),
                                        [&](const auto& each) { return each.wants(part); })) {
      continue;
    }
    const std::string_view text =
        std::string_view(lines).substr(bytes.begin, bytes.end - bytes.begin);
    part.points = points_of(text);
    points_ += part.kind == frame_kind::lines ? part.points : 0;
    any = true;
    if (outcome moved = mover_->move(one.header, part, text); !moved) {
      return moved;
    }
  }
  frames_ += any ? 1 : 0;
  return nothing{};
}

// ---- what sinks know goes along

outcome move_run::keep_places() {
  if (mark_.whole) {
    return nothing{};
  }
  auto there = offsets_of(topic_);
  if (!there) {
    return there.error();
  }
  for (leaving_sink& sink : sinks_) {
    count_lost(sink, there.value());
  }
  for (std::uint32_t i = 0; i < topic_.found.shards; ++i) {
    const log_position end = position_of(there.value()[i].end);
    for (leaving_sink& sink : sinks_) {
      if (outcome kept = sink.cursor ? keep_place(sink, i, end) : nothing{}; !kept) {
        return failure{
            fmt::format("all points are in the topic, but where sink {} goes on cannot be kept "
                        "({}): run this again before a weir delivers from there",
                        sink.settings->name, kept.error().message)};
      }
    }
  }
  mark_.whole = true;
  return replace_file(mark_path_, to_text(mark_), durability::power);
}

moved_cursor move_run::cursor_in(const leaving_sink& sink, std::uint32_t partition,
                                 log_position end) {
  return cursor_of_moved(*sink.cursor, mover_->moved(partition), end,
                         topic_.found.identity(topic_.name, partition), partition == 0);
}

/// What the log has no more, or damaged.
void move_run::count_lost(leaving_sink& sink, const std::vector<kafka_offsets>& there) {
  if (!sink.cursor) {
    return;
  }
  std::uint64_t found = 0;
  for (std::uint32_t i = 0; i < topic_.found.shards; ++i) {
    const moved_cursor now = cursor_in(sink, i, position_of(there[i].end));
    found += now.state.pending() - now.repeated_points;
  }
  const std::uint64_t pending = sink.cursor->pending();
  sink.lost = pending - std::min(found, pending);
}

outcome move_run::keep_place(leaving_sink& sink, std::uint32_t partition, log_position end) {
  moved_cursor now = cursor_in(sink, partition, end);
  repeated_ += now.repeated_points;
  // The sink finds that they are not there, and counts them as lost.
  now.state.accepted += partition == 0 ? sink.lost : 0;
  const auto kept = keep_partition(topic_, sink.settings->name, partition);
  if (outcome read = kept->read(); !read) {
    return read;
  }
  const sent_ledger::earlier_file sent{sink.sent, sink.cursor->low_water};
  if (const std::string ledger = sent_ledger::moved({&sent, 1}, end); !ledger.empty()) {
    if (outcome stored = kept->replace("sent", ledger); !stored) {
      return stored;
    }
  }
  if (outcome stored = kept->replace("cursor", cursor_book(now.state, 1)); !stored) {
    return stored;
  }
  return sink.group.commit(partition, now.state.low_water);
}

// ---- the end

/// A weir that is started on the directory once more must not deliver again what was moved.
outcome move_run::set_aside() {
  std::string name = rfc3339(wall_clock_ns(), rfc3339_decimals::three);
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == ':' || c == '.'; }, '-');
  set_aside_as_ = directories_.log + "/moved-to-kafka-" + name;
  std::error_code error;
  fs::create_directory(set_aside_as_, error);
  // The log last: where it is, the others may be.
  for (const std::string_view entry : {state_entry::parked, state_entry::cursors}) {
    const std::string path = directories_.entry(entry);
    if (!error && fs::exists(path)) {
      fs::rename(path, fmt::format("{}-moved-to-kafka-{}", path, name), error);
    }
  }
  const std::string segments = directories_.log + "/segments";
  if (!error && fs::exists(segments)) {
    fs::rename(segments, set_aside_as_ + "/segments", error);
  }
  if (error) {
    return failure{
        fmt::format("everything is moved, but the old log cannot be set aside: {}. Run "
                    "this again, or move {} away before a weir runs there with "
                    "log.type = \"local\"",
                    error.message(), segments)};
  }
  fs::remove(mark_path_, error);
  return error ? outcome(failure{fmt::format("cannot remove {}: {}", mark_path_, error.message())})
               : nothing{};
}

int move_run::report() const {
  if (mover_ != nullptr) {
    std::printf("%s of %s are in the topic %s now, as %s in %s%s\n",
                counted(points_, "point").c_str(), counted(frames_, "frame").c_str(),
                topic_.name.c_str(), counted(mover_->records(), "record").c_str(),
                counted(topic_.found.shards, "partition").c_str(),
                mover_->recovered() == 0
                    ? ""
                    : fmt::format(" ({} by an earlier run)", mover_->recovered()).c_str());
    if (parked_points_ > 0) {
      std::printf(
          "of these, %s were parked: they are tried again, in their order, and parked "
          "there if need be\n",
          counted(parked_points_, "point").c_str());
    }
    for (const leaving_sink& each : sinks_) {
      std::printf(
          "sink %s %s%s\n", each.settings->name.c_str(),
          each.cursor ? "goes on where it was" : "has never run, and begins as it is set up",
          words_of_lost(each.lost).c_str());
    }
  } else {
    std::printf("an earlier run had moved everything to the topic %s\n", topic_.name.c_str());
  }
  if (repeated_ > 0) {
    std::printf("%s that were delivered since an earlier run of this are delivered once more\n",
                counted(repeated_, "point").c_str());
  }
  std::printf("the old log is set aside in %s; remove it once all is well\n",
              set_aside_as_.c_str());
  std::printf(
      "not moved: refused batches, letters, pushed groups, and the names that remote_write "
      "sinks gave, which stay in %s\n",
      directories_.state.c_str());
  if (faults_ > 0) {
    std::printf("%s of the old log could not be read, and is not moved: see above\n",
                counted(faults_, "part").c_str());
  }
  const bool any_lost = std::any_of(sinks_.begin(), sinks_.end(),
                                    [](const leaving_sink& each) { return each.lost > 0; });
  return faults_ == 0 && !any_lost ? 0 : 1;
}

/// Only its last step was cut off.
bool ended_before(const std::string& directory) {
  const std::string path = directory + "/" + std::string(moving_to_kafka);
  const auto kept = read_small_file(path);
  const auto mark = kept && kept.value() ? move_mark_of(*kept.value()) : std::nullopt;
  std::error_code error;
  return mark && mark->whole && !fs::exists(directory + "/segments") && fs::remove(path, error);
}

}  // namespace

int move_to_kafka(const move_job& job) {
  if (const std::string why = why_no_log(job.configured.log.directory, job.place); !why.empty()) {
    return complain_of_log(why, 1);
  }
  auto directories = lock_directories(job.configured);
  if (!directories) {
    return complain_of_log(directories.error().message, 1);
  }
  const std::string& directory = directories.value().log;
  if (ended_before(directory)) {
    std::printf("an earlier run had moved everything, and has set the old log aside in %s\n",
                directory.c_str());
    return 0;
  }
  if (fs::exists(directory + "/" + std::string(moving_to_local))) {
    return complain_of_log(unended_move(directory), 1);
  }
  if (!fs::exists(directory + "/segments")) {
    return complain_of_log(
        fmt::format("{} has no segments (log.directory): there is nothing to move. A move that "
                    "was ended has set them aside, as moved-to-kafka-TIME",
                    directory),
        1);
  }
  auto log = stored_log::open(directory);
  if (!log) {
    return complain_of_log(log.error().message, 1);
  }
  auto topic = prepare_topic(job.configured);
  if (!topic) {
    return complain_of_log(topic.error().message, 1);
  }
  move_run run(job, std::move(directories).value(), std::move(log).value(),
               std::move(topic).value());
  for (const auto step : {&move_run::find_mark, &move_run::read_sinks, &move_run::begin,
                          &move_run::copy, &move_run::keep_places, &move_run::set_aside}) {
    if (auto done = (run.*step)(); !done) {
      return complain_of_log(done.error().message, 1);
    }
  }
  return run.report();
}

}  // namespace weir
