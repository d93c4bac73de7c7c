// SPDX-License-Identifier: Apache-2.0
//
// What a write tells beside its lines: verbose verdicts, all or nothing, dead letters and counts by
// source. With a real memory log and, for letters, real files.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <optional>

#include "accounts/database_registry.hpp"
#include "accounts/source_registry.hpp"
#include "base/clock_posix.hpp"
#include "config/settings.hpp"
#include "ingest/write_path.hpp"
#include "letters/letter_box.hpp"
#include "letters/letter_segments.hpp"
#include "log/open_log.hpp"
#include "unit/lines_in_log.hpp"
#include "unit/terms_of.hpp"

namespace weir {
namespace {

constexpr std::int64_t now = 1'700'000'000'000'000'000;

struct answered {
  write_end end = write_end::answered;
  write_verdict verdict{};
};

api::write_target to_db(const api::write_options& options) {
  api::write_target target{"db", "", 1};
  target.options = options;
  return target;
}

/// The number that a line of /metrics begins with.
template <class source>
double metric_of(const source& from, const std::string& line_begin) {
  metrics_text text;
  from.collect(text);
  const std::string all = text.text();
  const std::size_t at = all.find("\n" + line_begin + " ");
  return at == std::string::npos ? 0 : std::stod(all.substr(at + line_begin.size() + 2));
}

class write_path_options_test : public ::testing::Test {
 protected:
  void make(std::size_t request_bytes = std::size_t{64} << 20, letter_box* letters = nullptr) {
    path_.reset();
    requests_.emplace(request_bytes);
    log_ = make_memory_log({frames_, full_policy::reject, wall_clock_ns});
    subscriber_ =
        log_->subscribe({.name = "test", .required = true, .wake = [] {}}, log_position(1));
    path_.emplace(write_services{.terms = terms_,
                                 .log = *log_,
                                 .databases = databases_,
                                 .memory = *requests_,
                                 .letters = letters,
                                 .sources = &sources_});
  }
  write_job* begin(const api::write_target& target, answered& to) {
    std::string refusal;
    return path_->begin(target, now, refusal,
                        [&to](write_end end, const write_verdict& verdict, const std::string&) {
                          to = {end, verdict};
                        });
  }
  answered write_to(const api::write_target& target, const std::string& body) {
    answered result;
    write_job* job = begin(target, result);
    job->body(body);
    job->complete();
    path_->end_of_turn();
    path_->release(*job);
    return result;
  }
  answered write(const std::string& body, const std::string& database = "db") {
    return write_to({database, "", 1}, body);
  }
  /// All lines of the database "db" in the log.
  std::string lines() { return lines_in(*log_, {"db", ""}); }
  double metric(const std::string& line_begin) { return metric_of(databases_, line_begin); }

