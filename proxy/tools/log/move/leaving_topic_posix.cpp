// SPDX-License-Identifier: Apache-2.0
#include "tools/log/move/leaving_topic_posix.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <limits>
#include <set>
#include <utility>

#include "base/clock_posix.hpp"
#include "log/kafka/kafka_offset.hpp"
#include "sinks/kafka/parked_topic_posix.hpp"
#include "sinks/kafka/state_records.hpp"

namespace weir {

// ---- where sinks stand

result<std::unique_ptr<leaving_topic>> leaving_topic::open(const settings& configured,
                                                           prepared_topic topic) {
  auto log = topic_log::open(configured);
  if (!log) {
    return log.error();
  }
  std::unique_ptr<leaving_topic> out(
      new leaving_topic(configured, std::move(topic), std::move(log).value()));
  if (outcome found = out->find_sinks(); !found) {
    return found.error();
  }
  return out;
}

outcome leaving_topic::find_sinks() {
  for (const sink_settings& each : configured_.sinks) {
    if (each.shard) {
      return failure{
          fmt::format("sink {}: addresses = \"shard\" is not possible with log.type = \"kafka\": "
                      "move with the [[sink]] tables that the weirs of the topic have",
                      each.shard->group)};
    }
    auto group = sink_group::open(topic_, configured_, each.name);
    if (!group) {
      return group.error();
    }
    if (outcome alone = group.value().check_that_nobody_runs(); !alone) {
      return alone;
    }
    sink made{.settings = &each, .group = std::move(group).value(), .in = {}};
    for (std::uint32_t i = 0; i < topic_.found.shards; ++i) {
      if (outcome found = find_in(made, i); !found) {
        return failure{
            fmt::format("sink {}, partition {}: {}", each.name, i, found.error().message)};
      }
    }
    sinks_.push_back(std::move(made));
  }
  return nothing{};
}

outcome leaving_topic::find_in(sink& of, std::uint32_t partition) {
  sink_in_partition made;
  made.kept = keep_partition(topic_, of.settings->name, partition);
  if (outcome read = made.kept->read(); !read) {
    return read;
  }
  std::optional<cursor_state> cursor;
  for (const auto& [name, into] :
       {std::pair{"cursor", static_cast<std::string*>(nullptr)}, std::pair{"sent", &made.sent},
        std::pair{"series", &made.series}}) {
    auto book = made.kept->book(name);
    if (!book) {
      return book.error();
    }
    if (into != nullptr) {
      *into = book.value().value_or(std::string{});
    } else if (book.value()) {
      cursor = cursor_of_book(*book.value());
    }
  }
  const auto committed = of.group.committed(partition);
  if (!committed) {
    return committed.error();
  }
  std::optional<committed_position> group;
  if (committed.value()) {
    group = committed_position{position_of(committed.value()->offset),
                               is_by_weir(committed.value()->metadata)};
  }
  const kafka_offsets there = log_.partitions()[partition].there;
  auto state = take_over(std::move(cursor), group).state;
  if (state) {
    if (begin_anew_behind_end(*state, position_of(there.first), position_of(there.end))) {
      std::fprintf(
          stderr,
          "weir log: sink %s stands beyond the end of partition %u, of a topic that was made "
          "anew: all that is there is moved for it\n",
          of.settings->name.c_str(), partition);
    }
    made.cursor = std::move(*state);
  } else {
    auto begin = begin_of(*of.settings, partition);
    if (!begin) {
      return begin.error();
    }
    made.cursor.low_water = made.cursor.discovered = begin.value();
  }
  made.cursor.log_identity = topic_.found.identity(topic_.name, partition);
  made.parked.place = std::make_unique<parked_topic>(
      made.kept, static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
  auto lanes = find_parked(*made.parked.place, made.cursor, position_of(there.first));
  if (!lanes) {
    return lanes.error();
  }
  made.parked.lanes = std::move(lanes).value();
  of.in.push_back(std::move(made));
  return nothing{};
}

/// Of a sink that was never there.
result<log_position> leaving_topic::begin_of(const sink_settings& of,
                                             std::uint32_t partition) const {
  const kafka_offsets there = log_.partitions()[partition].there;
  const sink_start& from = of.start;
  if (from.at == sink_start::place::oldest) {
    return position_of(there.first);
  }
  if (from.at == sink_start::place::now) {
    return position_of(there.end);
  }
  const std::int64_t since_ns =
      from.at == sink_start::place::time ? from.ns : wall_clock_ns() - from.ns;
  const auto at = log_.offsets_at(since_ns);
  if (!at) {
    return at.error();
  }
  return position_of(at.value()[partition]);
}

// ---- what they need

std::vector<std::int64_t> leaving_topic::first_needed() const {
  std::vector<std::int64_t> out;
  for (const topic_log::partition& each : log_.partitions()) {
    std::int64_t least = sinks_.empty() ? each.there.first : each.there.end;
    for (const sink& one : sinks_) {
      least = std::min(least,
                       offset_of(one.in[static_cast<std::size_t>(each.number)].cursor.low_water));
    }
    out.push_back(std::clamp(least, each.there.first, each.there.end));
  }
  return out;
}

std::uint64_t leaving_topic::records() const {
  const std::vector<std::int64_t> from = first_needed();
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < from.size(); ++i) {
    sum += static_cast<std::uint64_t>(log_.partitions()[i].there.end - from[i]);
  }
  return sum;
}

outcome leaving_topic::show(const frame& one, std::uint32_t partition,
                            const std::function<outcome(const shown_part&)>& visit) const {
  const move_part whole = part_of(one.header);
  std::set<std::uint32_t> cuts;
  for (const sink& each : sinks_) {
    add_cuts(each.in[partition].cursor, whole, cuts);
  }
  std::string lines;
  const std::vector<byte_range> ranges = ranges_between(cuts, one.header.inflated_bytes);
  if (ranges.size() > 1 && !inflate_frame(one, lines)) {
    return failure{fmt::format("partition {}, offset {}: the frame is damaged", partition,
                               offset_of(one.header.position))};
  }
  for (const byte_range& bytes : ranges) {
    move_part part = whole;
    part.bytes = bytes;
    if (ranges.size() > 1) {
      part.points = points_of(std::string_view(lines).substr(bytes.begin, bytes.end - bytes.begin));
    }
    // Without sinks it is needed by one that is yet to come.
    std::size_t needs = sinks_.empty() ? 1 : 0;
    std::vector<bool> needed_by;
    std::vector<std::uint64_t> delivered;
    for (const sink& each : sinks_) {
      const cursor_state& cursor = each.in[partition].cursor;
      const bool needed = sink_wants(*each.settings, part.lane) && is_needed(cursor, part);
      needed_by.push_back(needed);
      delivered.push_back(needed ? delivered_of(cursor, part) : 0);
      needs += needed ? 1 : 0;
    }
    if (needs == 0) {
      continue;
    }
    if (outcome seen = visit({partition, one, part, needed_by, delivered, needs}); !seen) {
      return seen;
    }
  }
  return nothing{};
}

outcome leaving_topic::each_part(const std::function<outcome(const shown_part&)>& visit,
                                 const std::function<void(std::uint64_t)>& looked_at) {
  const std::vector<std::int64_t> from = first_needed();
  for (std::uint32_t i = 0; i < topic_.found.shards; ++i) {
    std::vector<parked_place*> places;
    for (sink& each : sinks_) {
      places.push_back(&each.in[i].parked);
    }
    // What is parked and in the topic, too, comes from there.
    if (outcome shown = each_parked(places, position_of(from[i]),
                                    [&](const frame& one) { return show(one, i, visit); });
        !shown) {
      return shown;
    }
  }
  auto scan = topic_scan::begin(log_, from, log_.end_offsets());
  if (!scan) {
    return scan.error();
  }
  for (;;) {
    const auto next = scan.value().next();
    if (!next) {
      return next.error();
    }
    if (scan.value().faults().later > 0) {
      return failure{
          fmt::format("a later weir wrote frames that this one cannot read: move with "
                      "that one. {}",
                      scan.value().faults().words.back())};
    }
    if (next.value().found == nullptr) {
      break;
    }
    looked_at(scan.value().records());
    if (outcome shown =
            show(*next.value().found, static_cast<std::uint32_t>(next.value().partition), visit);
        !shown) {
      return shown;
    }
  }
  faults_ = scan.value().faults();
  return nothing{};
}

// ---- the end

outcome leaving_topic::check_that_nobody_writes() const {
  const auto now = offsets_of(topic_);
  if (!now) {
    return now.error();
  }
  for (std::size_t i = 0; i < now.value().size(); ++i) {
    if (now.value()[i].end != log_.partitions()[i].there.end) {
      return failure{fmt::format(
          "a weir has written to {} meanwhile: end those with the role `intake`, too, and run this "
          "again. Nothing is moved yet",
          topic_.name)};
    }
  }
  return nothing{};
}

/// The book first: what it says of lanes that are behind must not count beside the offset.
outcome leaving_topic::leave() {
  for (sink& each : sinks_) {
    for (std::uint32_t i = 0; i < topic_.found.shards; ++i) {
      sink_in_partition& in = each.in[i];
      cursor_state done;
      done.log_identity = in.cursor.log_identity;
      done.low_water = done.discovered = position_of(log_.partitions()[i].there.end);
      add_counts(in.cursor, done);
      if (outcome kept = in.kept->replace("cursor", cursor_book(done, 1)); !kept) {
        return kept;
      }
      if (outcome committed = each.group.commit(i, done.low_water); !committed) {
        return committed;
      }
    }
  }
  return nothing{};
}

}  // namespace weir
