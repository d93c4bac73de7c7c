// SPDX-License-Identifier: Apache-2.0
//
// Writes whose outcome the log tells later: what waits for it, and what does not.
#include <gtest/gtest.h>

#include <optional>

#include "accounts/database_registry.hpp"
#include "config/settings.hpp"
#include "ingest/write_path.hpp"
#include "log/frame_log.hpp"
#include "unit/terms_of.hpp"

namespace weir {
namespace {

constexpr std::int64_t now = 1'700'000'000'000'000'000;

struct answered {
  write_end end = write_end::answered;
  write_verdict verdict;
  std::string detail;
};

/// Answers `pending` and settles a ticket when the test says so.
class slow_log final : public frame_log {
 public:
  append_result append(std::span<const std::shared_ptr<frame>> frames) override {
    for (const auto& each : frames) {
      points += each->header.points;
    }
    tickets.push_back(std::make_shared<append_ticket>());
    return {append_status::pending, {}, tickets.back()};
  }
  std::size_t watch(std::function<void()> wake) override {
    wake_ = std::move(wake);
    return 7;
  }
  void unwatch(std::size_t watcher) override {
    EXPECT_EQ(watcher, 7U);
    wake_ = nullptr;
  }
  void settle(std::size_t number, append_status status, const std::string& detail = {}) {
    tickets.at(number)->settle(status, detail);
    if (wake_) {
      wake_();
    }
  }
  [[nodiscard]] bool watched() const { return wake_ != nullptr; }

  log_capabilities capabilities() const override { return {}; }
  log_position first() const override { return log_position(1); }
  log_position end() const override { return log_position(1); }
  std::size_t subscribe(subscription, log_position) override { return 0; }
  void release(std::size_t, log_position) override {}
  void unsubscribe(std::size_t) override {}
  std::unique_ptr<log_reader> reader() override { return nullptr; }
  void collect(metric_collector&) const override {}
  outcome close() override { return nothing{}; }

  std::vector<std::shared_ptr<append_ticket>> tickets;
  std::uint64_t points = 0;

 private:
  std::function<void()> wake_;
};

/// Jobs that wait for a log that answers `pending`.
class waiting_write_path_test : public ::testing::Test {
 protected:
  void SetUp() override {
    requests_.emplace(std::size_t{64} << 20);
    path_.emplace(write_services{
        .terms = terms_, .log = slow_, .databases = databases_, .memory = *requests_});
    path_->attach([this] { ++woken_; });
  }
  void TearDown() override {
    path_->detach();
    EXPECT_FALSE(slow_.watched());
    path_.reset();
    EXPECT_EQ(requests_->used(), 0U);
  }
  write_job* complete(const std::string& body, answered& to) {
    to.detail = "untouched";
    write_job* job = begin("db", to);
    job->body(body);
    job->complete();
    return job;
  }

  write_job* begin(const std::string& database, answered& to) {
    std::string refusal;
    return path_->begin(
        {database, "", 1}, now, refusal,
        [&to](write_end end, const write_verdict& verdict, const std::string& detail) {
          to = {end, verdict, detail};
        });
  }
  double metric(const std::string& line_begin) {
    metrics_text text;
    databases_.collect(text);
    const std::string all = text.text();
    const std::size_t at = all.find("\n" + line_begin + " ");
    return at == std::string::npos ? 0 : std::stod(all.substr(at + line_begin.size() + 2));
  }

