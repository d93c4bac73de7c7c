// SPDX-License-Identifier: Apache-2.0
//
// The part of http::connection that decodes bodies: which coding a body has where its head names
// none, how it goes through body_feed, and how a failure is answered. Pure. Loop: the connection's.
#include "http/connection_state.hpp"

namespace weir::http {
namespace {

body_failure damaged_by(content_coding coding) noexcept {
  switch (coding) {
    case content_coding::gzip:
      return body_failure::damaged_gzip;
    case content_coding::deflate:
      return body_failure::damaged_deflate;
    case content_coding::zstd:
      break;
  }
  return body_failure::damaged_zstd;
}

}  // namespace

void connection::state::begin_inflating() {
  if (!fit_lease(inflater_pool::inflater_bytes * body.layers.count)) {
    refuse_body(body_failure::overloaded, false);
    return;
  }
  feed.begin_decoding(requests.inflaters(), body.layers.all(),
                      {.bytes_max = limits.body_bytes_max, .ratio_max = limits.inflate_ratio_max});
}

void connection::state::decode(std::string_view piece) {
  if (body.encoding == coding::doubtful) {
    if (!body.show(piece)) {
      return;
    }
    look_at_coding();
  }
  if (!answered) {
    inflate(piece);
  }
}

// The body's first bytes are here, or all of it: they show its coding, which Content-Encoding did
// not name.
void connection::state::look_at_coding() {
  body.encoding = coding_shown(body.shown);
  if (body.encoding == coding::unknown) {
    refuse_body(body_failure::unknown_encoding, false);
    return;
  }
  current->encoding_ignored();
  if (body.encoding == coding::coded) {
    body.layers = {.of = {content_coding::gzip}, .count = 1};
    begin_inflating();
  }
  const std::string shown = std::move(body.shown);
  inflate(shown);
}

void connection::state::inflate(std::string_view piece) {
  if (!piece.empty() && !answered) {
    judge(feed.pass(piece, *current, *work, answered));
  }
}

// Passes on the part of a body that waits for work. Its end may have arrived already.
void connection::state::go_on() {
  if (!answered) {
    judge(feed.go_on(*current, *work, answered));
  }
  if (!answered && !feed.behind() && !body.expected()) {
    end_body();
  }
}

void connection::state::judge(feed_status status) {
  if (answered) {
    return;
  }
  switch (status) {
    case feed_status::more:
      return;
    case feed_status::damaged:
      refuse_body(damaged_by(feed.failed_coding()), false);
      return;
    case feed_status::too_long:
      refuse_body(body_failure::too_large, true);
      return;
    case feed_status::too_dense:
      refuse_body(body_failure::too_dense, true);
      return;
    case feed_status::too_wide:
      refuse_body(body_failure::too_wide, false);
      return;
  }
}

}  // namespace weir::http
