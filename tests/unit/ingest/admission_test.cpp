// SPDX-License-Identifier: Apache-2.0
//
// Points that come in no line protocol: samples in the way of a Prometheus exposition, which enter
// at admission, are staged, refused and counted as those of lines are, and reach the log by a turn.
#include "ingest/admission.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "accounts/database_registry.hpp"
#include "base/clock_posix.hpp"
#include "config/settings.hpp"
#include "gate/series/gate_memory.hpp"
#include "ingest/unreadable_line.hpp"
#include "ingest/write_turn.hpp"
#include "log/open_log.hpp"
#include "unit/terms_of.hpp"

namespace weir {
namespace {

constexpr std::int64_t now = 1'700'000'000'000'000'000;
constexpr std::int64_t second = 1'000'000'000;

/// `up{job="api"} 1`, as a point: measurement `up`, tag `job`, field `value`.
class sample {
 public:
  sample(std::string text, std::string name,
         std::vector<std::pair<std::string, std::string>> labels, std::string value,
         std::optional<std::int64_t> time)
      : text_(std::move(text)),
        name_(std::move(name)),
        labels_(std::move(labels)),
        value_(std::move(value)) {
    for (const auto& [key, label_value] : labels_) {
      tags_.push_back({key, label_value});
    }
    field_.key = "value";
    field_.text = value_;
    field_.type = field_type::float64;
    field_.float_value = std::stod(value_);
    point_.text = point_.series_and_fields = text_;
    point_.measurement = name_;
    point_.tags = tags_;
    point_.fields = {&field_, 1};
    point_.time = time;
    point_.line = 3;
    point_.tags_sorted = point_.canonical = point_.fields_canonical = false;
  }
  sample(const sample&) = delete;
  sample& operator=(const sample&) = delete;

  [[nodiscard]] const point_view& point() const { return point_; }

 private:
  std::string text_;
  std::string name_;
  std::vector<std::pair<std::string, std::string>> labels_;
  std::string value_;
  std::vector<tag_view> tags_;
  field_view field_;
  point_view point_;
};

/// A line that no reader of an exposition understands.
class unreadable_sample final : public unreadable_line {
 public:
  explicit unreadable_sample(std::string text) : text_(std::move(text)) {}
  [[nodiscard]] parse_code code() const noexcept override { return parse_code::missing_fields; }
  [[nodiscard]] std::string_view text() const noexcept override { return text_; }
  [[nodiscard]] std::uint64_t line() const noexcept override { return 7; }
  [[nodiscard]] std::uint64_t column() const noexcept override { return 4; }
  [[nodiscard]] std::string reason() const override { return "a sample has no value"; }
  [[nodiscard]] rejected_line in_plain_answer() const override {
    return {.message = "cannot read '" + text_ + "'", .line = 7, .column = 4};
  }
  [[nodiscard]] rejected_line in_verbose_answer(std::size_t) const override {
    return {.message = reason(), .line = 7, .column = 4, .text = text_};
  }
  [[nodiscard]] finding_example as_example() const override {
    return make_example(text_, line_place{3, 1}, reason());
  }
  [[nodiscard]] line_hint hint() const override { return {}; }

 private:
  std::string text_;
};

class admission_test : public ::testing::Test {
 protected:
  admission_test() { policy_ = settings_.database.at("*"); }

  void begin(admission& points) {
    points.begin({"db", "", 1, /*precision_stated=*/true}, {.policy = &policy_}, now);
  }

