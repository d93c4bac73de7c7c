// SPDX-License-Identifier: Apache-2.0
#include "sinks/mapping/name_book.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace weir {
namespace {

name_owner owner_of(std::string first, std::string second, std::string database = "d") {
  return {"default", std::move(database), name_kind::of_series, std::move(first),
          std::move(second)};
}

std::string ask(name_book& book, const name_owner& owner) {
  return book
      .name(owner,
            [&](std::string_view suffix) {
              return written_name(owner.first + "_" + owner.second + std::string(suffix),
                                  name_kind::of_series, name_letters::escaped);
            })
      .text;
}

class memory_store final : public name_store {
 public:
  explicit memory_store(std::string& text) : text_(text) {}
  bool append(std::string_view records) override {
    if (!fails) {
      text_ += records;
    }
    return !fails;
  }
  bool fails = false;

 private:
  std::string& text_;
};

void load_all(std::string_view text, name_book& book) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    name_record record;
    ASSERT_TRUE(read_name_record(text.substr(0, end), record)) << text.substr(0, end);
    EXPECT_TRUE(book.load(record));
    text.remove_prefix(end + 1);
  }
}

TEST(name_book, the_first_has_the_plain_name_and_the_others_a_suffix_of_their_own) {
  name_book book(1 << 20, nullptr);
  EXPECT_EQ(ask(book, owner_of("m", "a.b")), "m_a_b");
  const std::string dashed = ask(book, owner_of("m", "a-b"));
  const std::string split = ask(book, owner_of("m_a", "b"));
  const std::string clean = ask(book, owner_of("m", "a_b"));
  const std::set<std::string> all{"m_a_b", dashed, split, clean};
  EXPECT_EQ(all.size(), 4U);
  for (const std::string& one : {dashed, split, clean}) {
    EXPECT_TRUE(one.starts_with("m_a_b_")) << one;
    EXPECT_EQ(one.size(), std::string_view("m_a_b_12345678").size());
  }
  // Asked again, in another order.
  EXPECT_EQ(ask(book, owner_of("m", "a_b")), clean);
  EXPECT_EQ(ask(book, owner_of("m", "a-b")), dashed);
  EXPECT_EQ(ask(book, owner_of("m", "a.b")), "m_a_b");
  EXPECT_EQ(book.count().of[static_cast<std::size_t>(name_form::suffixed)], 3U);
}

TEST(name_book, databases_and_mappings_and_labels_have_names_of_their_own) {
  name_book book(1 << 20, nullptr);
  EXPECT_EQ(ask(book, owner_of("m", "a.b")), "m_a_b");
  EXPECT_EQ(ask(book, owner_of("m", "a-b", "other")), "m_a_b");
  name_owner flink = owner_of("m", "a-b");
  flink.space = "flink";
  EXPECT_EQ(ask(book, flink), "m_a_b");
  name_owner of_tag = owner_of("m", "a-b");
  of_tag.kind = name_kind::of_label;
  EXPECT_EQ(ask(book, of_tag), "m_a_b");
}

TEST(name_book, a_suffix_that_another_name_has_gives_way) {
  name_book first(1 << 20, nullptr);
  EXPECT_EQ(ask(first, owner_of("m", "a.b")), "m_a_b");
  const std::string suffixed = ask(first, owner_of("m", "a-b"));
  name_book book(1 << 20, nullptr);
  EXPECT_EQ(ask(book, owner_of("m", suffixed.substr(2))), suffixed) << "somebody's real name";
  EXPECT_EQ(ask(book, owner_of("m", "a.b")), "m_a_b");
  const std::string longer = ask(book, owner_of("m", "a-b"));
  EXPECT_NE(longer, suffixed);
  EXPECT_EQ(longer.size(), suffixed.size() + 8);
}

TEST(name_book, a_suffix_of_an_escaped_name_is_within_what_is_escaped) {
  name_book book(1 << 20, nullptr);
  const std::string real = "U__m__x_e9_";
  // A field whose own name looks like the escape of another.
  EXPECT_EQ(ask(book, owner_of("U_", "m__x_e9_")), real);
  const std::string other = ask(book, owner_of("m", "x\xC3\xA9"));
  EXPECT_TRUE(other.starts_with(real + "__")) << other;
}

