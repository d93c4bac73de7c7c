// SPDX-License-Identifier: Apache-2.0
#include "ingest/frames/frame_cutter.hpp"

#include <utility>

#include "base/assert.hpp"
#include "log/ended_series.hpp"

namespace weir {
namespace {

/// Kept for the next turns.
constexpr std::size_t places_max = 64;
constexpr std::size_t idle_builders_max = 256;
constexpr std::size_t idle_bytes_max = std::size_t{16} << 20;

}  // namespace

frame_cutter::place& frame_cutter::place_of(const api::write_target& target) {
  key_.assign(target.database);
  key_.push_back('\0');  // in no database name
  key_.append(target.retention_policy);
  const auto known = places_.find(key_);
  if (known != places_.end()) {
    return known->second;
  }
  place& made = places_[key_];
  made.database = target.database;
  made.retention_policy = target.retention_policy;
  made.open.resize(shards_);
  return made;
}

frame_builder& frame_cutter::builder_of(place& of, std::uint32_t shard) {
  std::unique_ptr<frame_builder>& builder = of.open[shard];
  if (builder == nullptr) {
    builder = take_builder();
    open_.push_back({&of, shard});
  }
  return *builder;
}

std::unique_ptr<frame_builder> frame_cutter::take_builder() {
  if (idle_.empty()) {
    return std::make_unique<frame_builder>();
  }
  std::unique_ptr<frame_builder> builder = std::move(idle_.back());
  idle_.pop_back();
  idle_bytes_ -= builder->held_bytes();
  return builder;
}

void frame_cutter::give_back(std::unique_ptr<frame_builder> builder) {
  const std::size_t bytes = builder->held_bytes();
  if (idle_.size() < idle_builders_max && idle_bytes_ + bytes <= idle_bytes_max) {
    idle_bytes_ += bytes;
    idle_.push_back(std::move(builder));
  }
}

void frame_cutter::add(const api::write_target& target, const staged_lines& staged,
                       std::size_t runs, std::int64_t now_ns, frames& to) {
  if (runs == 0) {
    return;
  }
  place& of = place_of(target);
  if (shards_ == 1) {
    add_runs(of, staged, runs, now_ns, to);
  } else {
    add_spread(of, staged, runs, now_ns, to);
  }
}

void frame_cutter::add_runs(place& to, const staged_lines& staged, std::size_t runs,
                            std::int64_t now_ns, frames& filled) {
  frame_builder& builder = builder_of(to, 0);
  for (std::size_t i = 0; i < runs; ++i) {
    const staged_run& run = staged.runs()[i];
    const std::string_view lines = staged.lines(run);
    if (!builder.empty() && builder.inflated_bytes() + lines.size() > frame_inflated_bytes_max) {
      filled.push_back(seal({&to, 0}, now_ns));
    }
    builder.append(lines, run.points, run.time_least, run.time_greatest);
  }
}

void frame_cutter::add_spread(place& to, const staged_lines& staged, std::size_t runs,
                              std::int64_t now_ns, frames& filled) {
  const std::size_t end = staged.runs()[runs - 1].end;
  std::size_t begin = 0;
  for (const spread_line& line : staged.spread()) {
    if (line.end > end) {
      break;
    }
    const std::string_view text = staged.text().substr(begin, line.end - begin);
    begin = line.end;
    frame_builder& builder = builder_of(to, line.shard);
    if (!builder.empty() && builder.inflated_bytes() + text.size() > frame_inflated_bytes_max) {
      filled.push_back(seal({&to, line.shard}, now_ns));
    }
    builder.append(text, 1, line.time, line.time);
  }
  WEIR_ASSERT(begin == end);
}

std::shared_ptr<frame> frame_cutter::seal(const open_frame& full, std::int64_t now_ns) {
  return full.of->open[full.shard]->seal({.received_ns = now_ns,
                                          .database = full.of->database,
                                          .retention_policy = full.of->retention_policy,
                                          .shard = full.shard},
                                         compression_, compressor_);
}

void frame_cutter::seal(std::int64_t now_ns, frames& to) {
  for (const open_frame& each : open_) {
    to.push_back(seal(each, now_ns));
    give_back(std::move(each.of->open[each.shard]));
  }
  open_.clear();
  if (places_.size() > places_max) {
    places_.clear();
  }
}

void frame_cutter::add_ended(const api::write_target& target, std::string_view lines,
                             std::int64_t now_ns, frames& to) {
  append_ended_series({target.database, target.retention_policy, now_ns}, lines, shards_,
                      compressor_, to);
}

}  // namespace weir
