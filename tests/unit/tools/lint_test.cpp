// SPDX-License-Identifier: Apache-2.0
//
// `weir lint` without its files: JSON, canonical lines, diagnostics, the summary, and that memory
// and results do not depend on how the input is split.
#include "tools/lint/lint.hpp"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <vector>

namespace weir {
namespace {

using namespace std::string_view_literals;

struct lint_run {
  std::string data;
  std::string told;
  lint_totals totals;
  std::size_t largest_write = 0;
};

lint_options options_of(const lint_arguments& given) {
  auto options = check_lint(given);
  EXPECT_TRUE(options.ok());
  return options.value();
}

lint_run run(std::string_view body, const lint_options& options, std::size_t piece_bytes = 65536,
             bool colour = false) {
  lint_run done;
  linter lint(options, "in.lp", colour, [&](lint_stream stream, std::string_view bytes) {
    (stream == lint_stream::data ? done.data : done.told) += bytes;
    done.largest_write = std::max(done.largest_write, bytes.size());
  });
  while (!body.empty()) {
    const std::string piece{body.substr(0, piece_bytes)};  // gone when the call returns
    lint.feed(piece);
    body.remove_prefix(piece.size());
  }
  lint.finish();
  done.totals = lint.totals();
  return done;
}

lint_arguments json_arguments() {
  lint_arguments given;
  given.json = true;
  return given;
}

std::string json_of(std::string_view body, const lint_arguments& given = json_arguments()) {
  return run(body, options_of(given)).data;
}

TEST(LintJson, PrintsAPointAsPromised) {
  EXPECT_EQ(json_of("cpu,host=a usage=1.5,n=9007199254740993i,b=true,s=\"x\" 1586844081000000000"),
            R"({"line":1,"ok":true,"measurement":"cpu","tags":[["host","a"]],)"
            R"("fields":[["usage","float",1.5],["n","integer","9007199254740993"],)"
            R"(["b","boolean",true],["s","string","x"]],"time":"1586844081000000000"})"
            "\n");
}

TEST(LintJson, PrintsARefusedLineAsPromised) {
  const std::string json = json_of("m f=1\n\n# c\nm,t=a  host=b v=1");
  const std::size_t second = json.find('\n') + 1;
  EXPECT_EQ(json.substr(second, json.find("\"explanation\"") - second),
            R"({"line":4,"ok":false,"code":"invalid_boolean","column":13,)"
            R"("message":"invalid boolean",)");
  const std::size_t explanation = json.find(",\"explanation\":\"The first space on a line ends");
  const std::size_t remedy = json.find("\",\"remedy\":\"If `host=b` is a tag");
  EXPECT_NE(explanation, std::string::npos);
  EXPECT_NE(remedy, std::string::npos);
  EXPECT_LT(explanation, remedy);
  EXPECT_TRUE(
      json.ends_with("\"kind\":\"two_spaces\",\"repaired\":[{\"if\":\"`host=b` is a tag\",\"text\":"
                     "\"m,t=a,host=b v=1\"},{\"if\":\"it is a field that holds text\",\"text\":"
                     "\"m,t=a host=\\\"b\\\",v=1\"}]}\n"))
      << json;
}

TEST(LintJson, UnescapesNamesAndStrings) {
  EXPECT_EQ(json_of("m\\ x,t\\,=a\\=b f\\\"=\"q\\\"\\\\n\",g=-0,u=18446744073709551615u"),
            R"({"line":1,"ok":true,"measurement":"m x","tags":[["t,","a=b"]],)"
            R"("fields":[["f\"","string","q\"\\n"],["g","float",-0.0],)"
            R"(["u","unsigned","18446744073709551615"]],"time":null})"
            "\n");
}

TEST(LintJson, FloatsKeepTheirBits) {
  EXPECT_NE(json_of("m f=0.1,g=1e300,h=5e-324,i=100")
                .find(R"([["f","float",0.1],["g","float",1e+300],["h","float",5e-324],)"
                      R"(["i","float",100.0]])"),
            std::string::npos);
}

TEST(LintJson, AppliesThePrecision) {
  lint_arguments given = json_arguments();
  given.precision = "ms";
  EXPECT_NE(json_of("m f=1 1586844081001", given).find("\"time\":\"1586844081001000000\""),
            std::string::npos);
}

