#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "cli/command.h"
#include "cli/record.h"

namespace tenon::cli {

inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitRequirement = 3;  // ran, and what was required does not hold
inline constexpr int kExitSkipped = 4;      // ran, some records were skipped (--keep-going)
inline constexpr int kExitInterrupted = 130;

/// Thrown out of a job by check_interrupt() after SIGINT; Command::run turns it into status 130.
struct Interrupted {};
/// Thrown by Output::write when the reader of a pipe has gone; ends the command silently.
struct ClosedPipe {};

/// Results: stdout, or the file of --output, which is written beside and renamed when the job has
/// succeeded, so that a killed run leaves no half file. Every write and the close are checked: a
/// full disk is an Error(Resource) that names the file.
class Output {
 public:
  virtual ~Output() = default;
  virtual void write(std::string_view bytes) = 0;
  virtual void flush() = 0;
  virtual bool is_terminal() const = 0;
  virtual const std::string& path() const = 0;  // "-" for stdout
};

/// A bar on stderr: nothing before half a second of work, erased at the end. Safe to call often.
class Progress {
 public:
  virtual ~Progress() = default;
  virtual void set(std::int64_t done) = 0;
};

/// What a running job has at hand: the only way to stdout, stderr, clock and signals.
class Context {
 public:
  virtual ~Context() = default;
  virtual const CommandInfo& command() const = 0;
  virtual const CommonOptions& common() const = 0;
  virtual bool was_given(std::string_view long_name) const = 0;
  /// Refuse, never ignore: Error(Usage) "--top-k has no effect REASON" if the option was given. A switch
  /// that was put back to its default is let pass.
  virtual void refuse_if_given(std::string_view long_name, std::string_view reason) const = 0;

  /// Results go here; opened at the first call. `is_binary` output to a terminal is refused with a
  /// hint.
  virtual Output& output(bool is_binary = false) = 0;
  /// A further output file with the same manners (refused if it exists, renamed at success).
  virtual Output& open_output(const std::string& path, bool is_binary) = 0;
  /// The form of the results where --format was not given, for a mode that has another usual one.
  virtual void set_default_format(std::string_view format) = 0;
  /// Writes a record in the form of --format json or jsonl.
  virtual void write(const Record& record) = 0;
  /// The summary record: version, seed and elapsed_seconds are filled in, then what `extra` holds.
  virtual void write_summary(Record extra) = 0;

  /// All bytes of a file, or of stdin for "-" (a note says so where stdin is a terminal).
  virtual std::string read_all(const std::string& path) = 0;
  /// The next line of a file opened with open_lines, without its line break.
  class Lines {
   public:
    virtual ~Lines() = default;
    virtual bool next(std::string& line) = 0;
    /// A line, a part of one or the end is there: next() would hardly wait.
    virtual bool is_ready() = 0;
    virtual long number() const = 0;  // of the last line, 1-based
  };
  virtual std::unique_ptr<Lines> open_lines(const std::string& path) = 0;

  /// For people, on stderr: "tenon-generate: note: TEXT". Level 0 shows unless --quiet, 1 with -v,
  /// 2 with -vv.
  virtual void note(int level, std::string_view text) = 0;
  virtual void warning(std::string_view text, std::string_view hint = {}) = 0;
  /// An error that does not end the run (--keep-going).
  virtual void report(const Error& error) = 0;
  virtual std::unique_ptr<Progress> progress(std::string_view label, std::int64_t total) = 0;

  /// Throws Interrupted if SIGINT came; long loops call it between steps.
  virtual void check_interrupt() const = 0;
  /// Seconds since the command began, from a monotonic clock.
  virtual double seconds() const = 0;
  /// Paints text for stderr where colour is on.
  virtual std::string bold(std::string_view text) const = 0;
};

}  // namespace tenon::cli