  settings settings_;
  published<write_terms> terms_{terms_of(settings_)};
  database_registry databases_{3};
  std::optional<memory_budget> requests_;
  std::optional<write_path> path_;
  slow_log slow_;
  int woken_ = 0;
};

TEST_F(waiting_write_path_test, a_job_is_told_when_its_ticket_is_settled_and_not_before) {
  answered first;
  answered second;
  write_job* one = complete("a f=1 1\nbad\n", first);
  path_->end_of_turn();
  write_job* other = complete("b f=1 1\n", second);
  path_->end_of_turn();
  EXPECT_FALSE(path_->has_work());
  EXPECT_EQ(first.detail, "untouched");
  EXPECT_EQ(metric("weir_lines_accepted_total{database=\"db\"}"), 0);

  slow_.settle(0, append_status::taken);
  EXPECT_EQ(woken_, 1);
  ASSERT_TRUE(path_->has_work());
  path_->end_of_turn();
  EXPECT_FALSE(path_->has_work());
  EXPECT_EQ(first.end, write_end::answered);
  EXPECT_EQ(first.verdict.accepted, 1U);
  EXPECT_EQ(first.verdict.rejected, 1U);
  EXPECT_EQ(second.detail, "untouched");
  EXPECT_EQ(metric("weir_lines_received_total{database=\"db\"}"), 2);

  slow_.settle(1, append_status::failed, "Input/output error");
  path_->end_of_turn();
  EXPECT_EQ(second.end, write_end::log_failed);
  EXPECT_EQ(second.detail, "Input/output error");
  EXPECT_EQ(metric("weir_lines_received_total{database=\"db\"}"), 2);  // no trace of it
  path_->release(*one);
  path_->release(*other);
}

TEST_F(waiting_write_path_test, what_is_settled_first_is_answered_first) {
  answered given[3];
  write_job* jobs[3] = {};
  for (int i = 0; i < 3; ++i) {
    jobs[i] = complete("a f=1 1\n", given[i]);
    path_->end_of_turn();
  }
  slow_.settle(1, append_status::taken);
  ASSERT_TRUE(path_->has_work());
  path_->end_of_turn();
  EXPECT_EQ(given[0].detail, "untouched");
  EXPECT_EQ(given[1].verdict.accepted, 1U);
  EXPECT_EQ(given[2].detail, "untouched");
  EXPECT_FALSE(path_->has_work());
  slow_.settle(2, append_status::failed, "no leader");
  slow_.settle(0, append_status::taken);
  path_->end_of_turn();
  EXPECT_EQ(given[0].verdict.accepted, 1U);
  EXPECT_EQ(given[2].detail, "no leader");
  for (write_job* each : jobs) {
    path_->release(*each);
  }
}

TEST_F(waiting_write_path_test, what_has_nothing_for_the_log_does_not_wait) {
  answered good;
  answered bad;
  write_job* one = complete("a f=1 1\n", good);
  write_job* other = complete("bad\n", bad);
  path_->end_of_turn();
  EXPECT_EQ(good.detail, "untouched");
  EXPECT_EQ(bad.detail, "");
  EXPECT_EQ(bad.verdict.rejected, 1U);
  slow_.settle(0, append_status::taken);
  path_->end_of_turn();
  EXPECT_EQ(good.verdict.accepted, 1U);
  path_->release(*one);
  path_->release(*other);
}

TEST_F(waiting_write_path_test, a_client_that_leaves_meanwhile_is_counted_as_the_log_decides) {
  answered kept;
  answered lost;
  path_->release(*[&] {
    write_job* job = complete("a f=1 1\n", kept);
    path_->end_of_turn();
    return job;
  }());
  path_->release(*[&] {
    write_job* job = complete("b f=1 1\n", lost);
    path_->end_of_turn();
    return job;
  }());
  EXPECT_GT(requests_->used(), 0U);
  slow_.settle(0, append_status::taken);
  slow_.settle(1, append_status::failed, "no");
  path_->end_of_turn();
  EXPECT_EQ(kept.detail, "untouched");
  EXPECT_EQ(lost.detail, "untouched");
  EXPECT_EQ(metric("weir_lines_accepted_total{database=\"db\"}"), 1);
  EXPECT_EQ(requests_->used(), 0U);
}

TEST_F(waiting_write_path_test, who_does_not_wait_for_the_disk_is_answered_at_once) {
  path_->detach();
  counter lost;
  path_.emplace(write_services{.terms = terms_,
                               .log = slow_,
                               .databases = databases_,
                               .memory = *requests_,
                               .lost_unsynced = &lost});
  path_->attach([this] { ++woken_; });
  const auto write = [this](answered& to, std::string_view body) {
    to.detail = "untouched";
    std::string refusal;
    api::write_target target{"db", "", 1};
    target.options.no_sync = true;
    // As an exchange does, it gives the job back with its answer.
    const auto held = std::make_shared<write_job*>(nullptr);
    *held = path_->begin(
        target, now, refusal,
        [this, &to, held](write_end end, const write_verdict& verdict, const std::string& detail) {
          to = {end, verdict, detail};
          path_->release(**held);
        });
    (*held)->body(body);
    (*held)->complete();
    path_->end_of_turn();
  };
  answered kept;
  answered gone;
  write(kept, "a f=1 1\nbad\n");
  write(gone, "b f=1 1\nb f=1 2\n");
  EXPECT_EQ(kept.end, write_end::answered);
  EXPECT_EQ(kept.detail, "");
  EXPECT_EQ(kept.verdict.accepted, 1U);
  EXPECT_EQ(kept.verdict.rejected, 1U);
  EXPECT_EQ(gone.verdict.accepted, 2U);
  // What is counted as accepted is in the log.
  EXPECT_EQ(metric("weir_lines_accepted_total{database=\"db\"}"), 0);
  EXPECT_GT(requests_->used(), 0U) << "it holds its lines until the log has them";
  slow_.settle(0, append_status::taken);
  slow_.settle(1, append_status::failed, "Input/output error");
  path_->end_of_turn();
  EXPECT_EQ(metric("weir_lines_accepted_total{database=\"db\"}"), 1);
  EXPECT_EQ(metric("weir_lines_received_total{database=\"db\"}"), 2);
  EXPECT_EQ(lost.value(), 2U);
  EXPECT_EQ(requests_->used(), 0U);
}

}  // namespace
}  // namespace weir