// Every line is JSON whatever the bytes; what is not UTF-8 becomes the escape of U+FFFD, while a
// U+FFFD of the input stays three bytes, so that the two can be told apart.
TEST(LintJson, IsJsonWhateverTheBytes) {
  lint_arguments given = json_arguments();
  given.utf8 = "pass";
  EXPECT_NE(json_of("m f=\"a\xFF\xC3\"", given).find(R"(["f","string","a\ufffd\ufffd"])"),
            std::string::npos);
  EXPECT_NE(json_of("m f=\"\xEF\xBF\xBD\"", given).find("\"\xEF\xBF\xBD\""), std::string::npos);
  std::string body;
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    body.append("m f=\"a").append(1, c).append("b\"\nm,t=a").append(1, c).append("b f=1\nm f=x");
    body.append(1, c).append("\n");
  }
  for (const char* const policy : {"reject", "pass"}) {
    given.utf8 = policy;
    given.warnings = 1;
    const std::string json = json_of(body, given);
    simdjson::dom::parser parser;
    std::size_t lines = 0;
    for (std::size_t at = 0; at < json.size(); ++lines) {
      const std::size_t end = json.find('\n', at);
      simdjson::dom::element line;
      ASSERT_EQ(parser.parse(json.substr(at, end - at)).get(line), simdjson::SUCCESS)
          << json.substr(at, end - at);
      at = end + 1;
    }
    EXPECT_GE(lines, 700U);
  }
}

TEST(LintJson, WarningsOnlyWhereAskedFor) {
  constexpr std::string_view body = "m f=1 1586844081\n";
  EXPECT_EQ(json_of(body).find("warnings"), std::string::npos);
  EXPECT_TRUE(run(body, options_of(json_arguments())).totals.clean());
  lint_arguments given = json_arguments();
  given.warnings = 1;
  const lint_run judged = run(body, options_of(given));
  EXPECT_NE(judged.data.find(R"("time":"1586844081","warnings":[{"kind":"timestamp_unit",)"
                             R"("column":7,"explanation":")"),
            std::string::npos);
  EXPECT_FALSE(judged.totals.clean());
  EXPECT_EQ(judged.told, "");
}

TEST(LintCanonical, PrintsGoodLinesAndTellsAboutTheOthers) {
  lint_arguments given;
  given.canonical = true;
  given.precision = "s";
  const lint_run done =
      run("cpu,host=b,dc=a   usage=.5 1586844081\n# c\ncpu, f=1\nm f=007i\n", options_of(given));
  EXPECT_EQ(done.data, "cpu,dc=a,host=b usage=0.5 1586844081000000000\nm f=7i\n");
  EXPECT_NE(done.told.find("in.lp:3:5: error: a space after a comma"), std::string::npos);
}

TEST(LintPeople, ShowsAMistakeInFull) {
  lint_arguments given;
  given.warnings = -1;
  const lint_run done = run("cpu,dc=eu host=b value=2 1586844081\nm f=1\n", options_of(given));
  EXPECT_EQ(done.data, "");
  EXPECT_EQ(done.told,
            "in.lp:1:10: error: a space ends the tags here [space_in_tags]\n"
            "    cpu,dc=eu host=b value=2 1586844081\n"
            "             ^\n"
            "    The first space on a line ends the tags and begins the fields, so `host=b` is "
            "read as a\n"
            "    field, not as a tag.\n"
            "    To fix it: If `host=b` is a tag, write a comma instead of the space. If it is a "
            "field,\n"
            "    separate it from the next field by a comma, not by a space.\n"
            "    If `host=b` is a tag, write:\n"
            "        cpu,dc=eu,host=b value=2 1586844081\n"
            "    If it is a field that holds text, write:\n"
            "        cpu,dc=eu host=\"b\",value=2 1586844081\n"
            "    InfluxDB says: invalid boolean\n"
            "\n"
            "in.lp: 1 good line, 1 refused\n"
            "  error           1  space_in_tags: a space ends the tags here\n");
}

TEST(LintPeople, SaysSoWhenWeirAloneRefuses) {
  const lint_run done = run("m f=\"a\"b", options_of({}));
  EXPECT_NE(done.told.find("InfluxDB 1.x takes this line; weir refuses it."), std::string::npos);
}

