#pragma once

#include <string>
#include <variant>
#include <vector>

#include "cli/command.h"
#include "cli/common_options.h"
#include "cli/option_table.h"

namespace tenon::cli {

/// A positional and where its words go.
struct BoundPositional {
  Positional spec;
  std::variant<std::string*, std::vector<std::string>*> target;
  bool was_given = false;
  bool is_list() const { return target.index() == 1; }
};

/// A job: its own options, those every command has, positionals and what to call.
class CommandJob : public Job {
 public:
  CommandJob(const std::string& command, std::string verb, std::string summary,
             std::vector<std::string> formats, JobFunction function);

  void add(const OptionSpec& spec, bool& value) override { own(spec).add(spec, value); }
  void add(const OptionSpec& spec, std::int64_t& value) override { own(spec).add(spec, value); }
  void add(const OptionSpec& spec, double& value) override { own(spec).add(spec, value); }
  void add(const OptionSpec& spec, std::string& value) override { own(spec).add(spec, value); }
  void add(const OptionSpec& spec, std::vector<std::string>& values) override {
    own(spec).add(spec, values);
  }
  void add_bytes(const OptionSpec& spec, std::int64_t& bytes) override {
    own(spec).add_bytes(spec, bytes);
  }
  void add_seconds(const OptionSpec& spec, double& seconds) override {
    own(spec).add_seconds(spec, seconds);
  }
  void positional(const Positional& spec, std::string& value) override;
  void positional(const Positional& spec, std::vector<std::string>& values) override;
  /// Options by name, with or without dashes, and positionals by name; TENON_CHECK that there is
  /// one.
  bool was_given(std::string_view name) const override;

  const std::string& verb() const { return verb_; }
  const std::string& summary() const { return summary_; }
  const JobFunction& function() const { return function_; }
  const CommonOptions& common() const { return common_; }
  const Requests& requests() const { return requests_; }
  std::vector<BoundPositional>& positionals() { return positionals_; }
  const std::vector<BoundPositional>& positionals() const { return positionals_; }
  /// The job's own options first, then those every command has.
  std::vector<const Option*> options() const;
  std::vector<const Option*> shared_options() const;
  Option* find(std::string_view name) const;

 private:
  OptionTable& own(const OptionSpec& spec);
  void insert(BoundPositional positional);

  std::string verb_;
  std::string summary_;
  JobFunction function_;
  CommonOptions common_;
  Requests requests_;
  OptionTable own_;
  OptionTable shared_;
  std::vector<BoundPositional> positionals_;
};

}  // namespace tenon::cli
