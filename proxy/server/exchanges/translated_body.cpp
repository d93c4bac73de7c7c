// SPDX-License-Identifier: Apache-2.0
#include "server/exchanges/translated_body.hpp"

#include <array>
#include <functional>
#include <utility>

#include "gate/codes.hpp"
#include "ingest/write_job.hpp"

namespace weir {
namespace {

gate_code code_of(api::left_out why) noexcept {
  switch (why) {
    case api::left_out::stale_marker:
      return gate_code::stale_marker;
    case api::left_out::not_finite:
      return gate_code::not_finite;
    case api::left_out::native_histogram:
      return gate_code::native_histogram;
    case api::left_out::unwritable:
      break;
  }
  return gate_code::unwritable_sample;
}

/// Into a job, as a body of line protocol would go.
class lines_of_job final : public api::translated_lines {
 public:
  lines_of_job(write_job& job, std::function<bool(std::size_t)> has_room)
      : job_(job), has_room_(std::move(has_room)) {}

  void lines(std::string_view text) override { job_.body(text); }
  void series_ended(std::string_view line) override {
    job_.request().points().pass_over(gate_code::stale_marker);
    job_.series_ended(line);
  }
  void leave_out(api::left_out why, std::string_view text) override {
    ++left_out_;
    admission& points = job_.request().points();
    // These belong to every day of a Prometheus, and say nothing that could be sent again.
    if (why == api::left_out::stale_marker || why == api::left_out::not_finite) {
      points.pass_over(code_of(why));
    } else {
      points.drop(code_of(why), left_out_, text);
    }
  }
  bool has_room(std::size_t bytes) override { return has_room_(bytes); }

 private:
  write_job& job_;
  std::function<bool(std::size_t)> has_room_;
  std::uint64_t left_out_ = 0;
};

}  // namespace

translated_body::translated_body(std::unique_ptr<api::body_translation> how, std::size_t bytes_max,
                                 memory_budget& memory, std::shared_ptr<memory_share> share)
    : how_(std::move(how)), bytes_max_(bytes_max), lease_(memory, std::move(share)) {}

bool translated_body::grow_to(std::size_t bytes) {
  if (!lease_.grow_to(bytes)) {
    short_of_memory_ = true;
    alone_ = lease_.alone();
    std::string{}.swap(body_);
  }
  return !short_of_memory_;
}

bool translated_body::add(std::string_view piece) {
  body_.append(piece);
  return grow_to(body_.capacity());
}

std::optional<http::response> translated_body::pass_to(write_job& job) {
  std::size_t beside = 0;
  lines_of_job lines(job, [&](std::size_t bytes) {
    beside += bytes;
    if (!lease_.grow_to(body_.capacity() + beside)) {
      short_of_memory_ = true;
      alone_ = lease_.alone();
    }
    return !short_of_memory_;
  });
  auto failed = how_->translate(body_, bytes_max_, lines);
  std::string{}.swap(body_);
  lease_.release();
  return failed;
}

}  // namespace weir