TEST(LintPeople, ShowsAKindSoOftenAndCountsAll) {
  std::string body;
  for (int i = 0; i < 8; ++i) {
    body += "m f=NaN\nm f=1 5 # c\n";
  }
  lint_arguments given;
  given.limit = 3;
  const lint_run done = run(body, options_of(given));
  EXPECT_NE(done.told.find("in.lp:5:"), std::string::npos);
  EXPECT_EQ(done.told.find("in.lp:7:"), std::string::npos);
  EXPECT_NE(done.told.find("10 more not shown"), std::string::npos);
  EXPECT_NE(done.told.find("8  not_a_number"), std::string::npos);
  EXPECT_NE(done.told.find("8  comment_after_point"), std::string::npos);
  given.limit = 0;
  EXPECT_NE(run(body, options_of(given)).told.find("in.lp:16:"), std::string::npos);
}

TEST(LintPeople, TheSummaryCountsWarningsApart) {
  const lint_run done = run("m f=1 1586844081\nm,t=\"a\"  f=1\nm f=\n", options_of({}));
  EXPECT_EQ(done.totals.lines.points, 2U);
  EXPECT_EQ(done.totals.suspicious, 2U);
  EXPECT_NE(done.told.find("in.lp: 2 good lines, 1 refused; 2 of the good ones with a warning\n"),
            std::string::npos);
  EXPECT_NE(done.told.find("  warning         1  extra_space: more than one space\n"),
            std::string::npos);
  EXPECT_FALSE(done.totals.clean());
}

TEST(LintPeople, ACleanFileIsOneLine) {
  const lint_run done = run("m f=1\nm f=2 1586844081000000000\n", options_of({}));
  EXPECT_EQ(done.told, "in.lp: 2 good lines, 0 refused\n");
  EXPECT_TRUE(done.totals.clean());
}

TEST(LintPeople, NothingOfTheInputReachesTheTerminalAsAControlSequence) {
  const lint_run done = run("m f=\x1b[2J\x07\xC2\x9B\xE2\x80\xAE\xFF", options_of({}));
  const auto is_control = [](char byte) {
    return (static_cast<unsigned char>(byte) < 0x20 && byte != '\n') || byte == '\x7F';
  };
  EXPECT_TRUE(std::none_of(done.told.begin(), done.told.end(), is_control));
  EXPECT_EQ(done.told.find("\xC2\x9B"), std::string::npos);
  EXPECT_EQ(done.told.find("\xE2\x80\xAE"), std::string::npos);
  EXPECT_NE(done.told.find("\xE2\x90\x9B[2J"), std::string::npos);  // U+241B, the picture of ESC
  EXPECT_NE(done.told.find("<U+202E>\\xFF"), std::string::npos);
}

TEST(LintPeople, ColourOnlyWhereTold) {
  EXPECT_EQ(run("m f=\n", options_of({})).told.find('\x1b'), std::string::npos);
  const std::string coloured = run("m f=\n", options_of({}), 65536, true).told;
  EXPECT_NE(coloured.find("\x1b[1;31merror"), std::string::npos);
  std::string without;
  for (std::size_t at = 0; at < coloured.size(); ++at) {
    if (coloured[at] == '\x1b') {
      at = coloured.find('m', at);
    } else {
      without += coloured[at];
    }
  }
  EXPECT_EQ(without, run("m f=\n", options_of({})).told);
}

TEST(Lint, IsTheSameHoweverTheInputIsSplit) {
  constexpr std::string_view body =
      "m f=1\r\nm,t=a  f=\"x\ny\" 1586844081\n# c\n\nm, t=a f=1\nm f=\"open\nm f=2 2\nm f=3";
  for (const bool json : {false, true}) {
    lint_arguments given;
    given.json = json;
    given.warnings = 1;
    const lint_run whole = run(body, options_of(given));
    for (std::size_t bytes = 1; bytes < body.size(); ++bytes) {
      const lint_run split = run(body, options_of(given), bytes);
      EXPECT_EQ(split.data, whole.data) << bytes;
      EXPECT_EQ(split.told, whole.told) << bytes;
    }
  }
}

TEST(Lint, ACarriageReturnBelongsToItsLine) {
  const auto warned = [](std::string_view body) {
    return run(body, options_of({})).totals.suspicious;
  };
  EXPECT_EQ(warned("m f=1\r\n# c\r\n\r\nm f=2\r\n"), 2U);
  EXPECT_EQ(warned("# c\r\n\r\nm f=1\n"), 0U);
  EXPECT_EQ(warned("m f=\r\nm f=1\n"), 0U);
  EXPECT_EQ(warned("m f=\nm f=1\r"), 1U);
}

