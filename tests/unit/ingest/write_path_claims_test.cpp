// SPDX-License-Identifier: Apache-2.0
//
// Writes whose types of fields other weirs have to agree to: what waits for that, what does not,
// and what becomes of lines that were judged by a type that another weir gave otherwise.
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "accounts/database_registry.hpp"
#include "api/verdict.hpp"
#include "config/settings.hpp"
#include "ingest/write_path.hpp"
#include "log/open_log.hpp"
#include "unit/fleet/played_fleet.hpp"
#include "unit/lines_in_log.hpp"
#include "unit/terms_of.hpp"

namespace weir {
namespace {

constexpr std::int64_t now = 1'700'000'000'000'000'000;

struct answered {
  write_end end = write_end::answered;
  write_verdict verdict;
  std::string detail = "untouched";

  [[nodiscard]] bool untouched() const { return detail == "untouched"; }
};

class claimed_write_path_test : public ::testing::Test {
 protected:
  void SetUp() override {
    settings_.database["*"].types = types_mode::reject;
    log_ = make_memory_log({.frames = frames_, .when_full = full_policy::reject});
    path_.emplace(write_services{.terms = terms_,
                                 .log = *log_,
                                 .databases = databases_,
                                 .memory = requests_,
                                 .remembered = &own_.remembered,
                                 .claims = &own_.claims});
    path_->attach([this] { ++woken_; });
    own_.claims.on_unsent([this] { own_.send(topic_); });
  }
  void TearDown() override {
    path_->detach();
    path_.reset();
    EXPECT_EQ(requests_.used(), 0U);
  }
  write_job* complete(const std::string& body, answered& to) {
    std::string refusal;
    write_job* job =
        path_->begin({"db", "", 1}, now, refusal,
                     [&to](write_end end, const write_verdict& verdict, const std::string& detail) {
                       to = {end, verdict, detail};
                     });
    job->body(body);
    job->complete();
    return job;
  }
  /// As a client sends it, in a turn of its own.
  answered write(const std::string& body) {
    answered out;
    write_job* job = complete(body, out);
    path_->end_of_turn();
    path_->release(*job);
    return out;
  }
  void read_all() {
    while (own_.read_one(topic_)) {
    }
  }
  std::string lines() { return lines_in(*log_, {"db", ""}); }
  /// Another weir's claim.
  void other_claims(const std::string& field, field_type type) {
    played_intake other(2);
    ASSERT_NE(other.use({"db", "m", field}, type), 0U);
    other.send(topic_);
  }