  settings settings_;
  published<write_terms> terms_{terms_of(settings_)};
  database_registry databases_{10};
  source_registry sources_;
  memory_budget frames_{std::size_t{64} << 20};
  std::optional<memory_budget> requests_;
  std::unique_ptr<frame_log> log_;
  std::size_t subscriber_ = 0;
  std::optional<write_path> path_;
};

TEST_F(write_path_options_test, a_verbose_verdict_tells_all_of_each_line) {
  make();
  settings_.database["*"].retention = std::chrono::hours(1);
  const answered result =
      write_to(to_db({.verbose = true}),
               "m f=1\n\n# c\n bad,\nm f=1 1\nm f=" + std::string(2000, '9') + "x 1\n");
  const auto& refusals = result.verdict.refusals;
  ASSERT_EQ(refusals.size(), 3U);
  EXPECT_EQ(refusals[0].message, "missing tag key");
  EXPECT_EQ(refusals[0].line, 4U);
  EXPECT_EQ(refusals[0].column, 5U) << "the comma, not where the line ends";
  EXPECT_EQ(refusals[0].code, "missing_tag_key");
  EXPECT_EQ(refusals[0].text, "bad,");
  EXPECT_FALSE(refusals[0].explanation.empty());
  EXPECT_EQ(refusals[1].line, 5U);
  EXPECT_EQ(refusals[1].code, "beyond_retention");
  EXPECT_EQ(refusals[1].text, "m f=1 1");
  EXPECT_EQ(refusals[2].line, 6U);
  EXPECT_EQ(refusals[2].text.size(), write_verdict::quoted_bytes_max + 3);
  EXPECT_EQ(result.verdict.accepted, 1U);
  EXPECT_EQ(result.verdict.beyond_retention, 1U);
  EXPECT_EQ(result.verdict.rejected, 2U);
}

TEST_F(write_path_options_test, all_or_nothing_keeps_nothing_of_a_request_with_a_bad_line) {
  make();
  const api::write_target wanted = to_db({.accept_partial = false});
  EXPECT_EQ(write_to(wanted, "a f=1 1\nb f=2 2\n").verdict.accepted, 2U);
  const std::string before = lines();
  const answered result = write_to(wanted, "c f=1 1\nbad\nd f=5u 1\n");
  EXPECT_EQ(result.end, write_end::answered);
  EXPECT_TRUE(result.verdict.nothing_kept);
  EXPECT_EQ(result.verdict.accepted, 0U);
  EXPECT_EQ(result.verdict.withheld, 2U);
  EXPECT_EQ(result.verdict.rejected, 1U);
  EXPECT_EQ(lines(), before);
  EXPECT_EQ(metric("weir_lines_received_total{database=\"db\"}"), 5);
  EXPECT_EQ(metric("weir_lines_accepted_total{database=\"db\"}"), 2);
  EXPECT_EQ(metric("weir_lines_rejected_total{database=\"db\",reason=\"all_or_nothing\"}"), 2);
  EXPECT_EQ(metric("weir_lines_rejected_total{database=\"db\",reason=\"missing_fields\"}"), 1);
  EXPECT_EQ(metric("weir_lines_mended_total{database=\"db\",reason=\"unsigned_as_integer\"}"), 0);
  // The next request of the recycled job is its own.
  EXPECT_EQ(write("e f=1 1\n").verdict.accepted, 1U);
}

class write_path_letters_test : public write_path_options_test {
 protected:
  write_path_letters_test() {
    std::string pattern = (std::filesystem::temp_directory_path() / "weir-wpl-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
  }
  ~write_path_letters_test() override {
    path_.reset();
    box_.reset();
    std::filesystem::remove_all(directory_);
  }
  void make_with_letters(letter_box_options options,
                         std::size_t request_bytes = std::size_t{64} << 20) {
    auto store = letter_store::open({.directory = directory_}, posix_file_system());
    ASSERT_TRUE(store.ok());
    options.now_ns = [] { return now; };
    box_ = std::make_unique<letter_box>(std::move(options), std::move(store).value());
    make(request_bytes, box_.get());
  }
  std::vector<letter> letters() {
    box_->flush();
    std::vector<letter> all;
    EXPECT_TRUE(scan_letters(posix_file_system(), directory_, [&](letter& each) {
                  all.push_back(each);
                  return true;
                }).ok());
    return all;
  }
  std::string directory_;
  std::unique_ptr<letter_box> box_;
};

TEST_F(write_path_letters_test, what_is_refused_or_dropped_is_kept_with_its_reason) {
  settings_.database["*"].retention = std::chrono::hours(1);
  settings_.database["quiet"] = settings_.database["*"];
  settings_.database["quiet"].expired = expired_mode::drop;
  make_with_letters({.line_bytes_max = 20});
  write_to({"db", "week", 1'000'000'000}, "m f=1\n bad line\nm f=1 1\n" + std::string(30, 'x'));
  write("m f=2 2\n", "quiet");
  const auto all = letters();
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[0].what.text, "bad line");
  EXPECT_EQ(all[0].what.code, "invalid_field_format");
  EXPECT_EQ(all[0].what.message, "invalid field format");
  EXPECT_EQ(all[0].what.line, 2U);
  EXPECT_GT(all[0].what.column, 1U);
  EXPECT_EQ(all[0].header.database, "db");
  EXPECT_EQ(all[0].header.retention_policy, "week");
  EXPECT_EQ(all[0].header.unit_ns, 1'000'000'000);
  EXPECT_EQ(all[0].header.received_ns, now);
  EXPECT_EQ(all[1].what.code, "beyond_retention");
  EXPECT_EQ(all[1].what.text, "m f=1 1");
  EXPECT_FALSE(all[1].what.dropped);
  EXPECT_TRUE(all[2].what.cut);
  EXPECT_EQ(all[2].what.text.size(), 20U);
  EXPECT_EQ(all[3].header.database, "quiet");
  EXPECT_TRUE(all[3].what.dropped);
}

TEST_F(write_path_letters_test, lines_that_their_sender_keeps_become_no_letters) {
  settings_.database["*"].retention = std::chrono::hours(1);
  settings_.database["*"].expired = expired_mode::drop;
  make_with_letters({.dropped = false});
  write_to(to_db({.letters = false}), "bad\n");
  write("m f=1 1\n");
  EXPECT_TRUE(letters().empty());
}

TEST_F(write_path_letters_test, a_request_that_is_not_kept_leaves_no_letters) {
  make_with_letters({});
  answered result;
  write_job* job = begin({"db", "", 1}, result);
  job->body("bad\nm f=1 1\n");
  path_->release(*job);  // its client is gone
  EXPECT_TRUE(letters().empty());
  EXPECT_EQ(write("also bad\n").verdict.rejected, 1U);
  EXPECT_EQ(letters().size(), 1U);
}

TEST_F(write_path_letters_test, memory_goes_to_lines_before_letters) {
  // Room for the bad lines' letters or for the good lines, not for both.
  make_with_letters({}, std::size_t{1} << 20);
  std::string body;
  for (int i = 0; i < 6'000; ++i) {
    body += "bad" + std::string(60, 'x') + "\n";
  }
  for (int i = 0; i < 6'000; ++i) {
    body += "m,host=a f=" + std::to_string(i) + " 1\n";
  }
  answered result;
  write_job* job = begin({"db", "", 1}, result);
  for (std::size_t at = 0; at < body.size(); at += 10'000) {
    job->body(std::string_view(body).substr(at, 10'000));
  }
  job->complete();
  path_->end_of_turn();
  path_->release(*job);
  EXPECT_EQ(result.end, write_end::answered);
  EXPECT_EQ(result.verdict.accepted, 6'000U);
  EXPECT_EQ(result.verdict.rejected, 6'000U);
  const double kept = static_cast<double>(letters().size());
  const double lost = metric_of(*box_, "weir_letters_lost_total{reason=\"memory\"}");
  EXPECT_GT(lost, 0);
  EXPECT_EQ(kept + lost, 6'000);
}

TEST_F(write_path_letters_test, memory_of_letters_that_were_given_up_is_for_others) {
  constexpr std::size_t limit = std::size_t{1} << 20;
  make_with_letters({}, limit);
  std::string bad;
  for (int i = 0; i < 100; ++i) {
    bad += "bad" + std::string(60, 'x') + "\n";
  }
  answered result;
  write_job* job = begin({"db", "", 1}, result);
  bool gave_back = false;
  for (std::size_t pieces = 0, before = 0; pieces < 200 && !gave_back; ++pieces) {
    job->body(bad);
    gave_back = requests_->used() < before / 2;
    before = requests_->used();
  }
  EXPECT_TRUE(gave_back) << "given up, as they did not fit, and their memory is still leased";
  for (int pieces = 0; pieces < 10; ++pieces) {
    job->body(bad);
  }
  const std::size_t with_letters = requests_->used();
  EXPECT_TRUE(job->give_way());
  EXPECT_LT(requests_->used(), with_letters);
  EXPECT_FALSE(job->give_way()) << "there is nothing left to give";
  path_->release(*job);
  EXPECT_EQ(requests_->used(), 0U);
}

TEST_F(write_path_letters_test, the_sender_is_described_once_a_body_and_counted) {
  make_with_letters({});
  std::string refusal;
  int described = 0;
  source_entry& source = sources_.find_or_add("http", "ann", "telegraf");
  write_job* job = path_->begin(
      {"db", "", 1}, now, refusal, [](write_end, const write_verdict&, const std::string&) {},
      {.source = &source, .describe = [&described](letter_header& header) {
         header.address = "a" + std::to_string(++described);
       }});
  job->body("m f=1 1\nbad\nbad2\nbad3");  // the last is looked at when the body ends
  job->next_body(now + 1);
  job->body("m f=2 2");
  job->next_body(now + 2);
  job->body("bad4\n");
  job->complete();
  path_->end_of_turn();
  path_->release(*job);
  const auto all = letters();
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[2].header.address, "a1");
  EXPECT_EQ(all[3].header.address, "a2");
  EXPECT_EQ(all[3].header.received_ns, now + 2);
  metrics_text text;
  sources_.collect(text);
  const std::string labels = "{agent=\"telegraf\",listener=\"http\",user=\"ann\"} ";
  EXPECT_NE(text.text().find("weir_source_lines_received_total" + labels + "6"), std::string::npos);
  EXPECT_NE(text.text().find("weir_source_lines_accepted_total" + labels + "2"), std::string::npos);
  EXPECT_NE(text.text().find("weir_source_lines_rejected_total" + labels + "4"), std::string::npos);
}

}  // namespace
}  // namespace weir
