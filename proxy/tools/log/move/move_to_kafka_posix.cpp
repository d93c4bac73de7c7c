// SPDX-License-Identifier: Apache-2.0
//
// `weir log move --to kafka`: the frames that a local log still holds become records of the topic,
// cut by series, in their order, and the sinks' cursors positions in its partitions. Each record
// says which frame it is of (header `moved`), so that a run that follows one that was cut off moves
// none twice.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <mutex>
#include <set>
#include <sstream>

#include "base/clock_posix.hpp"
#include "base/text/counted.hpp"
#include "base/text/rfc3339.hpp"
#include "codec/gzip.hpp"
#include "files/file_operations.hpp"
#include "files/state_directory_posix.hpp"
#include "kafka/producer_rdkafka.hpp"
#include "kafka/reader_rdkafka.hpp"
#include "log/kafka/kafka_frame.hpp"
#include "sinks/state/cursor_store_posix.hpp"
#include "tools/log/log_job.hpp"
#include "tools/log/move/move_job.hpp"
#include "tools/log/move/move_plan.hpp"
#include "tools/log/topic/topic_log.hpp"
#include "tools/screen/progress_line_posix.hpp"

namespace weir {
namespace {

constexpr std::string_view moved_header = "moved";
/// Of offsets that are set here: no weir's own, so that they count whatever else is known.
constexpr std::string_view moved_metadata = "weir log move";
/// What is produced before it is waited for.
constexpr std::size_t batch_bytes = std::size_t{4} << 20;
constexpr std::chrono::milliseconds delivery_wait{60'000};

std::string path_of_mark(const std::string& directory) {
  return directory + "/moving-to-kafka";
}

/// Of a topic with `shards` partitions, where a move began.
struct move_mark {
  std::uint32_t identity = 0;
  std::string topic;
  std::string cluster;
  std::vector<std::int64_t> begin;

  [[nodiscard]] std::string text() const {
    std::string out = fmt::format("weir-move 1\nlog {}\ntopic {}\ncluster {}\nbegin", identity,
                                  topic, cluster.empty() ? "-" : cluster);
    for (const std::int64_t each : begin) {
      out += fmt::format(" {}", each);
    }
    return out + "\n";
  }
  [[nodiscard]] static std::optional<move_mark> read(const std::string& text) {
    std::istringstream in{text};
    move_mark out;
    std::string word;
    std::string version;
    in >> word >> version;
    if (word != "weir-move" || version != "1") {
      return std::nullopt;
    }
    in >> word >> out.identity >> word >> out.topic >> word >> out.cluster >> word;
    for (std::int64_t offset = 0; in >> offset;) {
      out.begin.push_back(offset);
    }
    out.cluster = out.cluster == "-" ? "" : out.cluster;
    return word == "begin" && !out.begin.empty() ? std::optional(out) : std::nullopt;
  }
  friend bool operator==(const move_mark& one, const move_mark& other) {
    return one.identity == other.identity && one.topic == other.topic &&
           one.cluster == other.cluster && one.begin.size() == other.begin.size();
  }
};

struct moved_sink {
  std::string name;
  /// Nothing: it has never run, and begins where its settings say.
  std::optional<cursor_state> cursor;
};

class move_run {
 public:
  move_run(const move_job& job, locked_directories directories, stored_log log,
           prepared_topic topic)
      : job_(job),
        directories_(std::move(directories)),
        log_(std::move(log)),
        topic_(std::move(topic)),
        moved_(topic_.found.shards) {}

  outcome read_cursors();
  outcome begin();
  outcome copy();
  outcome keep_cursors();
  outcome set_aside();
  void report() const;

 private:
  outcome recover_partition(std::uint32_t partition, std::int64_t begin, std::int64_t end);
  void take_back(std::uint32_t partition, const std::string& ours, kafka_record record);
  [[nodiscard]] log_position first_needed() const;
  [[nodiscard]] bool is_there(std::uint32_t partition, log_position from) const;
  outcome move_frame(const record_head& head, const std::string& stored);
  outcome produce(const record_head& head, const std::shared_ptr<frame>& made);
  outcome wait_for_batch();

  const move_job& job_;
  locked_directories directories_;
  stored_log log_;
  prepared_topic topic_;
  move_mark mark_;
  std::vector<moved_sink> sinks_;
  std::unique_ptr<kafka_producer> producer_;
  gzip_compressor compressor_;
  /// By partition; the producer's thread sets where frames of the batch went.
  std::vector<moved_frames> moved_;
  std::vector<std::set<std::uint64_t>> there_before_;
  std::mutex lock_;
  std::string failed_;
  std::size_t waiting_bytes_ = 0;
  std::uint64_t frames_ = 0, points_ = 0, records_ = 0, recovered_ = 0, repeated_ = 0;
  std::string set_aside_as_;
};

outcome move_run::read_cursors() {
  const std::string directory =
      find_state_entry(directories_.state, directories_.log, state_entry::cursors);
  for (const sink_settings& each : job_.configured.sinks) {
    moved_sink sink{.name = each.name, .cursor = std::nullopt};
    if (std::filesystem::is_directory(directory)) {
      cursor_file file(directory, each.name);
      auto kept = file.load();
      if (!kept) {
        return kept.error();
      }
      if (kept.value() && !are_different_logs(kept.value()->log_identity, log_.identity())) {
        sink.cursor = std::move(*kept.value());
      }
    }
    const bool parked = sink.cursor && std::any_of(sink.cursor->lanes.begin(),
                                                   sink.cursor->lanes.end(), [](const auto& lane) {
                                                     return lane.second.parked_end > log_position();
                                                   });
    if (parked) {
      return failure{fmt::format(
          "sink {} has parked points (`weir park list`), which are not moved: start weir once more "
          "and have them delivered or given up (`weir park retry`, `weir park drop`)",
          each.name)};
    }
    sinks_.push_back(std::move(sink));
  }
  return nothing{};
}

log_position move_run::first_needed() const {
  if (sinks_.empty()) {
    return log_position();
  }
  log_position least = log_position(std::numeric_limits<std::uint64_t>::max());
  for (const moved_sink& each : sinks_) {
    least = std::min(least, each.cursor ? each.cursor->low_water : log_position());
  }
  return least;
}

outcome move_run::begin() {
  move_mark wanted{.identity = log_.identity(),
                   .topic = topic_.name,
                   .cluster = topic_.found.cluster_id,
                   .begin = {}};
  std::vector<kafka_offsets> there;
  bool empty = true;
  for (std::uint32_t i = 0; i < topic_.found.shards; ++i) {
    const auto offsets =
        topic_.cluster->offsets(topic_.name, static_cast<std::int32_t>(i), brokers_wait);
    if (!offsets) {
      return offsets.error();
    }
    there.push_back(offsets.value());
    empty = empty && offsets.value().first == offsets.value().end;
    wanted.begin.push_back(offsets.value().end);
  }
  there_before_.resize(there.size());
  auto producer =
      kafka_producer::make({.client = topic_.client, .delivery_timeout = delivery_wait});
  if (!producer) {
    return producer.error();
  }
  producer_ = std::move(producer).value();
  const std::string path = path_of_mark(directories_.log);
  auto kept = read_small_file(path);
  if (!kept) {
    return kept.error();
  }
  if (!kept.value()) {
    if (!empty) {
      return failure{fmt::format(
          "the topic {} has frames already, and those that are moved would come after them: name "
          "another (log.topic), or let this weir deliver what it holds",
          topic_.name)};
    }
    mark_ = wanted;
    return replace_file(path, mark_.text(), durability::power);
  }
  const auto before = move_mark::read(*kept.value());
  if (!before || !(*before == wanted)) {
    return failure{
        fmt::format("a move to another topic was begun and not ended ({}): end it with "
                    "the same settings, or remove that file if the topic is gone",
                    path)};
  }
  mark_ = *before;
  for (std::uint32_t i = 0; i < topic_.found.shards; ++i) {
    if (auto found = recover_partition(i, mark_.begin[i], there[i].end); !found) {
      return found;
    }
  }
  return nothing{};
}

/// What an earlier run moved is found by its headers.
outcome move_run::recover_partition(std::uint32_t partition, std::int64_t begin, std::int64_t end) {
  const std::string ours = fmt::format("{:08x}-", log_.identity());
  auto reader =
      kafka_reader::make(topic_.client, topic_.name, static_cast<std::int32_t>(partition));
  if (!reader) {
    return reader.error();
  }
  const auto deadline = std::chrono::steady_clock::now() + delivery_wait;
  for (std::int64_t at = begin; at < end;) {
    auto read = reader.value()->read(at, batch_bytes, std::chrono::milliseconds(1'000));
    if (!read) {
      return read.error();
    }
    for (kafka_record& record : read.value().records) {
      take_back(partition, ours, std::move(record));
    }
    at = read.value().next;
    if (at < end && std::chrono::steady_clock::now() > deadline) {
      return failure{"what an earlier run moved cannot be read: the brokers do not answer"};
    }
  }
  return nothing{};
}

void move_run::take_back(std::uint32_t partition, const std::string& ours, kafka_record record) {
  const auto header = record.header(moved_header);
  if (!header || !header->starts_with(ours)) {
    return;
  }
  std::uint64_t sequence = 0;
  const std::string digits(header->substr(ours.size()));
  std::from_chars(digits.data(), digits.data() + digits.size(), sequence);
  const std::int64_t offset = record.offset;
  const kafka_frame_result read = frame_of_record(std::move(record));
  if (read.status != kafka_frame_status::whole ||
      !there_before_[partition].insert(sequence).second) {
    return;
  }
  moved_[partition].push_back({.from = log_position(sequence),
                               .to = log_position(static_cast<std::uint64_t>(offset) + 1),
                               .lane = lane_of(read.found->header),
                               .points = read.found->header.points});
  ++recovered_;
}

bool move_run::is_there(std::uint32_t partition, log_position from) const {
  return there_before_[partition].count(from.number()) > 0;
}

outcome move_run::copy() {
  const log_position from = first_needed();
  std::uint64_t bytes = 0;
  for (const stored_segment& each : log_.segments()) {
    bytes += each.bytes;
  }
  progress_line shown(progress("moving", "bytes", bytes), job_.given.quiet);
  std::uint64_t read = 0;
  outcome failed = nothing{};
  const stored_scan found =
      log_.scan(from.number(), [&](const record_head& head, const auto& load) {
        read += head.record_bytes();
        shown.show(read);
        std::string stored;
        if (load(stored) != segment_scanner::payload_status::whole) {
          return stored_log::visit::go_on;  // it is told of below
        }
        if (auto moved = move_frame(head, stored); !moved) {
          failed = moved;
          return stored_log::visit::stop;
        }
        ++frames_;
        points_ += head.points;
        return stored_log::visit::go_on;
      });
  shown.wipe();
  for (const std::string& each : found.faults) {
    std::fprintf(stderr, "weir log: %s\n", each.c_str());
  }
  return failed ? wait_for_batch() : failed;
}

outcome move_run::move_frame(const record_head& head, const std::string& stored) {
  frame whole;
  whole.header = head.to_header();
  whole.stored = stored;
  std::string lines;
  if (!inflate_frame(whole, lines)) {
    std::fprintf(stderr, "weir log: frame %llu is damaged, and is not moved\n",
                 static_cast<unsigned long long>(head.sequence));
    return nothing{};
  }
  for (shard_lines& each : cut_by_shard(lines, topic_.found.shards)) {
    if (is_there(each.shard, log_position(head.sequence))) {
      continue;
    }
    frame_builder builder;
    builder.append(each.lines, each.points, each.time_least, each.time_greatest);
    frame_header about = head.to_header();
    about.shard = each.shard;
    const auto made = builder.seal(
        std::move(about),
        head.codec == frame_codec::gzip ? compression_mode::automatic : compression_mode::none,
        compressor_);
    if (auto done = produce(head, made); !done) {
      return done;
    }
  }
  return waiting_bytes_ < batch_bytes ? outcome(nothing{}) : wait_for_batch();
}

outcome move_run::produce(const record_head& head, const std::shared_ptr<frame>& made) {
  const kafka_frame_record record(*made, made->header.shard);
  kafka_record_view view = record.view();
  std::vector<kafka_header> headers(view.headers.begin(), view.headers.end());
  const std::string mark = fmt::format("{:08x}-{}", log_.identity(), head.sequence);
  headers.push_back({moved_header, mark});
  view.headers = headers;
  const std::uint32_t partition = made->header.shard;
  std::size_t index = 0;
  {
    const std::lock_guard hold(lock_);
    index = moved_[partition].size();
    moved_[partition].push_back({.from = log_position(head.sequence),
                                 .to = {},
                                 .lane = lane_of(made->header),
                                 .points = made->header.points});
  }
  const auto reported = [this, partition, index](const kafka_delivery& delivery) {
    const std::lock_guard hold(lock_);
    if (delivery.offset < 0 && failed_.empty()) {
      failed_ = delivery.error;
    }
    moved_[partition][index].to = log_position(static_cast<std::uint64_t>(delivery.offset + 1));
  };
  waiting_bytes_ += made->stored.size();
  ++records_;
  const kafka_queue_result queued =
      producer_->produce(topic_.name, static_cast<std::int32_t>(partition), view, made, reported);
  return queued.status == kafka_queued::taken
             ? outcome(nothing{})
             : failure{fmt::format("frame {}: {}", head.sequence, queued.why)};
}

outcome move_run::wait_for_batch() {
  waiting_bytes_ = 0;
  const bool done = producer_->flush(2 * delivery_wait);
  const std::lock_guard hold(lock_);
  if (!failed_.empty() || !done) {
    return failure{fmt::format("Kafka did not take all: {}",
                               failed_.empty() ? "the brokers do not answer" : failed_)};
  }
  return nothing{};
}

outcome move_run::keep_cursors() {
  for (std::uint32_t i = 0; i < topic_.found.shards; ++i) {
    std::sort(moved_[i].begin(), moved_[i].end(),
              [](const moved_frame& one, const moved_frame& other) { return one.to < other.to; });
    const auto there =
        topic_.cluster->offsets(topic_.name, static_cast<std::int32_t>(i), brokers_wait);
    if (!there) {
      return there.error();
    }
    const log_position end(static_cast<std::uint64_t>(there.value().end) + 1);
    for (const moved_sink& sink : sinks_) {
      if (!sink.cursor) {
        continue;
      }
      const moved_start now = start_of_moved(*sink.cursor, moved_[i], end);
      repeated_ += now.repeated_points;
      const auto offset = static_cast<std::int64_t>(now.at.number()) - 1;
      if (const std::string why = commit_offset(topic_, job_.configured, sink.name, i, offset,
                                                std::string(moved_metadata));
          !why.empty()) {
        return failure{
            fmt::format("everything is in the topic, but where sink {} goes on cannot be "
                        "set ({}). No weir may deliver from the topic yet; then run this "
                        "again",
                        sink.name, why)};
      }
    }
  }
  return nothing{};
}

/// A weir that is started on the directory once more must not deliver again what was moved.
outcome move_run::set_aside() {
  std::string name = rfc3339(wall_clock_ns(), rfc3339_decimals::three);
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == ':' || c == '.'; }, '-');
  set_aside_as_ = directories_.log + "/moved-to-kafka-" + name;
  std::error_code error;
  std::filesystem::create_directory(set_aside_as_, error);
  if (!error) {
    std::filesystem::rename(directories_.log + "/segments", set_aside_as_ + "/segments", error);
  }
  if (error) {
    return failure{
        fmt::format("everything is moved, but {}/segments cannot be set aside: {}. Move "
                    "it away before a weir runs there again with log.type = \"local\"",
                    directories_.log, error.message())};
  }
  std::filesystem::remove(path_of_mark(directories_.log), error);
  return error ? outcome(failure{fmt::format("cannot remove {}: {}", path_of_mark(directories_.log),
                                             error.message())})
               : nothing{};
}

void move_run::report() const {
  std::printf("%s of %s are in the topic %s now, as %s in %s%s\n",
              counted(points_, "point").c_str(), counted(frames_, "frame").c_str(),
              topic_.name.c_str(), counted(records_ + recovered_, "record").c_str(),
              counted(topic_.found.shards, "partition").c_str(),
              recovered_ == 0 ? "" : fmt::format(" ({} by an earlier run)", recovered_).c_str());
  for (const moved_sink& each : sinks_) {
    std::printf("sink %s %s\n", each.name.c_str(),
                each.cursor ? "goes on where it was" : "has never run, and begins as it is set up");
  }
  if (repeated_ > 0) {
    std::printf(
        "%s that were delivered are delivered once more: their frames lie behind others that were "
        "not\n",
        counted(repeated_, "point").c_str());
  }
  std::printf("what was moved is set aside in %s; remove it once all is well\n",
              set_aside_as_.c_str());
  std::printf(
      "not moved: what remote_write sinks know of samples they sent (a repetition may be "
      "refused by the server, and is counted), refused batches, letters and pushed groups, "
      "which stay in %s\n",
      directories_.state.c_str());
}

}  // namespace

int move_to_kafka(const move_job& job) {
  auto directories = lock_directories(job.configured);
  if (!directories) {
    return complain_of_log(directories.error().message, 1);
  }
  auto log = stored_log::open(job.configured.log.directory);
  if (!log) {
    return complain_of_log(log.error().message, 1);
  }
  auto topic = prepare_topic(job.configured);
  if (!topic) {
    return complain_of_log(topic.error().message, 1);
  }
  move_run run(job, std::move(directories).value(), std::move(log).value(),
               std::move(topic).value());
  for (const auto step : {&move_run::read_cursors, &move_run::begin, &move_run::copy,
                          &move_run::keep_cursors, &move_run::set_aside}) {
    if (auto done = (run.*step)(); !done) {
      return complain_of_log(done.error().message, 1);
    }
  }
  run.report();
  return 0;
}

}  // namespace weir
