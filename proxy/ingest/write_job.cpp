// SPDX-License-Identifier: Apache-2.0
#include "ingest/write_job.hpp"

#include <limits>
#include <utility>

#include "base/assert.hpp"
#include "config/settings.hpp"
#include "ingest/unparsed_line.hpp"
#include "ingest/write_turn.hpp"

namespace weir {
namespace {

// A body is looked at in slices of this size, so that what one of them may cost has a bound: even
// lines of a byte are not more than its half.
constexpr std::size_t slice_bytes = std::size_t{16} << 10;

/// The next slice of a piece, if possible up to the end of a line: a line that spans two slices is
/// read more slowly.
std::string_view slice_of(std::string_view piece) {
  if (piece.size() <= slice_bytes) {
    return piece;
  }
  const std::size_t feed = piece.rfind('\n', slice_bytes - 1);
  return piece.substr(0, feed == std::string_view::npos ? slice_bytes : feed + 1);
}

std::size_t lines_of(const line_counts& counts) noexcept {
  return static_cast<std::size_t>(counts.points + counts.errors);
}

}  // namespace

void write_job::begin(const api::write_target& target, std::int64_t now_ns,
                      database_entry& database, request_terms terms, done finish,
                      write_origin origin) {
  request_.begin(target, now_ns, database, std::move(terms), std::move(finish), std::move(origin));
  reader_.reset(reader_options());
}

parse_options write_job::reader_options() const {
  const std::int64_t unit_ns = request_.points().target().unit_ns;
  const database_settings& policy = request_.points().policy();
  // Where each timestamp has its own unit, the gate multiplies.
  return {.unit_ns = unit_ns == automatic_unit_ns ? 1 : unit_ns,
          .utf8 = policy.utf8 == utf8_mode::pass ? utf8_policy::pass : utf8_policy::reject,
          .tag_count = policy.tag_count == shield_mode::pass ? tag_count_policy::pass
                                                             : tag_count_policy::reject,
          .line_bytes_max = request_.terms().line_bytes_max};
}

void write_job::reset() {
  request_.reset();
  reader_.shrink(write_request::idle_buffer_bytes);
  repair_.shrink(write_request::idle_buffer_bytes);
}

void write_job::body(std::string_view piece) {
  turn_work all(std::numeric_limits<std::size_t>::max());
  static_cast<void>(body(piece, all));
}

std::size_t write_job::body(std::string_view piece, turn_work& work) {
  std::size_t taken = 0;
  while (taken < piece.size() && !request_.overloaded() && !work.done()) {
    const std::string_view slice = slice_of(piece.substr(taken));
    const std::size_t lines_before = lines_of(reader_.counts());
    reader_.feed(slice);
    drain();
    taken += slice.size();
    work.spend(lines_of(reader_.counts()) - lines_before);
    turn_.relieve(request_);
    if (!request_.fits_memory(reader_.held_bytes())) {
      give_up_lines();
    }
  }
  return request_.overloaded() ? piece.size() : taken;
}

void write_job::series_ended(std::string_view line) {
  if (request_.overloaded()) {
    return;
  }
  request_.add_ended(line);
  if (!request_.fits_memory(reader_.held_bytes())) {
    give_up_lines();
  }
}

void write_job::give_up_lines() {
  request_.give_up_lines();
  reader_.reset({});
  reader_.shrink(0);
}

void write_job::end_body() {
  if (request_.overloaded()) {
    return;
  }
  reader_.finish();
  drain();
  note_counts();
}

void write_job::note_counts() {
  admission& points = request_.points();
  points.account().carriage_returns += reader_.counts().carriage_returns;
  points.account().byte_order_marks += reader_.counts().byte_order_marks;
  points.end_body();
}

void write_job::next_body(std::int64_t now_ns) {
  end_body();
  if (!request_.overloaded()) {
    request_.points().next_body(now_ns);
    reader_.reset(reader_options());
  }
}

void write_job::receive_at(std::int64_t now_ns) {
  if (!request_.overloaded()) {
    request_.points().end_body();
    request_.points().next_body(now_ns);
  }
}

void write_job::enter_turn() {
  request_.complete();
  turn_.add(request_);
}

void write_job::complete() {
  WEIR_ASSERT(request_.stage() == write_stage::reading);
  end_body();
  enter_turn();
}

write_job::unfinished_line write_job::complete_lines() {
  WEIR_ASSERT(request_.stage() == write_stage::reading);
  const unfinished_line rest = unfinished();
  if (!request_.overloaded()) {
    note_counts();
  }
  enter_turn();
  return rest;
}

void write_job::complete_cut_off(std::string_view rest) {
  WEIR_ASSERT(request_.stage() == write_stage::reading);
  end_body();
  if (!request_.overloaded()) {
    request_.points().reject_unread(gate_code::unfinished_line, rest);
  }
  enter_turn();
}

void write_job::drain() {
  admission& points = request_.points();
  for (;;) {
    switch (reader_.next()) {
      case line_event::point:
        if (const std::size_t known = points.take_known(reader_.upcoming()); known > 0) {
          reader_.skip(known - 1);
        } else {
          points.take(reader_.point());
        }
        continue;
      case line_event::error:
        if (!repair(reader_.error())) {
          points.reject(unparsed_line(reader_.error(), reader_options().unit_ns));
        }
        continue;
      case line_event::more:
        return;
    }
  }
}

bool write_job::repair(const parse_error& error) {
  admission& points = request_.points();
  switch (repair_.try_repair(error, reader_options(), points.target().unit_ns, points.policy())) {
    case line_repair::outcome::none:
      return false;
    case line_repair::outcome::overflowed_time:
      return points.take_overflowed(repair_.point());
    case line_repair::outcome::gauge_taken_out:
      points.take_repaired(repair_.point(), gate_code::gauge_dropped);
      return true;
    case line_repair::outcome::nothing_left:
      points.drop(gate_code::gauge_dropped, error.line, error.text);
      return true;
  }
  return false;
}

}  // namespace weir