TEST(name_book, what_was_flushed_is_the_same_after_a_restart_in_any_order) {
  std::string text;
  std::vector<name_owner> owners;
  std::vector<std::string> names;
  {
    name_book book(1 << 20, std::make_unique<memory_store>(text));
    for (const char* field :
         {"a.b", "a-b", "a_b", "a b", "\xE6\xB8\xA9", "\xE5\xBA\xA6", "t\tb\\n\n"}) {
      owners.push_back(owner_of("m", field));
      names.push_back(ask(book, owners.back()));
    }
    EXPECT_TRUE(book.flush());
  }
  name_book book(1 << 20, nullptr);
  load_all(text, book);
  EXPECT_EQ(book.count().bytes, text.size());
  EXPECT_EQ(book.count().of[static_cast<std::size_t>(name_form::escaped)], 2U);
  EXPECT_EQ(book.count().of[static_cast<std::size_t>(name_form::suffixed)], 3U);
  for (std::size_t i = owners.size(); i-- > 0;) {
    EXPECT_EQ(ask(book, owners[i]), names[i]);
  }
}

TEST(name_book, what_the_store_refused_is_tried_again) {
  std::string text;
  auto store = std::make_unique<memory_store>(text);
  memory_store& seen = *store;
  name_book book(1 << 20, std::move(store));
  static_cast<void>(ask(book, owner_of("m", "a")));
  seen.fails = true;
  EXPECT_FALSE(book.flush());
  EXPECT_EQ(book.count().failures, 1U);
  static_cast<void>(ask(book, owner_of("m", "b")));
  seen.fails = false;
  EXPECT_TRUE(book.flush());
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
  EXPECT_TRUE(book.flush());
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2) << "once";
}

TEST(name_book, a_full_book_gives_every_new_name_a_suffix) {
  name_book book(200, nullptr);
  EXPECT_EQ(ask(book, owner_of("m", "a")), "m_a");
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const std::string field = "f" + std::to_string(i);
    const std::string name = ask(book, owner_of("m", field));
    EXPECT_TRUE(seen.insert(name).second) << name;
    EXPECT_EQ(ask(book, owner_of("m", field)), name);
    if (i > 5) {
      EXPECT_TRUE(name.starts_with("m_" + field + "_")) << name;
    }
  }
  EXPECT_LE(book.count().bytes, 200U);
  EXPECT_EQ(ask(book, owner_of("m", "a")), "m_a") << "what is remembered stays";
}

TEST(name_record, a_changed_byte_is_found) {
  std::string text;
  append_name_record(owner_of("m\\", "a\tb"), "m_a_b", text);
  ASSERT_EQ(text.back(), '\n');
  text.pop_back();
  name_record record;
  ASSERT_TRUE(read_name_record(text, record));
  EXPECT_EQ(record.owner.first, "m\\");
  EXPECT_EQ(record.owner.second, "a\tb");
  EXPECT_EQ(record.name, "m_a_b");
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(read_name_record(changed, record)) << changed;
    EXPECT_FALSE(read_name_record(text.substr(0, i), record));
  }
}

TEST(name_book, a_closed_one_gives_no_names_and_counts_who_asks) {
  std::string kept;
  name_book book(1 << 20, std::make_unique<memory_store>(kept));
  EXPECT_EQ(ask(book, owner_of("m", "a.b")), "m_a_b");
  EXPECT_TRUE(book.flush());
  const std::string before = kept;
  book.close();
  EXPECT_EQ(ask(book, owner_of("m", "a.b")), "m_a_b");
  EXPECT_EQ(book.count().not_given, 0U);
  EXPECT_NE(ask(book, owner_of("m", "new")), "m_new");
  EXPECT_NE(ask(book, owner_of("m", "new")), "m_new");
  EXPECT_EQ(book.count().not_given, 2U);
  EXPECT_FALSE(book.knows(owner_of("m", "new")));
  EXPECT_TRUE(book.flush());
  EXPECT_EQ(kept, before);
}

TEST(name_book, a_closed_one_without_room_answers_as_it_would_open) {
  name_book open(8, nullptr);
  name_book closed(8, nullptr);
  closed.close();
  EXPECT_EQ(ask(open, owner_of("m", "a")), ask(closed, owner_of("m", "a")));
  EXPECT_EQ(closed.count().not_given, 0U);
}

TEST(name_book, one_beside_another_knows_its_names_and_keeps_its_own) {
  const auto given = std::make_shared<name_book>(std::uint64_t{1} << 20, nullptr);
  const std::string first = ask(*given, owner_of("a", "b_c"));
  const auto beside = name_book::beside(given, std::uint64_t{1} << 20);
  EXPECT_EQ(ask(*beside, owner_of("a", "b_c")), first);
  // It would be written alike, so that it gets a suffix, as it would there.
  const std::string suffixed = ask(*beside, owner_of("a_b", "c"));
  EXPECT_NE(suffixed, first);
  EXPECT_FALSE(given->knows(owner_of("a_b", "c")));
  EXPECT_EQ(ask(*given, owner_of("a_b", "c")), suffixed);
  EXPECT_EQ(ask(*name_book::beside(nullptr, 1 << 20), owner_of("a", "b")), "a_b");
}

}  // namespace
}  // namespace weir
