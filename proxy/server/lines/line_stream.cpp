// SPDX-License-Identifier: Apache-2.0
#include "server/lines/line_stream.hpp"

#include <algorithm>
#include <utility>

#include "base/text/ascii.hpp"
#include "letters/letter.hpp"
#include "observe/journal.hpp"
#include "server/lines/stream_service.hpp"

namespace weir {
namespace {

// Bytes that are held of one connection beside the longest line: what a commit takes, and what
// comes while the disk is at it.
constexpr std::size_t held_bytes_max = std::size_t{512} << 10;
// Where less than this can be leased, nothing is read: reading by the byte is no use.
constexpr std::size_t room_least = std::size_t{4} << 10;
constexpr std::size_t kept_buffer_bytes = std::size_t{4} << 10;
// Where memory was short, the log gets so much at first, and with each success twice as much. What
// such a piece becomes is small enough for the part of the memory that is kept for small requests.
constexpr std::size_t piece_bytes_least = std::size_t{16} << 10;
// A string with a line feed in it may arrive in pieces. After so long without its closing quote it
// is taken for a mistake that must not keep the lines behind it back.
constexpr std::int64_t open_quote_ns_max = 5'000'000'000;

/// The part of a line that has no line feed, as far as it may be one: not blank, and no comment.
std::string_view part_of_line(std::string_view text) {
  constexpr std::string_view blank{" \t\r\0", 4};
  const std::size_t first = text.find_first_not_of(blank);
  if (first == std::string_view::npos || text[first] == '#') {
    return {};
  }
  return text.substr(first);
}

}  // namespace

line_stream::line_stream(stream_home& home, stream_peer peer)
    : home_(home),
      peer_(std::move(peer)),
      lease_(home.services().writes.memory, peer_.share),
      transport_lease_(home.services().writes.memory, peer_.share) {
  static_cast<void>(transport_lease_.grow_to(peer_.transport_bytes));
}

line_stream::~line_stream() {
  const std::size_t lost = held_.size() - (committing_ ? committed_ : 0);
  drop_job();
  home_.forget(*this);
  if (lost > 0) {
    home_.services().counts.lost_bytes.add_shared(lost);
    journal_limited("tcp lost " + home_.name(), journal_level::error,
                    home_.name() + ": " + std::to_string(lost) + " bytes of " + peer_.address +
                        " are lost: weir ended before it could keep them");
  }
}

std::size_t line_stream::room(std::size_t most) {
  const std::size_t held_max = home_.line_bytes_max() + held_bytes_max;
  if (ended_ || home_.rests() || held_.size() >= held_max) {
    return 0;
  }
  std::size_t room = std::min(most, held_max - held_.size());
  // Were the part for small requests taken, too, nothing of what is held could go on its way.
  while (!lease_.grow_to(held_.size() + room, /*reserve=*/false)) {
    room /= 2;
    if (room < room_least) {
      return 0;
    }
  }
  return room;
}

void line_stream::receive(std::string_view bytes) {
  home_.add_received(bytes.size());
  if (held_.empty()) {
    unfinished_since_ = home_.now().steady;
  }
  held_.append(bytes);
  skip_to_line_feed();
  lease_.shrink_to(held_.size());
  feed();
}

void line_stream::skip_to_line_feed() {
  if (!skipping_) {
    return;
  }
  const std::size_t feed = held_.find('\n');
  skipping_ = feed == std::string::npos;
  forget(skipping_ ? held_.size() : feed + 1);
}

void line_stream::forget(std::size_t bytes) {
  held_.erase(0, bytes);
  if (held_.empty() && held_.capacity() > kept_buffer_bytes) {
    std::string{}.swap(held_);
  }
  lease_.shrink_to(held_.size());
}

void line_stream::end() {
  ended_ = true;
  // Room was asked for, and instead of bytes the end came.
  lease_.shrink_to(held_.size());
  home_.add_received(1);  // something is to be done
}

bool line_stream::begin_job() {
  std::string refusal;
  job_ = home_.path().begin(home_.target(), home_.now().wall.ns, refusal,
                            [this](write_end end, const write_verdict& verdict,
                                   const std::string& detail) { finished(end, verdict, detail); },
                            {.source = home_.source(),
                             .describe =
                                 [this](letter_header& header) {
                                   header.listener = "tcp";
                                   header.dialect = "tcp";
                                   header.address = peer_.address;
                                 },
                             .share = peer_.share,
                             .held_bytes = lease_.bytes(),
                             .line_bytes_max = home_.line_bytes_max()});
  fed_ = unfinished_ = 0;
  if (job_ == nullptr) {
    home_.rest(refusal);
  }
  return job_ != nullptr;
}

void line_stream::drop_job() {
  if (job_ != nullptr) {
    home_.path().release(*std::exchange(job_, nullptr));
  }
  fed_ = 0;
}

void line_stream::feed() {
  const std::size_t looked_at = job_ == nullptr ? unfinished_ : fed_;
  if (committing_ || home_.rests() || looked_at == held_.size() || has_piece()) {
    return;
  }
  if (job_ != nullptr) {
    job_->receive_at(home_.now().wall.ns);
  } else if (!begin_job()) {
    return;
  }
  const std::size_t end = end_of_piece(fed_);
  job_->body(std::string_view(held_).substr(fed_, end - fed_));
  fed_ = end;
}

bool line_stream::has_piece() const noexcept {
  return piece_bytes_ < all_bytes && committable() > 0;
}

std::size_t line_stream::end_of_piece(std::size_t begin) const noexcept {
  if (held_.size() - begin <= piece_bytes_) {
    return held_.size();
  }
  const std::size_t last = held_.rfind('\n', begin + piece_bytes_ - 1);
  if (last != std::string::npos && last >= begin) {
    return last + 1;
  }
  const std::size_t next = held_.find('\n', begin + piece_bytes_);
  return next == std::string::npos ? held_.size() : next + 1;
}

std::size_t line_stream::committable() const noexcept {
  return job_ == nullptr ? 0 : fed_ - std::min(fed_, job_->unfinished().bytes);
}

void line_stream::commit() {
  if (committing_ || held_.empty()) {
    return;
  }
  const bool is_last = ended_ && end_of_piece(0) == held_.size();
  if (!is_last) {
    feed();
  }
  if (home_.rests()) {
    return;
  }
  if (is_last || (ended_ && committable() == 0)) {
    commit_rest();
    return;
  }
  if (committable() == 0) {
    commit_quoted_feeds();
    return;
  }
  committed_ = committable();
  committing_ = true;
  const write_job::unfinished_line rest = job_->complete_lines();
  skips_after_commit_ = rest.skip;
  unfinished_after_commit_ = rest.bytes;
}

// The connection is over: the last line has no line feed, perhaps.
void line_stream::commit_rest() {
  const std::size_t whole = held_.rfind('\n') + 1;  // 0 where there is none
  const std::string_view part = part_of_line(std::string_view(held_).substr(whole));
  drop_job();
  if (whole == 0 && part.empty()) {
    forget(held_.size());
    return;
  }
  if (!begin_job()) {
    return;
  }
  job_->body(std::string_view(held_).substr(0, whole));
  fed_ = committed_ = held_.size();
  committing_ = true;
  skips_after_commit_ = false;
  unfinished_after_commit_ = 0;
  if (part.empty()) {
    job_->complete();
  } else {
    job_->complete_cut_off(part);
  }
}

// Line feeds lie in what the reader takes for one unfinished line: a quote is open.
void line_stream::commit_quoted_feeds() {
  const std::size_t whole = std::string_view(held_).substr(0, end_of_piece(0)).rfind('\n') + 1;
  if (whole == 0 || home_.now().steady - unfinished_since_ < open_quote_ns_max) {
    return;
  }
  drop_job();
  if (!begin_job()) {
    return;
  }
  job_->body(std::string_view(held_).substr(0, whole));
  fed_ = committed_ = whole;
  committing_ = true;
  skips_after_commit_ = false;
  unfinished_after_commit_ = 0;
  job_->complete();
}

void line_stream::finished(write_end end, const write_verdict& verdict, const std::string& detail) {
  const bool keeps_some = verdict.accepted > 0;
  drop_job();  // and with it the verdict
  committing_ = false;
  std::atomic<bool>& log_failed = home_.services().log_failed;
  switch (end) {
    case write_end::answered:
      if (keeps_some) {
        log_failed.store(false, std::memory_order_relaxed);
      }
      home_.rested();
      piece_bytes_ = piece_bytes_ < held_bytes_max ? 2 * piece_bytes_ : all_bytes;
      taken();
      break;
    case write_end::too_large:
      if (piece_bytes_ > piece_bytes_least) {
        piece_bytes_ = piece_bytes_least;
        home_.rest("limits.memory has too little for all lines at once");
        break;
      }
      skips_after_commit_ = held_[committed_ - 1] != '\n';  // the rest of a line that is given up
      home_.services().counts.lost_bytes.add_shared(committed_);
      journal_limited("tcp too large " + home_.name(), journal_level::error,
                      home_.name() + ": lines are dropped: they need more than limits.memory has");
      taken();
      break;
    case write_end::log_failed:
      log_failed.store(true, std::memory_order_relaxed);
      home_.rest(detail);
      break;
    case write_end::overloaded:
      piece_bytes_ = piece_bytes_least;
      home_.rest(detail);
      break;
    case write_end::log_full:
      home_.rest(detail);
      break;
  }
}

void line_stream::taken() {
  forget(committed_);
  unfinished_ = unfinished_after_commit_;
  unfinished_since_ = home_.now().steady;
  skipping_ = skips_after_commit_;
  skip_to_line_feed();
}

}  // namespace weir