  settings settings_;
  published<write_terms> terms_{terms_of(settings_)};
  database_settings policy_;
};

TEST_F(admission_test, points_without_a_body_are_staged_as_canonical_lines) {
  admission points({});
  begin(points);
  const sample first("up{job=\"api\",az=\"x\"} 1 1700000000000", "up",
                     {{"job", "api"}, {"az", "x"}}, "1", now - second);
  const sample second_sample("load .5", "load", {}, ".5", std::nullopt);
  EXPECT_TRUE(points.take(first.point()));
  EXPECT_TRUE(points.take(second_sample.point()));
  points.end_body();
  EXPECT_EQ(points.staged().text(),
            "up,az=x,job=api value=1 1699999999000000000\nload value=0.5 1700000000000000000\n");
  points.commit();
  EXPECT_EQ(points.verdict().lines, 2U);
  EXPECT_EQ(points.verdict().accepted, 2U);
  EXPECT_TRUE(points.verdict().flawless());
  EXPECT_EQ(points.account().received, 2U);
  EXPECT_EQ(points.account().accepted, 2U);
}

TEST_F(admission_test, the_text_of_a_point_is_never_taken_for_its_time) {
  admission points({});
  begin(points);
  // Twenty bytes with digits where a line ends in the time of a point.
  const sample one("x1234567890{a=\"b\"} 9", "x1234567890", {{"a", "b"}}, "9", now);
  ASSERT_EQ(one.point().text.size(), 20U);
  EXPECT_TRUE(points.take(one.point()));
  EXPECT_EQ(points.staged().text(), "x1234567890,a=b value=9 1700000000000000000\n");
}

TEST_F(admission_test, refused_points_and_lines_are_counted_and_reported) {
  policy_.retention = std::chrono::hours(1);
  admission points({});
  begin(points);
  const sample old("up 1 1", "up", {}, "1", 1);
  const sample good("up 1", "up", {}, "1", now);
  EXPECT_FALSE(points.take(old.point()));
  EXPECT_TRUE(points.take(good.point()));
  points.reject(unreadable_sample("up{"));
  points.drop(gate_code::gauge_dropped, 8, "up{} none");
  points.end_body();
  points.commit();

  const line_account& lines = points.account();
  EXPECT_EQ(lines.received, 4U);
  EXPECT_EQ(lines.received, lines.accepted + lines.rejected() + lines.dropped());
  EXPECT_EQ(lines.rejected_by_gate[static_cast<std::size_t>(gate_code::beyond_retention)], 1U);
  EXPECT_EQ(lines.dropped_by_gate[static_cast<std::size_t>(gate_code::gauge_dropped)], 1U);
  EXPECT_EQ(points.verdict().beyond_retention, 1U);
  EXPECT_EQ(points.verdict().rejected, 1U);
  ASSERT_EQ(points.verdict().refusals.size(), 1U);
  EXPECT_EQ(points.verdict().refusals[0].message, "cannot read 'up{'");
  ASSERT_EQ(points.digest().samples().size(), 2U);
}

TEST_F(admission_test, points_pass_the_checks_of_types_as_those_of_lines_do) {
  gate_memory memory({.series_bytes = 1 << 20, .types_bytes = 1 << 20});
  admission points({.remembered = &memory});
  begin(points);
  sample number("up 1", "up", {}, "1", now);
  EXPECT_TRUE(points.take(number.point()));
  points.end_body();
  points.commit();
  points.reset(0);

  begin(points);
  point_view other = number.point();
  field_view flag = other.fields[0];
  flag.type = field_type::boolean;
  flag.text = "true";
  flag.bool_value = true;
  other.fields = {&flag, 1};
  other.time = now + 1;
  EXPECT_FALSE(points.take(other));
  EXPECT_EQ(
      points.account().rejected_by_gate[static_cast<std::size_t>(gate_code::field_type_conflict)],
      1U);
}

TEST_F(admission_test, what_was_reset_left_no_trace) {
  admission points({});
  begin(points);
  const sample one("up 1", "up", {}, "1", now);
  EXPECT_TRUE(points.take(one.point()));
  points.reject(unreadable_sample("up{"));
  points.reset(0);
  begin(points);
  points.commit();
  EXPECT_TRUE(points.staged().empty());
  EXPECT_EQ(points.account().received, 0U);
  EXPECT_EQ(points.verdict().accepted, 0U);
  EXPECT_TRUE(points.verdict().flawless());
}

TEST_F(admission_test, a_turn_puts_points_that_came_in_no_body_into_the_log) {
  memory_budget frames(std::size_t{64} << 20);
  memory_budget requests(std::size_t{64} << 20);
  database_registry databases(3);
  const auto log = make_memory_log({frames, full_policy::reject, wall_clock_ns});
  const std::size_t subscriber =
      log->subscribe({.name = "test", .required = true, .wake = [] {}}, log_position(1));
  const write_services services{
      .terms = terms_, .log = *log, .databases = databases, .memory = requests};
  write_turn turn(services);
  write_request request(services, [] {});
  write_verdict concluded;
  request.begin({"db", "", 1, /*precision_stated=*/true}, now, *databases.find_or_add("db"),
                {.policy = &policy_},
                [&concluded](write_end end, const write_verdict& verdict, const std::string&) {
                  EXPECT_EQ(end, write_end::answered);
                  concluded = verdict;
                },
                {});
  const sample one("up{job=\"api\"} 1", "up", {{"job", "api"}}, "1", std::nullopt);
  EXPECT_TRUE(request.points().take(one.point()));
  request.points().end_body();
  EXPECT_TRUE(request.fits_memory(/*reader_bytes=*/0));
  request.complete();
  turn.add(request);
  EXPECT_TRUE(turn.has_work());
  turn.end();
  EXPECT_EQ(concluded.accepted, 1U);
  EXPECT_TRUE(turn.take_out(request));
  request.reset();
  EXPECT_EQ(requests.used(), 0U);

  const read_result read = log->reader()->next(log->first(), {"db", ""});
  ASSERT_EQ(read.status, read_status::frame);
  std::string lines;
  EXPECT_TRUE(inflate_frame(*read.found, lines));
  EXPECT_EQ(lines, "up,job=api value=1 1700000000000000000\n");
  EXPECT_EQ(databases.find("db")->lines().accepted, 1U);
  log->unsubscribe(subscriber);
}

}  // namespace
}  // namespace weir
