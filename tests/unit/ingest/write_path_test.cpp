// SPDX-License-Identifier: Apache-2.0
//
// From a request's body to frames in a real memory log: all there or not there, and the
// answer that the client gets is true of the log.
#include "ingest/write_path.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <random>

#include "accounts/database_registry.hpp"
#include "base/clock_posix.hpp"
#include "config/settings.hpp"
#include "log/open_log.hpp"
#include "unit/lines_in_log.hpp"
#include "unit/terms_of.hpp"

namespace weir {
namespace {

constexpr std::int64_t now = 1'700'000'000'000'000'000;

struct answered {
  write_end end = write_end::answered;
  write_verdict verdict;
  std::string detail;
};

class write_path_test : public ::testing::Test {
 protected:
  void make(std::size_t frame_bytes = std::size_t{64} << 20,
            std::size_t request_bytes = std::size_t{64} << 20) {
    path_.reset();
    log_.reset();
    frames_.emplace(frame_bytes);
    requests_.emplace(request_bytes);
    log_ = make_memory_log({*frames_, full_policy::reject, wall_clock_ns});
    subscriber_ =
        log_->subscribe({.name = "test", .required = true, .wake = [] {}}, log_position(1));
    terms_.publish(terms_of(settings_, rules_));
    path_.emplace(write_services{.terms = terms_,
                                 .log = *log_,
                                 .databases = databases_,
                                 .memory = *requests_,
                                 .line_bytes_max = &log_line_bytes_});
  }

  write_job* begin(const std::string& database, answered& to) {
    std::string refusal;
    return path_->begin(
        {database, "", 1}, now, refusal,
        [&to](write_end end, const write_verdict& verdict, const std::string& detail) {
          to = {end, verdict, detail};
        });
  }

  answered write(const std::string& body, const std::string& database = "db") {
    return write_to({database, "", 1}, body);
  }

  answered write_to(const api::write_target& target, const std::string& body) {
    answered result;
    std::string refusal;
    write_job* job = path_->begin(
        target, now, refusal,
        [&result](write_end end, const write_verdict& verdict, const std::string& detail) {
          result = {end, verdict, detail};
        });
    job->body(body);
    job->complete();
    EXPECT_TRUE(path_->has_work());
    path_->end_of_turn();
    EXPECT_FALSE(path_->has_work());
    path_->release(*job);
    return result;
  }

  /// All lines of a database in the log.
  std::string lines(const std::string& database = "db") { return lines_in(*log_, {database, ""}); }

  double metric(const std::string& line_begin) {
    metrics_text text;
    databases_.collect(text);
    const std::string all = text.text();
    const std::size_t at = all.find("\n" + line_begin + " ");
    return at == std::string::npos ? 0 : std::stod(all.substr(at + line_begin.size() + 2));
  }