TEST(Lint, OutputIsHandedOverInBoundedPieces) {
  std::string body;
  for (int i = 0; i < 20000; ++i) {
    body += "x\n";
  }
  lint_arguments given;
  given.limit = 0;
  const lint_run told = run(body, options_of(given), body.size());
  EXPECT_GT(told.told.size(), 2'000'000U);
  EXPECT_LT(told.largest_write, 70'000U);
  const lint_run json = run(body, options_of(json_arguments()), body.size());
  EXPECT_GT(json.data.size(), 2'000'000U);
  EXPECT_LT(json.largest_write, 70'000U);
}

TEST(LintArguments, WrongOnesAreNamed) {
  const auto message = [](auto&& change) {
    lint_arguments given;
    change(given);
    const auto options = check_lint(given);
    return options.ok() ? std::string{} : options.error().message;
  };
  EXPECT_EQ(message([](lint_arguments& given) { given.precision = "d"; }),
            "--precision d: it must be one of ns, us, ms, s, m, h");
  EXPECT_EQ(message([](lint_arguments& given) { given.utf8 = "x"; }),
            "--utf8 x: it must be one of reject, pass");
  EXPECT_EQ(message([](lint_arguments& given) { given.color = ""; }),
            "--color : it must be one of auto, always, never");
  EXPECT_EQ(message([](lint_arguments& given) { given.json = given.canonical = true; }),
            "--json and --canonical: choose one of them");
}

TEST(LintWarnings, EachWindowsLineEndIsToldOnceAndWhereItIs) {
  lint_arguments given;
  given.json = true;
  given.warnings = 1;
  for (const std::string_view kernel : kernel_names()) {
    lint_options options = options_of(given);
    options.parse.kernel = kernel;
    std::string all;
    std::string one;
    std::string after_blank;
    for (int i = 1; i <= 1000; ++i) {
      const std::string line = "cpu,host=a usage=" + std::to_string(i) + " 1586844081000000000";
      all += line + "\r\n";
      one += line + (i == 501 ? "\r\n" : "\n");
      after_blank += (i % 2 == 0 ? "\r\n" : "# c\r\n") + line + (i % 3 == 0 ? "\r\n" : "\n");
    }
    for (const std::size_t piece_bytes : {std::size_t{65536}, std::size_t{7}}) {
      EXPECT_EQ(run(all, options, piece_bytes).totals.kinds["windows_line_end"].count, 1000U);
      EXPECT_EQ(run(after_blank, options, piece_bytes).totals.kinds["windows_line_end"].count,
                333U);
      const std::string data = run(one, options, piece_bytes).data;
      const std::size_t told = data.find("windows_line_end");
      ASSERT_NE(told, std::string::npos) << kernel;
      EXPECT_EQ(std::count(data.begin(), data.begin() + static_cast<std::ptrdiff_t>(told), '\n'),
                500)
          << kernel;
      EXPECT_EQ(data.find("windows_line_end", told + 1), std::string::npos) << kernel;
    }
  }
}

TEST(LintWarnings, AByteOrderMarkIsToldOfTheFirstLine) {
  lint_arguments given = json_arguments();
  given.warnings = 1;
  const std::string json = json_of("\xEF\xBB\xBFm f=1\nn f=1\n", given);
  EXPECT_NE(json.substr(0, json.find('\n')).find("byte_order_mark"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("measurement":"m")"), std::string::npos) << json;
  EXPECT_EQ(json.find("byte_order_mark", json.find('\n')), std::string::npos) << json;
  EXPECT_EQ(json_of("\xEF\xBB\xBF# c\nn f=1\n", given).find("byte_order_mark"), std::string::npos);
}

TEST(LintArguments, EveryPrecisionIsItsUnit) {
  const std::pair<const char*, std::int64_t> expected[] = {{"ns", 1},
                                                           {"n", 1},
                                                           {"us", 1'000},
                                                           {"u", 1'000},
                                                           {"ms", 1'000'000},
                                                           {"s", 1'000'000'000},
                                                           {"m", 60'000'000'000},
                                                           {"h", 3'600'000'000'000}};
  for (const auto& [name, unit_ns] : expected) {
    lint_arguments given;
    given.precision = name;
    EXPECT_EQ(options_of(given).parse.unit_ns, unit_ns) << name;
  }
}

}  // namespace
}  // namespace weir
