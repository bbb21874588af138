#include "base/error.h"

#include <doctest/doctest.h>

#include <string>

using namespace tenon;

TEST_SUITE("error") {
  TEST_CASE("what() names the file, the line and the pointer before the message") {
    using Kind = ErrorKind;
    CHECK(std::string(Error(Kind::Input, "bad").what()) == "bad");
    CHECK(std::string(Error(Kind::Input, "bad").at("f").what()) == "f: bad");
    CHECK(std::string(Error(Kind::Input, "bad").at("f", 3).what()) == "f:3: bad");
    CHECK(std::string(Error(Kind::Input, "bad").at("f", 3, "/3/bbox").what()) ==
          "f:3 at /3/bbox: bad");
    CHECK(std::string(Error(Kind::Input, "bad").at("f", 0, "/x").what()) == "f at /x: bad");
    CHECK(std::string(Error(Kind::Input, "bad").at("", 0, "/x").what()) == "at /x: bad");
    CHECK(std::string(Error(Kind::Input, "bad").on_line(7).what()) == "line 7: bad");
  }

  TEST_CASE("the hint stays out of the message") {
    const Error error = Error(ErrorKind::Usage, "bad").hint("do this");
    CHECK(std::string(error.what()) == "bad");
    CHECK(error.hint() == "do this");
    CHECK(error.kind() == ErrorKind::Usage);
  }

  TEST_CASE("outer layers fill in the place only where none is set") {
    Error error(ErrorKind::Input, "bad");
    error.in("inner").on_line(4);
    error.in("outer").on_line(5);
    CHECK(error.file() == "inner");
    CHECK(error.line() == 4);
    error.at("forced");
    CHECK(error.file() == "forced");
  }

  TEST_CASE("what() follows changes made while unwinding") {
    Error error(ErrorKind::Input, "bad");
    CHECK(std::string(error.what()) == "bad");
    error.in("f");
    CHECK(std::string(error.what()) == "f: bad");
  }

  TEST_CASE("a broken check is an internal error that names the condition and the place") {
    const int value = 3;
    CHECK_NOTHROW(TENON_CHECK(value == 3));
    try {
      TENON_CHECK(value == 4);
      FAIL("the check passed");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::Internal);
      CHECK(error.message().find("value == 4") != std::string::npos);
      CHECK(error.message().find("error_test.cpp") != std::string::npos);
      CHECK_FALSE(error.hint().empty());
    }
  }
}

TEST_SUITE("quoted") {
  TEST_CASE("plain text and whole characters of UTF-8 pass unchanged") {
    CHECK(quoted("") == "\"\"");
    CHECK(quoted("blk.0.weight") == "\"blk.0.weight\"");
    CHECK(quoted("größe 文 🙂") == "\"größe 文 🙂\"");
    CHECK(quoted("\xC2\xA0") == "\"\xC2\xA0\"");  // the first after the C1 controls
  }

  TEST_CASE("quotes and backslashes are escaped") {
    CHECK(quoted("a\"b\\c") == "\"a\\\"b\\\\c\"");
  }

  TEST_CASE("control characters never reach a terminal") {
    for (int c = 0; c < 0x20; ++c) {
      const std::string result = quoted(std::string(1, static_cast<char>(c)));
      CHECK(result.size() == 6);
      CHECK(result.substr(0, 3) == "\"\\x");
    }
    CHECK(quoted("\x1b[31m") == "\"\\x1B[31m\"");
    CHECK(quoted("\x7f") == "\"\\x7F\"");
    CHECK(quoted(std::string_view("a\0b", 3)) == "\"a\\x00b\"");
    CHECK(quoted("\xC2\x9B"
                 "31m") == "\"\\xC2\\x9B31m\"");  // C1: CSI in one character
  }

  TEST_CASE("characters that turn or break the line are escaped, their neighbours are not") {
    CHECK(quoted("a\u202Eb") == "\"a\\xE2\\x80\\xAEb\"");
    for (const char* directive :
         {"\u200E", "\u200F", "\u2028", "\u2029", "\u202A", "\u2066", "\u2069"})
      CHECK(quoted(directive).size() == 14);
    for (const char* neighbour : {"\u200D", "\u2010", "\u2027", "\u202F", "\u2065", "\u206A"})
      CHECK(quoted(neighbour) == "\"" + std::string(neighbour) + "\"");
  }

  TEST_CASE("invalid UTF-8 is escaped byte by byte") {
    CHECK(quoted("\x80") == "\"\\x80\"");                    // a continuation without a start
    CHECK(quoted("\xC3") == "\"\\xC3\"");                    // cut off
    CHECK(quoted("\xC3(") == "\"\\xC3(\"");                  // wrong continuation
    CHECK(quoted("\xC0\xAF") == "\"\\xC0\\xAF\"");           // overlong
    CHECK(quoted("\xE0\x80\xAF") == "\"\\xE0\\x80\\xAF\"");  // overlong
    CHECK(quoted("\xED\xA0\x80") == "\"\\xED\\xA0\\x80\"");  // surrogate
    CHECK(quoted("\xF4\x90\x80\x80") == "\"\\xF4\\x90\\x80\\x80\"");  // beyond U+10FFFF
    CHECK(quoted("\xFF\xFE") == "\"\\xFF\\xFE\"");
  }

  TEST_CASE("long text is cut between characters, and says so") {
    CHECK(quoted("abcdef", 6) == "\"abcdef\"");
    CHECK(quoted("abcdefg", 6) == "\"abcdef\"...");
    CHECK(quoted(std::string(1000, 'x')).size() == 80 + 5);
    CHECK(quoted("ab文", 3) == "\"ab文\"");
    CHECK(quoted("ab文c", 3) == "\"ab文\"...");
  }
}
