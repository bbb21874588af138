#pragma once

#include <functional>
#include <memory>
#include <string>

#include "cli/command_job.h"
#include "cli/console.h"
#include "cli/context.h"
#include "cli/output_files.h"
#include "cli/record_writer.h"

namespace tenon::cli {

/// The Context of a run: outputs are kept by finish() and given up otherwise.
class RunContext : public Context {
 public:
  /// `clock`: seconds since the command began.
  RunContext(const CommandInfo& command, const CommandJob& job, Console& console,
             std::function<double()> clock);

  const CommandInfo& command() const override { return command_; }
  const CommonOptions& common() const override { return job_.common(); }
  bool was_given(std::string_view long_name) const override { return job_.was_given(long_name); }

  void refuse_if_given(std::string_view long_name, std::string_view reason) const override;

  Output& output(bool is_binary) override;
  Output& open_output(const std::string& path, bool is_binary) override;
  void set_default_format(std::string_view format) override;
  void write(const Record& record) override;
  void write_summary(Record extra) override;

  std::string read_all(const std::string& path) override;
  std::unique_ptr<Lines> open_lines(const std::string& path) override;

  void note(int level, std::string_view text) override;
  void warning(std::string_view text, std::string_view hint) override;
  void report(const Error& error) override;
  std::unique_ptr<Progress> progress(std::string_view label, std::int64_t total) override;

  void check_interrupt() const override;
  double seconds() const override { return clock_(); }
  std::string bold(std::string_view text) const override;

  /// The job has succeeded: ends the document, checks every close, puts files in place.
  void finish();
  /// The job has failed: what stdout has so far is written out, files go.
  void give_up() noexcept;

 private:
  std::unique_ptr<class Input> open_input(const std::string& path);

  const CommandInfo& command_;
  const CommandJob& job_;
  Console& console_;
  std::function<double()> clock_;
  OutputSet outputs_;
  RecordWriter records_;
  bool has_read_stdin_ = false;
};

}  // namespace tenon::cli
