// SPDX-License-Identifier: Apache-2.0
//
// Man pages and completions of a small command line.
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>

#include "tools/manual/command_facts.hpp"
#include "tools/manual/completion.hpp"
#include "tools/manual/man_page.hpp"

namespace weir::test {
namespace {

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// "tool put --config FILE -s KEY=VALUE... --precision UNIT FILE", "tool box show", "tool box
/// drop".
class Manual : public testing::Test {
 protected:
  Manual() {
    app_.require_subcommand(1);
    CLI::App* put = app_.add_subcommand("put", "Put things in; take care");
    put->add_option("-c,--config", text_, "What isn't obvious [yet]: a file")
        ->type_name("FILE")
        ->required();
    put->add_option("-s,--set", texts_, "One key")->type_name("KEY=VALUE")->allow_extra_args(false);
    put->add_option("-p,--precision", unit_, "Unit")->capture_default_str();
    put->add_flag("--json", flag_, "As JSON");
    put->add_option("FILE", text_, "What to put in")->type_name("");
    put->footer(
        "Nothing is lost.\nExit status: 0; 3: it is full.\nExamples:\n  tool put a\n"
        "  tool put \\\n       b");
    CLI::App* box = app_.add_subcommand("box", "Look into the box");
    for (const char* name : {"show", "drop"}) {
      CLI::App* below = box->add_subcommand(name, std::string("The ") + name);
      below->add_option("--directory", text_, "Where")->type_name("DIRECTORY");
      below->footer("Example:\n  tool box " + std::string(name));
    }
    box->get_subcommand("drop")->add_option("ID", texts_, "Which")->required()->type_name("");
    app_.footer("Example:\n  tool put a");
    facts_ = facts_of(app_);
  }
  CLI::App app_{"A tool.", "tool"};
  std::string text_;
  std::vector<std::string> texts_;
  std::string unit_ = "ns";
  bool flag_ = false;
  command_facts facts_;
};

TEST_F(Manual, FactsAreThoseOfTheCommandLine) {
  ASSERT_EQ(facts_.commands.size(), 2U);
  const command_facts& put = facts_.commands[0];
  EXPECT_EQ(put.path, "tool put");
  ASSERT_EQ(put.options.size(), 5U);
  EXPECT_EQ(put.options[0].long_names, std::vector<std::string>{"--config"});
  EXPECT_EQ(put.options[0].short_names, std::vector<std::string>{"-c"});
  EXPECT_EQ(put.options[0].kind, value_kind::file);
  EXPECT_TRUE(put.options[0].required);
  EXPECT_EQ(put.options[1].kind, value_kind::key);
  EXPECT_TRUE(put.options[1].repeated);
  EXPECT_EQ(put.options[2].kind, value_kind::words);
  EXPECT_EQ(put.options[2].standard, "ns");
  EXPECT_FALSE(put.options[3].takes_value());
  EXPECT_EQ(put.options[4].long_names.front(), "--help");
  ASSERT_EQ(put.arguments.size(), 1U);
  EXPECT_EQ(put.arguments[0].value, "FILE");
  EXPECT_FALSE(put.arguments[0].repeated);
  EXPECT_EQ(flattened(facts_).size(), 5U);
  const footer_parts footer = read_footer(put.footer);
  EXPECT_EQ(footer.status, "0; 3: it is full.");
  EXPECT_EQ(footer.notes, std::vector<std::string>{"Nothing is lost."});
  EXPECT_EQ(footer.examples, (std::vector<std::string>{"tool put a", "tool put \\", "     b"}));
}

TEST_F(Manual, APageHasEverythingOfItsCommand) {
  EXPECT_EQ(man_page_name(facts_), "tool.1");
  EXPECT_EQ(man_page_name(facts_.commands[0]), "tool-put.1");
  EXPECT_EQ(man_page(facts_.commands[0], facts_, "tool 1"),
            R"(.\" SPDX-License-Identifier: Apache-2.0
.TH "TOOL\-PUT" 1 "" "tool 1" "User Commands"
.SH NAME
tool\-put \- put things in
.SH SYNOPSIS
\fBtool put\fR \fB\-\-config\fR \fIFILE\fR [\fIOPTION\fR]... [\fIFILE\fR]
.SH DESCRIPTION
Put things in; take care.
.PP
Nothing is lost.
.SH OPTIONS
.TP
\fIFILE\fR
What to put in.
.TP
\fB\-c\fR, \fB\-\-config\fR \fIFILE\fR
What isn\(aqt obvious [yet]: a file. Required.
.TP
\fB\-s\fR, \fB\-\-set\fR \fIKEY=VALUE\fR
One key. May be given several times.
.TP
\fB\-p\fR, \fB\-\-precision\fR \fIWORD\fR
Unit. The default is ns.
.TP
\fB\-\-json\fR
As JSON.
.TP
\fB\-h\fR, \fB\-\-help\fR
Print this help message and exit.
.SH "EXIT STATUS"
0; 3: it is full.
.SH ENVIRONMENT
.TP
\fBWEIR_CONFIG\fR
The configuration of every command that is not given one with \-\-config.
.SH FILES
.TP
\fI/etc/weir/weir.toml\fR
The service\(aqs configuration. Every key stands in it with its meaning, unit
and default.
.SH EXAMPLES
.nf
.RS
tool put a
tool put \e
     b
.RE
.fi
.SH "SEE ALSO"
\fBtool\fR(1),
\fBtool\-box\fR(1)
)");
}

TEST_F(Manual, WhatAllCommandsBelowHaveIsToldOnce) {
  const std::string page = man_page(facts_.commands[1], facts_, "tool 1");
  const std::size_t told = page.find("\\fB\\-\\-directory\\fR");
  EXPECT_NE(told, std::string::npos);
  EXPECT_EQ(page.find("\\fB\\-\\-directory\\fR", told + 1), std::string::npos);
  EXPECT_LT(page.find(".SH \"OPTIONS OF ALL COMMANDS\""), told);
  EXPECT_TRUE(has(page, "\\fBtool box drop\\fR [\\fIOPTION\\fR]... \\fIID\\fR...\n")) << page;
}

TEST_F(Manual, NothingInATextIsARequestOfRoff) {
  EXPECT_EQ(roff_text("-a 'b' \"c\" `d` \\e ^ ~"),
            "\\-a \\(aqb\\(aq \\(dqc\\(dq \\(gad\\(ga \\ee \\(ha \\(ti");
  CLI::App app{
      "Long words and then a sentence in whose middle a line begins with a dot: on it "
      ".SH stands.",
      "t"};
  const command_facts facts = facts_of(app);
  EXPECT_TRUE(has(man_page(facts, facts, "1"), "\n\\&.SH stands.\n"))
      << man_page(facts, facts, "1");
}

TEST_F(Manual, ScriptsHaveCommandsOptionsAndValues) {
  const completion_words words{{"code_a", "code_b"}, {"log.keep"}};
  const std::string bash = completion_script(shell::bash, facts_, words);
  EXPECT_TRUE(has(bash,
                  "    'tool put')\n      options='--config --set --precision --json --help'\n"
                  "      argument='file'\n"
                  "      case $previous in\n"
                  "        --config | -c) value='file' ;;\n"
                  "        --set | -s) value='key' ;;\n"
                  "        --precision | -p) value='words:ns us ms s m h' ;;\n"
                  "      esac\n"))
      << bash;
  EXPECT_TRUE(has(bash, "    'tool box')\n      commands='show drop'\n"));
  EXPECT_TRUE(has(bash, "_weir_codes='code_a code_b'\n"));
  const std::string zsh = completion_script(shell::zsh, facts_, words);
  EXPECT_TRUE(has(zsh, "'(--config -c)--config=[What isn'\\''t obvious \\[yet\\]]:FILE:_files'\n"))
      << zsh;
  EXPECT_TRUE(has(zsh, "'*-s[One key]:KEY=VALUE:->key'\n"));
  const std::string fish = completion_script(shell::fish, facts_, words);
  EXPECT_TRUE(has(fish,
                  "complete -c weir -n '__weir_at tool put' -l config -s c -r -F -d 'What isn\\'t "
                  "obvious [yet]'\n"))
      << fish;
  EXPECT_TRUE(has(fish, "complete -c weir -n '__weir_at tool box' -a drop -d 'The drop'\n"));
}

TEST_F(Manual, ShellsHaveNames) {
  EXPECT_EQ(shell_named("bash"), shell::bash);
  EXPECT_EQ(shell_named("zsh"), shell::zsh);
  EXPECT_EQ(shell_named("fish"), shell::fish);
  EXPECT_EQ(shell_named("BASH"), std::nullopt);
}

}  // namespace
}  // namespace weir::test