  settings settings_;
  published<write_terms> terms_{terms_of(settings_)};
  database_registry databases_{3};
  memory_budget requests_{std::size_t{64} << 20};
  memory_budget frames_{std::size_t{64} << 20};
  played_topic topic_;
  played_intake own_{1};
  std::unique_ptr<frame_log> log_;
  std::optional<write_path> path_;
  int woken_ = 0;
};

TEST_F(claimed_write_path_test, a_request_waits_for_its_new_types_and_others_go_on) {
  answered first;
  answered other;
  write_job* one = complete("m f=1 1\n", first);
  path_->end_of_turn();
  EXPECT_TRUE(first.untouched());
  EXPECT_TRUE(path_->has_waiting());
  EXPECT_FALSE(path_->has_work());
  EXPECT_EQ(topic_.records.size(), 1U);
  // What rests on the same claim waits as well, what has nothing new does not.
  answered same;
  write_job* two = complete("m f=2 2\nm g=1 2\n", same);
  write_job* three = complete("bad\n", other);
  path_->end_of_turn();
  EXPECT_TRUE(same.untouched());
  EXPECT_EQ(other.verdict.rejected, 1U);
  EXPECT_EQ(lines(), "");
  EXPECT_TRUE(own_.read_one(topic_));
  EXPECT_EQ(woken_, 1);
  ASSERT_TRUE(path_->has_work());
  path_->end_of_turn();
  EXPECT_EQ(first.end, write_end::answered);
  EXPECT_EQ(first.verdict.accepted, 1U);
  EXPECT_TRUE(same.untouched());  // for the other field
  EXPECT_FALSE(path_->has_work());
  EXPECT_EQ(lines(), "m f=1 1\n");
  read_all();
  path_->end_of_turn();
  EXPECT_EQ(same.verdict.accepted, 2U);
  EXPECT_FALSE(path_->has_waiting());
  for (write_job* job : {one, two, three}) {
    path_->release(*job);
  }
  // Nothing waits where all is known, be it a known series or a new one.
  EXPECT_EQ(write("m f=3 3\nm,t=a f=3 3\n").verdict.accepted, 2U);
  EXPECT_EQ(topic_.records.size(), 2U);
}

TEST_F(claimed_write_path_test, who_was_second_is_told_to_send_again_and_then_judged_by_the_first) {
  answered first;
  write_job* job = complete("m f=1i 1\nm ok=1 1\n", first);
  other_claims("f", field_type::float64);
  path_->end_of_turn();  // sends its own, behind the other's
  read_all();
  path_->end_of_turn();
  EXPECT_EQ(first.end, write_end::log_full);
  EXPECT_EQ(first.detail,
            "field \"f\" of measurement \"m\" was given the type float by another weir at the same "
            "moment");
  EXPECT_EQ(lines(), "");
  path_->release(*job);
  const answered again = write("m f=1i 1\nm ok=1 1\n");
  EXPECT_EQ(again.end, write_end::answered);
  EXPECT_EQ(again.verdict.accepted, 1U);
  ASSERT_EQ(again.verdict.storage.size(), 1U);
  EXPECT_EQ(again.verdict.storage[0].code, name_of(gate_code::field_type_conflict));
  EXPECT_EQ(lines(), "m ok=1 1\n");
}

TEST_F(claimed_write_path_test, a_line_that_a_claim_refuses_waits_for_that_claim) {
  answered claims;
  answered refused;
  write_job* one = complete("m f=1i 1\n", claims);
  write_job* two = complete("m f=2.5 2\n", refused);
  other_claims("f", field_type::float64);
  path_->end_of_turn();
  EXPECT_TRUE(refused.untouched());
  read_all();
  path_->end_of_turn();
  // It was right, and the claim was not.
  EXPECT_EQ(refused.end, write_end::log_full);
  EXPECT_EQ(claims.end, write_end::log_full);
  path_->release(*one);
  path_->release(*two);
  EXPECT_EQ(write("m f=2.5 2\n").verdict.accepted, 1U);
  EXPECT_EQ(lines(), "m f=2.5 2\n");
  // Of a claim that holds, the refusal holds, too.
  write_job* three = complete("m g=1i 1\n", claims = {});
  write_job* four = complete("m g=2.5 2\n", refused = {});
  path_->end_of_turn();
  read_all();
  path_->end_of_turn();
  EXPECT_EQ(claims.verdict.accepted, 1U);
  EXPECT_EQ(refused.end, write_end::answered);
  ASSERT_EQ(refused.verdict.storage.size(), 1U);
  EXPECT_EQ(refused.verdict.storage[0].points, 1U);
  path_->release(*three);
  path_->release(*four);
}

TEST_F(claimed_write_path_test, what_cannot_be_told_to_others_is_not_kept) {
  answered out;
  write_job* job = complete("m f=1 1\n", out);
  path_->end_of_turn();
  own_.state.fail(1, 1, "topic weir-shared cannot be written: timed out");
  ASSERT_TRUE(path_->has_work());
  path_->end_of_turn();
  EXPECT_EQ(out.end, write_end::log_failed);
  EXPECT_EQ(out.detail, "topic weir-shared cannot be written: timed out");
  path_->release(*job);
  EXPECT_EQ(lines(), "");
  // The next one tries again.
  write_job* next = complete("m f=1 1\n", out = {});
  path_->end_of_turn();
  EXPECT_TRUE(out.untouched());
  read_all();
  path_->end_of_turn();
  EXPECT_EQ(out.verdict.accepted, 1U);
  path_->release(*next);
}

TEST_F(claimed_write_path_test, of_a_client_that_leaves_meanwhile_nothing_is_written) {
  answered out;
  write_job* job = complete("m f=1 1\n", out);
  path_->end_of_turn();
  path_->release(*job);
  EXPECT_FALSE(path_->has_waiting());
  read_all();
  path_->end_of_turn();
  EXPECT_TRUE(out.untouched());
  EXPECT_EQ(lines(), "");
  EXPECT_EQ(requests_.used(), 0U);
  EXPECT_EQ(write("m f=2 2\n").verdict.accepted, 1U);  // its type is known
}

TEST_F(claimed_write_path_test, a_known_series_is_looked_at_again_once_its_type_was_forgotten) {
  answered out;
  write_job* job = complete("m f=1 1\n", out);
  path_->end_of_turn();
  read_all();
  path_->end_of_turn();
  path_->release(*job);
  EXPECT_EQ(write("m f=2 2\nm f=3 3\nm f=4 4\n").verdict.accepted, 3U);
  topic_.append(topic_.records[0].key, std::nullopt);  // `weir types forget`
  read_all();
  write_job* next = complete("m f=5 5\n", out = {});
  path_->end_of_turn();
  EXPECT_TRUE(out.untouched());
  EXPECT_EQ(topic_.records.size(), 3U);
  read_all();
  path_->end_of_turn();
  EXPECT_EQ(out.verdict.accepted, 1U);
  path_->release(*next);
}

TEST_F(claimed_write_path_test, many_new_fields_of_one_body_are_sent_before_its_end) {
  std::string body;
  for (int i = 0; i < 3000; ++i) {
    body += "m f" + std::to_string(i) + "=1 1\n";
  }
  answered out;
  std::string refusal;
  write_job* job =
      path_->begin({"db", "", 1}, now, refusal,
                   [&](write_end end, const write_verdict& verdict, const std::string& detail) {
                     out = {end, verdict, detail};
                   });
  job->body(body);
  EXPECT_GE(topic_.records.size(), type_claims::unsent_usual);
  EXPECT_LT(own_.claims.unsent(), 2 * type_claims::unsent_usual);
  job->complete();
  path_->end_of_turn();
  EXPECT_EQ(topic_.records.size(), 3000U);
  read_all();
  path_->end_of_turn();
  EXPECT_EQ(out.verdict.accepted, 3000U);
  path_->release(*job);
}

}  // namespace
}  // namespace weir