  settings settings_;
  published<write_terms> terms_{terms_of(settings_)};
  std::shared_ptr<rule_set> rules_;
  database_registry databases_{3};
  std::optional<memory_budget> frames_;
  std::optional<memory_budget> requests_;
  std::atomic<std::uint64_t> log_line_bytes_{std::uint64_t{1} << 30};
  std::unique_ptr<frame_log> log_;
  std::size_t subscriber_ = 0;
  std::optional<write_path> path_;
};

TEST_F(write_path_test, good_lines_are_in_the_log_when_the_answer_is_given) {
  make();
  const answered result = write("b,z=1,a=2 f=1 1\nc f=2i\n");
  EXPECT_EQ(result.end, write_end::answered);
  EXPECT_EQ(result.verdict.accepted, 2U);
  EXPECT_EQ(result.verdict.rejected, 0U);
  EXPECT_EQ(lines(), "b,a=2,z=1 f=1 1\nc f=2i 1700000000000000000\n");
}

TEST_F(write_path_test, a_bad_line_costs_itself_alone) {
  make();
  const answered result = write("a f=1 1\nbad\nb f=2 2\n");
  EXPECT_EQ(result.verdict.accepted, 2U);
  ASSERT_EQ(result.verdict.refusals.size(), 1U);
  EXPECT_EQ(result.verdict.refusals[0].message, "unable to parse 'bad': missing fields");
  EXPECT_EQ(lines(), "a f=1 1\nb f=2 2\n");
  EXPECT_EQ(metric("weir_lines_received_total{database=\"db\"}"), 3);
  EXPECT_EQ(metric("weir_lines_accepted_total{database=\"db\"}"), 2);
  EXPECT_EQ(metric("weir_lines_rejected_total{database=\"db\",reason=\"missing_fields\"}"), 1);
}

TEST_F(write_path_test, every_split_of_a_body_gives_the_same_log) {
  const std::string body = "a,t=x f=1 1\nbad\n# comment\nb s=\"x\ny\" 2\nlast f=3 3";
  make();
  const answered whole = write(body);
  const std::string expected = lines();
  for (std::size_t split = 0; split <= body.size(); ++split) {
    make();
    answered result;
    write_job* job = begin("db", result);
    std::string first = body.substr(0, split);
    job->body(first);
    first.assign(first.size(), '#');  // the piece is gone once the call returned
    const std::string second = body.substr(split);
    job->body(second);
    job->complete();
    path_->end_of_turn();
    path_->release(*job);
    EXPECT_EQ(lines(), expected) << "split at " << split;
    ASSERT_EQ(result.verdict.refusals.size(), 1U) << "split at " << split;
    EXPECT_EQ(result.verdict.refusals[0].message, whole.verdict.refusals[0].message);
  }
}

TEST_F(write_path_test, a_request_that_was_cut_off_leaves_no_trace) {
  make();
  answered result;
  write_job* job = begin("db", result);
  job->body("a f=1 1\nb f=2 2\nc f=");
  path_->release(*job);
  EXPECT_FALSE(path_->has_work());
  EXPECT_EQ(lines(), "");
  EXPECT_EQ(metric("weir_lines_received_total{database=\"db\"}"), 0);
  EXPECT_EQ(requests_->used(), 0U);
  // Nothing of it shows up in the next request either, which gets the same job again.
  EXPECT_EQ(write("d f=4 4\n").verdict.accepted, 1U);
  EXPECT_EQ(lines(), "d f=4 4\n");
}

TEST_F(write_path_test, a_client_that_left_before_the_turn_ended_is_not_answered) {
  make();
  answered result;
  result.detail = "untouched";
  write_job* job = begin("db", result);
  job->body("a f=1 1\n");
  job->complete();
  path_->release(*job);
  path_->end_of_turn();
  EXPECT_EQ(result.detail, "untouched");
  EXPECT_EQ(lines(), "");
}

TEST_F(write_path_test, requests_of_one_turn_share_a_frame) {
  make();
  answered first;
  answered second;
  answered other;
  write_job* jobs[] = {begin("db", first), begin("db", second), begin("other", other)};
  for (write_job* job : jobs) {
    job->body("a f=1 1\n");
    job->complete();
  }
  path_->end_of_turn();
  EXPECT_EQ(log_->end().number(), 3U);  // two frames: sequences 1 and 2
  EXPECT_EQ(first.verdict.accepted, 1U);
  EXPECT_EQ(second.verdict.accepted, 1U);
  EXPECT_EQ(lines("other"), "a f=1 1\n");
  for (write_job* job : jobs) {
    path_->release(*job);
  }
}

TEST_F(write_path_test, a_full_log_keeps_nothing_and_says_so) {
  make(std::size_t{8} << 10);
  settings_.log.compression = compression_mode::none;
  std::mt19937_64 random(7);
  std::string body;
  while (body.size() < 64 << 10) {
    body += "m f=" + std::to_string(random()) + "i 1\n";
  }
  const answered result = write(body);
  EXPECT_EQ(result.end, write_end::log_full);
  EXPECT_FALSE(result.detail.empty());
  EXPECT_EQ(lines(), "");
  EXPECT_EQ(metric("weir_lines_received_total{database=\"db\"}"), 0);
  // The next, smaller one fits.
  EXPECT_EQ(write("a f=1 1\n").end, write_end::answered);
}

std::string many_lines(int count) {
  std::string body;
  for (int i = 0; i < count; ++i) {
    body += "measurement,tag=value field=1 " + std::to_string(i) + "\n";
  }
  return body;
}

TEST_F(write_path_test, a_request_beyond_the_memory_budget_is_lost_and_gives_all_back) {
  make(std::size_t{64} << 20, std::size_t{256} << 10);
  const std::string body = many_lines(30'000);
  for (const bool others : {true, false}) {
    memory_lease other(*requests_);
    ASSERT_TRUE(other.grow_to(others ? std::size_t{100} << 10 : 0));
    answered result;
    write_job* job = begin("db", result);
    for (std::size_t at = 0; at < body.size(); at += 10'000) {
      job->body(std::string_view(body).substr(at, 10'000));
    }
    EXPECT_EQ(requests_->used(), other.bytes());  // lost already: others may have it
    job->complete();
    path_->end_of_turn();
    path_->release(*job);
    // Alone it would not fit either: to try again is no use.
    EXPECT_EQ(result.end, others ? write_end::overloaded : write_end::too_large);
    EXPECT_EQ(lines(), "");
  }
  EXPECT_EQ(write("a f=1 1\n").end, write_end::answered);
}

TEST_F(write_path_test, a_large_body_needs_the_memory_of_its_frames_alone) {
  settings_.log.compression = compression_mode::gzip;
  make(std::size_t{64} << 20, std::size_t{4} << 20);
  const std::string body = many_lines(300'000);
  ASSERT_GT(body.size(), std::size_t{10} << 20);
  EXPECT_EQ(write(body).verdict.accepted, 300'000U);
  EXPECT_EQ(lines(), body);
  EXPECT_EQ(requests_->used(), 0U);
}

TEST_F(write_path_test, of_a_body_as_much_is_taken_as_the_turn_has_work_for) {
  make();
  const std::string body = many_lines(10'000);
  answered result;
  write_job* job = begin("db", result);
  std::string_view rest = body;
  int turns = 0;
  while (!rest.empty()) {
    turn_work work(100);
    const std::size_t taken = job->body(rest, work);
    ASSERT_GT(taken, 0U);
    EXPECT_LE(taken, std::size_t{16} << 10);
    rest.remove_prefix(taken);
    ++turns;
  }
  EXPECT_GT(turns, 15);
  turn_work none(0);
  EXPECT_EQ(job->body("m f=1 1\n", none), 0U);
  job->complete();
  path_->end_of_turn();
  path_->release(*job);
  EXPECT_EQ(result.verdict.accepted, 10'000U);
  EXPECT_EQ(lines(), body);
}

TEST_F(write_path_test, what_was_sealed_of_a_body_is_not_kept_when_nothing_is) {
  make();
  api::write_target target{"db", "", 1};
  target.options.accept_partial = false;
  const answered result = write_to(target, many_lines(60'000) + "bad\n");
  EXPECT_TRUE(result.verdict.nothing_kept);
  EXPECT_EQ(result.verdict.withheld, 60'000U);
  EXPECT_EQ(lines(), "");
  EXPECT_EQ(requests_->used(), 0U);
  EXPECT_EQ(metric("weir_lines_received_total{database=\"db\"}"), 60'001);
  EXPECT_EQ(metric("weir_lines_accepted_total{database=\"db\"}"), 0);
}

TEST_F(write_path_test, large_bodies_become_frames_within_their_limit) {
  make();
  std::string body;
  for (int i = 0; i < 60'000; ++i) {
    body += "cpu,host=h" + std::to_string(i) + " usage=1 " + std::to_string(i) + "\n";
  }
  EXPECT_EQ(write(body).verdict.accepted, 60'000U);
  std::vector<frame_header> headers;
  static_cast<void>(log_->reader()->headers(log_position(1), 100, headers));
  EXPECT_GT(headers.size(), 2U);
  std::uint64_t points = 0;
  for (const frame_header& header : headers) {
    EXPECT_LE(header.inflated_bytes, frame_inflated_bytes_max);
    points += header.points;
  }
  EXPECT_EQ(points, 60'000U);
  EXPECT_EQ(headers.front().time_least, 0);
  EXPECT_EQ(headers.back().time_greatest, 59'999);
  EXPECT_EQ(lines(), body);
}

TEST_F(write_path_test, retention_is_counted_and_told) {
  settings_.database["db"].retention = std::chrono::hours(1);
  make();
  const answered result = write("old f=1 1\nnew f=2\n");
  EXPECT_EQ(result.verdict.accepted, 1U);
  EXPECT_EQ(result.verdict.beyond_retention, 1U);
  EXPECT_EQ(metric("weir_lines_rejected_total{database=\"db\",reason=\"beyond_retention\"}"), 1);
}

TEST_F(write_path_test, databases_are_bounded) {
  make();
  for (const char* name : {"a", "b", "c"}) {
    EXPECT_EQ(write("m f=1 1\n", name).verdict.accepted, 1U);
  }
  std::string refusal;
  EXPECT_EQ(path_->begin({"d", "", 1}, now, refusal, {}), nullptr);
  EXPECT_NE(refusal.find("limits.databases"), std::string::npos);
  EXPECT_EQ(write("m f=1 1\n", "a").verdict.accepted, 1U);
}

TEST_F(write_path_test, what_the_answer_quotes_is_bounded) {
  make();
  std::string body;
  for (int i = 0; i < 10'000; ++i) {
    body += "bad_line_number_" + std::to_string(i) + "\n";
  }
  body += std::string(500'000, 'x') + "\n";
  const answered result = write(body);
  EXPECT_EQ(result.verdict.rejected, 10'001U);
  EXPECT_LE(result.verdict.refusals.size(), write_verdict::messages_max);
  EXPECT_LE(result.verdict.refusal_bytes, write_verdict::message_bytes_max);
}

constexpr std::int64_t s = 1'000'000'000;

TEST_F(write_path_test, a_mistaken_precision_is_told_with_the_unit_that_fits) {
  make();
  const answered result = write("a f=1 1586844081\nb f=1 1586844081000000000\n");
  EXPECT_EQ(result.verdict.accepted, 1U);
  ASSERT_EQ(result.verdict.refusals.size(), 1U);
  EXPECT_EQ(
      result.verdict.refusals[0].message,
      "unable to parse 'a f=1 1586844081': timestamp 1586844081 lies in 1970 when read as ns; "
      "read as s it would be 2020-04-14T06:01:21Z: send precision=s");
  EXPECT_EQ(metric("weir_lines_rejected_total{database=\"db\",reason=\"precision_mistaken\"}"), 1);
}

TEST_F(write_path_test, a_mistaken_precision_that_overflows_is_one_too) {
  make();
  const std::string ns = "a f=1 1586844081000000000\n";
  const answered refused = write_to({"db", "", s, true}, ns + "b f=1 9000000000000000000\n");
  ASSERT_EQ(refused.verdict.refusals.size(), 2U);
  EXPECT_TRUE(refused.verdict.refusals[0].message.ends_with(": send precision=ns"));
  EXPECT_EQ(refused.verdict.refusals[1].message,
            "unable to parse 'b f=1 9000000000000000000': time outside range "
            "-9223372036854775806 - 9223372036854775806");
  EXPECT_EQ(metric("weir_lines_received_total{database=\"db\"}"), 2);
  EXPECT_EQ(metric("weir_lines_rejected_total{database=\"db\",reason=\"precision_mistaken\"}"), 1);
  EXPECT_EQ(metric("weir_lines_rejected_total{database=\"db\",reason=\"time_outside_range\"}"), 1);

  settings_.database["*"].precision_mistake = precision_mistake_mode::mend;
  const answered mended = write_to({"db", "", s, true}, ns);
  EXPECT_EQ(mended.verdict.accepted, 1U);
  EXPECT_EQ(lines(), ns);
  EXPECT_EQ(metric("weir_lines_mended_total{database=\"db\",reason=\"precision_mended\"}"), 1);
}

TEST_F(write_path_test, the_request_s_precision_wins_then_the_database_s_then_the_listener_s) {
  settings_.database["a"].unit_ns = s;
  settings_.database["b"].unit_ns = automatic_unit_ns;
  make();
  const std::string expected = "m f=1 1586844081000000000\n";
  // What the listener says is the target's unit already, unstated.
  EXPECT_EQ(write_to({"db", "", s}, "m f=1 1586844081").verdict.accepted, 1U);
  EXPECT_EQ(write_to({"a", "", 1}, "m f=1 1586844081").verdict.accepted, 1U);
  EXPECT_EQ(write_to({"a", "", 1'000'000, true}, "m f=1 1586844081000").verdict.accepted, 1U);
  EXPECT_EQ(write_to({"b", "", 1}, "m f=1 1586844081\nm f=1 26447401").verdict.accepted, 2U);
  EXPECT_EQ(lines("db"), expected);
  EXPECT_EQ(lines("a"), expected + expected);
  EXPECT_EQ(lines("b"), expected + "m f=1 1586844060000000000\n");
}

TEST_F(write_path_test, rules_drop_and_change_and_are_counted) {
  auto compiled =
      rule_set::compile({{.name = "no-debug", .action = rule_action::drop, .measurement = "debug"},
                         {.name = "dc", .action = rule_action::add_tag, .key = "dc", .to = "x"}});
  ASSERT_TRUE(compiled.ok());
  rules_ = std::move(compiled).value();
  make();
  const answered result = write("debug f=1 1\nm f=1 1\nbad\n");
  EXPECT_EQ(result.verdict.accepted, 1U);
  EXPECT_EQ(result.verdict.rejected, 1U);
  EXPECT_EQ(lines(), "m,dc=x f=1 1\n");
  EXPECT_EQ(metric("weir_lines_received_total{database=\"db\"}"), 3);
  EXPECT_EQ(metric("weir_lines_dropped_total{database=\"db\",reason=\"dropped_by_rule\"}"), 1);
  EXPECT_EQ(metric("weir_lines_mended_total{database=\"db\",reason=\"changed_by_rule\"}"), 1);
  EXPECT_EQ(rules_->hits(0), 1U);
  EXPECT_EQ(rules_->hits(1), 1U);
}

TEST_F(write_path_test, a_line_that_the_log_would_not_take_is_rejected) {
  make();
  const std::string body = "a f=1 1\na_line_of_more_than_16_bytes f=1 3\n";
  EXPECT_EQ(write(body).verdict.accepted, 2U);
  log_line_bytes_ = 16;
  const answered fewer = write(body);
  EXPECT_EQ(fewer.verdict.accepted, 1U);
  EXPECT_EQ(fewer.verdict.rejected, 1U);
  log_line_bytes_ = 64;  // the topic's setting was raised
  EXPECT_EQ(write(body).verdict.accepted, 2U);
}

TEST_F(write_path_test, other_terms_are_those_of_the_next_request) {
  const std::string name = "no-a";
  rules_ = rule_set::compile({{.name = name, .measurement = "a"}}).value();
  make();
  EXPECT_EQ(write("a f=1 1\nb f=1 1\n").verdict.accepted, 1U);

  answered first;
  write_job* job = begin("db", first);
  job->body("a f=1 2\n");
  // A reload: line limits, rules and policies are others.
  settings next = settings_;
  next.limits.line = 16;
  next.database["*"].retention = std::chrono::hours(1);
  auto other =
      rule_set::compile({{.name = "no-b", .measurement = "b"}, {.name = name, .measurement = "c"}},
                        rules_.get())
          .value();
  std::weak_ptr<const write_terms> before = terms_.current();
  terms_.publish(std::make_shared<const write_terms>(
      write_terms{.configured = std::make_shared<const settings>(next), .rules = other}));
  job->body("a f=1 3\nb f=1 3\na_line_of_more_than_16_bytes f=1 3\n");
  answered second;
  write_job* after = begin("db", second);
  after->body("a f=1\nb f=1\na_line_of_more_than_16_bytes f=1\na f=1 1\n");
  job->complete();
  after->complete();
  path_->end_of_turn();
  EXPECT_EQ(first.verdict.accepted, 2U) << "the request began under the rules before";
  EXPECT_EQ(second.verdict.accepted, 1U);
  EXPECT_EQ(second.verdict.rejected, 1U) << "too long";
  EXPECT_EQ(second.verdict.beyond_retention, 1U);
  path_->release(*job);
  path_->release(*after);
  path_->end_of_turn();
  EXPECT_TRUE(before.expired()) << "no request has them any more";
  EXPECT_EQ(other->hits(0), 1U);
  EXPECT_EQ(other->hits(1), 3U) << "the rule of the same name goes on with its count";
}

TEST_F(write_path_test, series_that_ended_are_told_behind_the_lines_of_their_request) {
  make();
  const auto end = [&](const std::string& body, const std::string& ended, bool accept_partial) {
    answered result;
    std::string refusal;
    api::write_target target{"db", "", 1};
    target.options.accept_partial = accept_partial;
    write_job* job = path_->begin(
        target, now, refusal,
        [&result](write_end how, const write_verdict& verdict, const std::string& detail) {
          result = {how, verdict, detail};
        });
    job->body(body);
    for (int i = 0; i < 3; ++i) {
      job->series_ended(ended);
    }
    job->complete();
    path_->end_of_turn();
    path_->release(*job);
    return result.end;
  };
  std::string long_line = "m,t=" + std::string(400'000, 'x') + " value=0 7\n";
  EXPECT_EQ(end("m v=1 1\n", long_line, true), write_end::answered);
  EXPECT_EQ(end("", "m,t=a value=0 8\n", true), write_end::answered) << "without a line";
  EXPECT_EQ(end("bad\nm v=2 2\n", "m,t=b value=0 9\n", false), write_end::answered);
  std::vector<frame_kind> kinds;
  std::string told;
  const auto reader = log_->reader();
  for (log_position at = log_->first();;) {
    const read_result read = reader->next(at, {"db", ""});
    if (read.status != read_status::frame) {
      break;
    }
    kinds.push_back(read.found->header.kind);
    if (kinds.back() == frame_kind::events) {
      EXPECT_EQ(read.found->header.database, "db");
      EXPECT_EQ(read.found->header.points, 0U);
      EXPECT_TRUE(inflate_frame(*read.found, told));
    }
    at = read.next;
  }
  using enum frame_kind;
  EXPECT_EQ(kinds, (std::vector{lines, events, events, events, events}));
  const std::string three = "m,t=a value=0 8\n";
  EXPECT_EQ(told, long_line + long_line + long_line + three + three + three);
}

TEST_F(write_path_test, series_that_ended_take_memory_of_the_request) {
  make(std::size_t{64} << 20, std::size_t{1} << 20);
  answered result;
  write_job* job = begin("db", result);
  const std::string line = "m,t=" + std::string(100'000, 'x') + " value=0 7\n";
  for (int i = 0; i < 40; ++i) {
    job->series_ended(line);
  }
  job->complete();
  path_->end_of_turn();
  EXPECT_NE(result.end, write_end::answered);
  path_->release(*job);
}

}  // namespace
}  // namespace weir
